"""Chance that is the same on every machine for the same seed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def digest(*parts: str) -> int:
    """A 64-bit number that depends on nothing but the parts."""
    joined = "\x1f".join(parts).encode()
    return int.from_bytes(hashlib.sha256(joined).digest()[:8])


class Dice(random.Random):
    """A random stream named by its parts; streams of different names are independent."""

    def __init__(self, *parts: str) -> None:
        super().__init__(digest(*parts))

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """A shuffled copy."""
        copy = list(items)
        self.shuffle(copy)
        return copy
