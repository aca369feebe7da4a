"""Natural persons by a key that cannot be turned back: repeat rules count across regions without
anybody's number being kept (law.md D.7, 个人信息保护法 51)."""

from __future__ import annotations

import hashlib
import unicodedata

_COST = 2**14
_DOMAIN = b"cluewatch/person"


def person_key(number: str) -> str:
    """The key of an identity number, however it is typed: 32 hex digits of scrypt, slow enough
    that trying every number of a district is not worth it; a key stays as it is."""
    plain = unicodedata.normalize("NFKC", number).replace(" ", "").upper()
    if plain.startswith("P:"):
        return plain
    derived = hashlib.scrypt(plain.encode(), salt=_DOMAIN, n=_COST, r=8, p=1, dklen=16)
    return f"P:{derived.hex().upper()}"
