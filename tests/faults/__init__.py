"""Faults are injected, and afterwards the books must balance."""
