"""Terms written with other characters of the same sound (谐音) or a like shape (形近)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import numpy as np
import rjieba
from ahocorasick_rs import AhoCorasick

from language.edits import Edit
from language.ordinary import Ordinary
from language.shapes import alike
from language.sounds import other_readings, readings, syllables

SOUND_BASE = 0xF0000
"""Sounds are coded as characters of a private plane, which no normalised view holds."""
_AROUND = 5
_MOST_SETTLED = 200_000


class Cutter:
    """Cuts text with the terms known as words, to see whether others stand in their place."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._words = rjieba.Jieba()
        for term in terms:
            self._words.add_word(term, 1000, "n")

    def falls_apart(self, text: str, start: int, end: int) -> bool:
        """Whether every character of `text[start:end]` stands alone."""
        low = max(0, start - _AROUND)
        singles = _singles(self._words.cut(text[low : end + _AROUND], False), low)
        return all(place in singles for place in range(start, end))

    def oddly(self, text: str, start: int, end: int, term: str) -> bool:
        """Whether `text[start:end]` falls apart where `term` would stand as a word."""
        low, high = max(0, start - _AROUND), end + _AROUND
        written = self._words.cut(text[low:high], False)
        meant = self._words.cut(text[low:start] + term + text[end:high], False)
        if len(meant) >= len(written):
            return False
        edges, singles = _edges(meant, low), _singles(written, low)
        if start not in edges or start + len(term) not in edges:
            return False
        differing = [n for n in range(len(term)) if text[start + n] != term[n]]
        wanted = range(len(term)) if len(term) == 2 else differing
        return all(start + n in singles for n in wanted)


class Likeness:
    """One kind of likeness: characters of one class may stand for one another in a term.

    What has been found ordinary is remembered, so that it is settled at a glance the next time.
    """

    def __init__(
        self,
        terms: Iterable[str],
        classes: Mapping[str, str],
        others: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._classes = classes
        self._settled = set(terms)
        self._others = others
        listed: dict[str, list[str]] = defaultdict(list)
        for term in sorted(self._settled):
            for key in self._keys(term):
                listed[key].append(term)
        self._terms = tuple(tuple(listed[key]) for key in sorted(listed))
        self._automaton = AhoCorasick(sorted(listed), store_patterns=False)
        self._table = np.arange(0x110000, dtype=np.uint32)
        for character, like in classes.items():
            self._table[ord(character)] = ord(like)

    def written(self, text: str) -> str:
        """`text` with every character as that of its class."""
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        return self._table[points].tobytes().decode("utf-32-le", "surrogatepass")

    def resembling(self, text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Where strings stand that are like a term, and the terms they are like."""
        found = self._automaton.find_matches_as_indexes(self.written(text), overlapping=True)
        for number, start, end in found:
            if text[start:end] not in self._settled:
                yield start, end, self._terms[number]

    def edits(self, text: str, ordinary: Ordinary, cutter: Cutter) -> Iterator[Edit]:
        """The terms meant, each in place of what was written."""
        for start, end, terms in self.resembling(text):
            written = text[start:end]
            if ordinary.holds(written):
                if len(self._settled) < _MOST_SETTLED:
                    self._settled.add(written)
                continue
            for term in sorted(terms, key=lambda term: _differing(term, written)):
                near = _differing(term, written) <= len(term) // 2
                if near and not ordinary.everyday(term) and cutter.oddly(text, start, end, term):
                    yield _in_place(start, term)
                    break

    def _keys(self, term: str) -> set[str]:
        """The classes of a term's characters, and again for each with another reading."""
        usual = "".join([self._classes.get(c, c) for c in term])
        keys = {usual}
        for place, character in enumerate(term):
            for other in self._others.get(character, ()):
                keys.add(usual[:place] + other + usual[place + 1 :])
        return keys


def sound_classes() -> dict[str, str]:
    """The class of every character by its sound."""
    return {character: sound_code(sound) for character, sound in readings().items()}


def other_sound_classes() -> dict[str, tuple[str, ...]]:
    """The further classes of characters with several readings."""
    return {c: tuple(map(sound_code, sounds)) for c, sounds in other_readings().items()}


def sound_code(sound: str) -> str:
    """The character that stands for a syllable."""
    return chr(SOUND_BASE + _numbers()[sound])


def shape_classes() -> dict[str, str]:
    """The class of every character that looks like another."""
    return alike()


@cache
def _numbers() -> dict[str, int]:
    return {sound: number for number, sound in enumerate(sorted(syllables()))}


def _differing(term: str, written: str) -> int:
    return sum(one != other for one, other in zip(term, written, strict=True))


def _in_place(start: int, term: str) -> Edit:
    sources = tuple((start + n, start + n + 1) for n in range(len(term)))
    return Edit(start=start, end=start + len(term), text=term, sources=sources)


def _edges(words: list[str], place: int) -> set[int]:
    edges = {place}
    for word in words:
        place += len(word)
        edges.add(place)
    return edges


def _singles(words: list[str], place: int) -> set[int]:
    singles: set[int] = set()
    for word in words:
        if len(word) == 1:
            singles.add(place)
        place += len(word)
    return singles
