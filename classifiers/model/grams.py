"""Character n-grams of many pieces of a text at once, hashed the same way everywhere.

The hash is defined here over code points, so that weights trained on one machine mean the same on
every other one; no Python hash, no locale, no byte order takes part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from classifiers.scan import Piece

BITS = 20
LONGEST_GRAM = 4
NOWHERE = -1
"""The slot of a gram that would cross the edge of its piece."""

_EDGE = np.uint32(1)
_SEED = np.uint32(0x9E3779B1)
_STEP = np.uint32(0x85EBCA6B)
_LAST = np.uint32(0xC2B2AE35)
_DIGITS = (np.uint32(ord("0")), np.uint32(ord("9")))


@frozen(kw_only=True)
class Strip:
    """The characters of many pieces in one array, each piece between two edge marks.

    Digits all read 0. Piece number i occupies `[starts[i], ends[i])`, edge marks included.
    """

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many grams each piece has."""
        sizes = self.ends - self.starts
        return sum(
            (np.maximum(sizes - n, 0) for n in range(LONGEST_GRAM)), start=np.zeros_like(sizes)
        )


def strip(text: str, pieces: Sequence[Piece]) -> Strip:
    """Lay out the pieces of a text. Pieces ascend and do not overlap."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    sizes = np.array([p.end - p.start for p in pieces], dtype=np.int64) + 2
    ends = np.cumsum(sizes)
    starts = ends - sizes
    codes = np.full(int(ends[-1]) if len(pieces) else 0, _EDGE, dtype=np.uint32)
    for piece, start in zip(pieces, starts.tolist(), strict=True):
        codes[start + 1 : start + 1 + piece.end - piece.start] = points[piece.start : piece.end]
    digit = (codes >= _DIGITS[0]) & (codes <= _DIGITS[1])
    return Strip(codes=np.where(digit, _DIGITS[0], codes), starts=starts, ends=ends)


def slots(laid: Strip, length: int) -> NDArray[np.int64]:
    """The slot, below 2**BITS, of the gram of `length` that begins at each place."""
    size = len(laid.codes)
    found = np.full(size, NOWHERE, dtype=np.int64)
    room = size - length + 1
    if room <= 0:
        return found
    value = np.full(room, _SEED + np.uint32(length), dtype=np.uint32)
    for place in range(length):
        value = (value ^ laid.codes[place : place + room]) * _STEP
        value ^= value >> np.uint32(15)
    value *= _LAST
    found[:room] = (value >> np.uint32(32 - BITS)).astype(np.int64)
    left = np.repeat(laid.ends, laid.ends - laid.starts)[:room] - np.arange(room)
    found[:room][left < length] = NOWHERE
    return found
