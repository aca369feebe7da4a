"""Identity: derived from inputs up to the assessment, drawn for clues and tickets."""

from __future__ import annotations

import hashlib


def derive_id(*parts: str) -> str:
    """The same parts always give the same 32 hexadecimal characters.

    Parts are length-prefixed before hashing (SHA-256), so ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()[:32]
