"""Terms written in letters: pinyin (gen治, genzhi) and initials (gz, 永bff)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from attrs import frozen

from language.edits import Edit
from language.normalise import HAN
from language.ordinary import Ordinary
from language.sounds import other_readings, readings, spelled, toneless

LONGEST_TERM = 8
_FEWEST_INITIALS = 4
_WORD = "[a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]+[1-5]?"
_RUN = re.compile(
    rf"(?<![a-z0-9./@_%#&=+-])(?<![a-z0-9]:){_WORD}(?:[ '·-]{_WORD}){{0,5}}"
    r"(?![a-z0-9/@_%#&=+-]|:/|\.[a-z])"
)
_HAN_BEFORE = re.compile(f"[{HAN}]*$")
_HAN_AFTER = re.compile(f"[{HAN}]{{0,{LONGEST_TERM}}}")
_LETTERS = re.compile(r"[a-zü]+")


@frozen(kw_only=True)
class _Unit:
    """One character of what may be a term: itself, or letters for its sound or its initial."""

    text: str
    start: int
    end: int
    written: bool


class Letters:
    """Finds terms of which some or all characters are written in letters."""

    def __init__(self, terms: Iterable[str], words: Iterable[str]) -> None:
        """Initials are read as `terms`, pinyin as `words`, too."""
        self._by_sounds: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self._by_initials: dict[str, list[str]] = defaultdict(list)
        for term in sorted(terms):
            for sounds in _ways(term):
                self._by_sounds[sounds].append(term)
                self._by_initials["".join(sound[0] for sound in sounds)].append(term)
        for word in sorted(words):
            for sounds in _ways(word):
                self._by_sounds[sounds].append(word)

    def runs(self, text: str) -> Iterator[str]:
        """Every run of letters that is looked at."""
        yield from (run[0] for run in _RUN.finditer(text))

    def edits(self, text: str, ordinary: Ordinary) -> Iterator[Edit]:
        """The terms meant, each in place of the letters and characters that wrote it."""
        for run in _RUN.finditer(text):
            for spelling in (_syllables(run), _initials(run)):
                edits = self._meant(text, spelling, ordinary) if spelling else []
                if edits:
                    yield from edits
                    break

    def _meant(self, text: str, spelling: list[_Unit], ordinary: Ordinary) -> list[Edit]:
        """Edits that give the spelling a meaning, from term to term; what forms none stays."""
        before = _han_before(text, spelling[0].start)
        units = [*before, *spelling, *_han_after(text, spelling[-1].end)]
        low, first, last = 0, len(before), len(before) + len(spelling)
        edits: list[Edit] = []
        while first < last:
            found = self._longest(units, low, first, ordinary)
            if found is None and len(spelling[0].text) == 1 == len(spelling[-1].text):
                return []  # initials mean something altogether or not at all
            if found is None:
                low = first = first + 1
                continue
            edit, low = found
            first = max(low, first + 1)
            edits.append(edit)
        return edits

    def _longest(
        self, units: list[_Unit], low: int, first: int, ordinary: Ordinary
    ) -> tuple[Edit, int] | None:
        """The longest term from unit `low` on that takes in unit `first`, and where it ends."""
        spans = [
            (begin, end)
            for begin in range(max(low, first - LONGEST_TERM + 1), first + 1)
            for end in range(max(first + 1, begin + 2), min(len(units), begin + LONGEST_TERM) + 1)
        ]
        for begin, end in sorted(spans, key=lambda span: span[0] - span[1]):
            term = self._term(units[begin:end], ordinary)
            if term is not None:
                return _edit(units[begin:end], term), end
        return None

    def _term(self, units: list[_Unit], ordinary: Ordinary) -> str | None:
        letters = [unit for unit in units if unit.written]
        if all(len(unit.text) == 1 for unit in letters):
            if len(letters) == len(units) < _FEWEST_INITIALS or len(units) == 2:
                return None
            key = "".join(_initial(unit) for unit in units)
            listed = self._by_initials.get(key, ())
        else:
            listed = self._by_sounds.get(tuple(_sound(unit) for unit in units), ())
        alone = len(letters) == len(units) or len(units) == 2
        if not listed or (alone and ordinary.holds("".join(unit.text for unit in letters))):
            return None
        fitting = (
            term
            for term in listed
            if all(unit.written or unit.text == c for unit, c in zip(units, term, strict=True))
        )
        if any(len(unit.text) > 1 for unit in letters):
            return next(fitting, None)
        return next((term for term in fitting if not ordinary.everyday(term)), None)


def _syllables(run: re.Match[str]) -> list[_Unit]:
    units: list[_Unit] = []
    for word in re.finditer(r"[^ '·-]+", run[0]):
        found = spelled(toneless(word[0]))
        if found is None:
            return []
        shift = run.start() + word.start()
        units += [
            _Unit(text=sound, start=shift + start, end=shift + end, written=True)
            for sound, start, end in found
        ]
    return [] if all(len(unit.text) == 1 for unit in units) else units


def _initials(run: re.Match[str]) -> list[_Unit]:
    if len(run[0]) > LONGEST_TERM or not _LETTERS.fullmatch(run[0]):
        return []
    return [
        _Unit(text=letter, start=run.start() + n, end=run.start() + n + 1, written=True)
        for n, letter in enumerate(run[0])
    ]


def _edit(units: list[_Unit], term: str) -> Edit:
    sources = tuple((unit.start, unit.end) for unit in units)
    return Edit(start=units[0].start, end=units[-1].end, text=term, sources=sources)


def _han_before(text: str, end: int) -> list[_Unit]:
    low = max(0, end - LONGEST_TERM)
    start = end - len(_HAN_BEFORE.findall(text[low:end])[0])
    return [_Unit(text=text[n], start=n, end=n + 1, written=False) for n in range(start, end)]


def _han_after(text: str, start: int) -> list[_Unit]:
    match = _HAN_AFTER.match(text, start)
    end = match.end() if match else start
    return [_Unit(text=text[n], start=n, end=n + 1, written=False) for n in range(start, end)]


def _sound(unit: _Unit) -> str:
    return unit.text if unit.written else readings().get(unit.text, unit.text)


def _initial(unit: _Unit) -> str:
    return unit.text if unit.written else readings().get(unit.text, unit.text)[0]


def _ways(term: str) -> set[tuple[str, ...]]:
    """The sounds of a term; one more way for each character with another reading."""
    sounds, others = readings(), other_readings()
    usual = tuple([sounds.get(c, c) for c in term])
    ways = {usual}
    for place, character in enumerate(term):
        for other in others.get(character, ()):
            ways.add((*usual[:place], other, *usual[place + 1 :]))
    return ways
