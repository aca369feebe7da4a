"""What ordinary Chinese text holds: short strings that are no disguise whatever they resemble.

A Bloom filter over strings counted in lawful and general text (`python -m tools.ordinary_text`):
small, and wrong only on the safe side, by taking a disguise for ordinary now and then.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from attrs import field, frozen

from domain.errors import ConfigError

SHIPPED = Path(__file__).with_name("ordinary.npz")
BITS = 22
_MASK = (1 << BITS) - 1
_PROBES = 6
_WORD = 0xFFFFFFFFFFFFFFFF
_OFFSET = 0xCBF29CE484222325
_PRIME = 0x100000001B3


@frozen(kw_only=True)
class Ordinary:
    """The filter. `everyday` marks words so common that nobody would disguise them."""

    bits: bytes = field(repr=False)

    def holds(self, text: str) -> bool:
        """Whether ordinary text holds this string."""
        return all(self.bits[place >> 3] >> (place & 7) & 1 for place in _places(text))

    def everyday(self, word: str) -> bool:
        """Whether a word is as common in general text as in that of medicine."""
        return self.holds("=" + word)


def build(strings: Iterable[str], everyday: Iterable[str]) -> Ordinary:
    """A filter that holds these strings and words."""
    bits = bytearray(1 << BITS >> 3)
    for text in (*strings, *("=" + word for word in everyday)):
        for place in _places(text):
            bits[place >> 3] |= 1 << (place & 7)
    return Ordinary(bits=bytes(bits))


@cache
def load(path: Path = SHIPPED) -> Ordinary:
    """Read the filter. Raises ConfigError."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            bits = stored["bits"].tobytes()
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"常用字串表无法读取：{error}", at=path.name) from None
    return Ordinary(bits=bits)


def save(ordinary: Ordinary, path: Path = SHIPPED) -> None:
    """Write the filter as `load` reads it."""
    np.savez_compressed(path, bits=np.frombuffer(ordinary.bits, dtype=np.uint8))


def _places(text: str) -> list[int]:
    value = _OFFSET
    for character in text:
        value = (value ^ ord(character)) * _PRIME & _WORD
    value ^= value >> 29
    step = value >> 32 | 1
    return [(value + number * step) & _MASK for number in range(_PROBES)]
