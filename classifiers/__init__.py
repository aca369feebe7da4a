"""Rulebook, voice and policy: from a document and licence facts to an assessment."""
