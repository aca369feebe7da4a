"""What becomes of every single character: the table behind `language.normalise`.

A character is kept, replaced by another one, replaced by several, or removed. A few characters
join the one before them (combining marks, Hangul vowels), so what they become is decided for the
whole cluster by `cluster`. The simplified form of each traditional character is OpenCC's own
answer for that character alone, so lengths agree and the same character always gives the same
result, whatever stands beside it.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import numpy as np
import opencc
from attrs import frozen
from numpy.typing import NDArray

CODE_POINTS = 0x110000
REMOVED = CODE_POINTS
CLUSTER = CODE_POINTS + 1

# Marks that NFKC could not compose into a letter: strokes through Han characters and the like.
_LOOSE_MARKS = (
    (0x0300, 0x036F),
    (0x064B, 0x0655),
    (0x0670, 0x0670),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0x3099, 0x309A),
    (0xFE20, 0xFE2F),
)
# No character outside these ranges decomposes, joins, changes case or is invisible.
_CHANGING = (
    (0, 0x3400),
    (0xA000, 0xAC00),
    (0xF900, 0x20000),
    (0x2F800, 0x2FA20),
    (0xE0000, 0xE1000),
)
_HAN = ((0x2E80, 0x3400), (0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x33480))
_LINE_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_IGNORABLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc")
_HANGUL_JOINING = ((0x1161, 0x1175), (0x11A8, 0x11C2))


@frozen(kw_only=True, eq=False)
class CharacterTable:
    """`codes[c]` is the character that `c` becomes, REMOVED, or CLUSTER.

    CLUSTER: look at the cluster, because `c` becomes several characters or joins the one before
    it (`joining[c]`).
    """

    codes: NDArray[np.uint32]
    joining: NDArray[np.bool_]


@cache
def table() -> CharacterTable:
    """The table, made on first use."""
    codes = np.arange(CODE_POINTS, dtype=np.uint32)
    codes[0xD800:0xE000] = REMOVED  # half a surrogate pair is no character and has no UTF-8
    codes[0xFFFE::0x10000] = codes[0xFFFF::0x10000] = REMOVED  # reserved for use inside programs
    joining = np.zeros(CODE_POINTS, dtype=np.bool_)
    joiners = _joiners()
    for traditional, simplified in _simplified().items():
        codes[traditional] = simplified
    for first, end in _CHANGING:
        for point in range(first, end):
            character = chr(point)
            joins = character in joiners
            joining[point] = joins
            codes[point] = CLUSTER if joins else _code(character)
    return CharacterTable(codes=codes, joining=joining)


@lru_cache(maxsize=4096)
def cluster(text: str) -> str:
    """What a character, with those that join it, becomes: NFKC, lower case, simplified.

    The result is a fixed point. Marks that no letter took are dropped.
    """
    simplified = _simplified()
    while True:
        composed = unicodedata.normalize("NFKC", text)
        lowered = "".join(character.lower() for character in composed)
        result = unicodedata.normalize("NFKC", lowered.translate(simplified))
        result = "".join(c for c in result if not _is_loose(c) and not _is_removed(c))
        if result == text:
            return result
        text = result


def _code(character: str) -> int:
    if character in _LINE_BREAKS:
        return ord("\n")
    if character.isspace():
        return ord(" ")
    if _is_removed(character):
        return REMOVED
    result = cluster.__wrapped__(character)
    if not result:
        return REMOVED
    return ord(result) if len(result) == 1 else CLUSTER


def _is_removed(character: str) -> bool:
    if character in _IGNORABLE or _is_variation_selector(character):
        return True
    if "\ufdd0" <= character <= "\ufdef" or ord(character) & 0xFFFE == 0xFFFE:
        return True
    category = unicodedata.category(character)
    return category == "Cf" or (category == "Cc" and not character.isspace())


def _is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_loose(character: str) -> bool:
    point = ord(character)
    return point >= 0x300 and any(first <= point <= last for first, last in _LOOSE_MARKS)


def _joiners() -> frozenset[str]:
    """Characters that may merge with, or be reordered after, the character before them."""
    characters = [chr(point) for first, end in _CHANGING for point in range(first, end)]
    marks = {mark for c in characters for mark in unicodedata.normalize("NFD", c)[1:]}
    for first, last in _HANGUL_JOINING:
        marks.update(map(chr, range(first, last + 1)))
    firsts = ((c, unicodedata.normalize("NFKD", c)[0]) for c in characters)
    marks.update(c for c, first in firsts if first in marks or unicodedata.combining(first))
    return frozenset(marks - _IGNORABLE)


@cache
def _simplified() -> dict[int, int]:
    characters = [chr(point) for first, end in _HAN for point in range(first, end)]
    converter = opencc.OpenCC("t2s")
    # Twice, because the simplified form of a few characters is itself a traditional one.
    once = converter.convert("\n".join(characters))
    converted = converter.convert(once).split("\n")
    return {
        ord(old): ord(new)
        for old, new in zip(characters, converted, strict=True)
        if old != new and len(new) == 1
    }
