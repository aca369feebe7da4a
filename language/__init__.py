"""Text as everyone sees it: normaliser with offsets, sentences, tokens, identifiers, simhash."""
