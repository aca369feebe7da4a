"""A 64-bit fingerprint that stays near itself when a text changes a little."""

from __future__ import annotations

import numpy as np

from language.normalise import normalise

BITS = 64
_GRAM = 3


def simhash64(text: str) -> int:
    """Fingerprint of the normalised text over its character 3-grams; 0 for an empty text."""
    letters = normalise(text).text.replace(" ", "").replace("\n", "")
    if not letters:
        return 0
    points = np.frombuffer(
        letters.ljust(_GRAM).encode("utf-32-le", "surrogatepass"), dtype=np.uint32
    ).astype(np.uint64)
    count = len(points) - _GRAM + 1
    grams = points[:count] | points[1 : count + 1] << np.uint64(21)
    hashes = _mixed(grams | points[2 : count + 2] << np.uint64(42))
    bits = np.unpackbits(hashes.view(np.uint8).reshape(count, 8), axis=1, bitorder="little")
    majority = bits.sum(axis=0, dtype=np.int64) * 2 > count
    return int.from_bytes(np.packbits(majority, bitorder="little").tobytes(), "little")


def distance(a: int, b: int) -> int:
    """How many of the 64 bits differ."""
    return (a ^ b).bit_count()


def _mixed(
    values: np.ndarray[tuple[int, ...], np.dtype[np.uint64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """SplitMix64's finaliser: every input bit reaches every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
