"""The view of a text in which the terms that it disguises stand in plain characters.

Ordinary text stays as `compact` gives it. A change is made where it forms a term of the lexicon
and ordinary text does not hold what is written: 根冶, 白电风, 氵台疗, gen治, 永bff, 种🦷.
Readings in brackets, odd digits in figures and columns are undone as well. Every character keeps
the way back to the raw characters it was read from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import attrs
from ahocorasick_rs import AhoCorasick, MatchKind

from language import likeness, ordinary, signs
from language.edits import Edit, apart, edited
from language.letters import Letters
from language.likeness import Cutter, Likeness
from language.normalise import HAN, Normalised, normalise, without_fillers
from language.shapes import BARE, splits

WORDS = Path(__file__).with_name("words.txt")
"""Words of advertisers that are restored as terms are: the models read them."""

_TERM = re.compile(f"[{HAN}]{{2,}}")
_LONGEST = 8
_TELLING = 3
_MOSTLY = 0.75
_CLAUSE = re.compile(r"[^，,。;；:：!！?？\n]{5,60}")
_PICTURES = {
    "💉": "针", "💊": "药", "🦷": "牙", "🏥": "医院", "💰": "钱", "💯": "百分百", "🆓": "免费",
    "🔪": "刀", "🩸": "血", "👁": "眼", "👀": "眼", "👂": "耳", "👃": "鼻", "👄": "唇", "🤰": "孕",
    "👶": "婴", "🦴": "骨", "🫀": "心", "🧠": "脑", "🥇": "第一", "💧": "水", "➕": "加",
}  # fmt: skip
_PICTURE = re.compile("|".join(_PICTURES))


@cache
def of_terms(terms: tuple[str, ...]) -> Disguises:
    """The disguises of these terms, made once."""
    return Disguises(terms)


class Disguises:
    """Undoes disguises of a fixed set of terms."""

    def __init__(self, terms: Iterable[str]) -> None:
        lexicon = frozenset(term for term in terms if _TERM.fullmatch(term))
        words = WORDS.read_text("utf-8").split()
        self.terms = lexicon.union(words)
        self._ordinary = ordinary.load()
        self._cutter = Cutter(self.terms)
        self._likenesses = (
            Likeness(self.terms, likeness.sound_classes(), likeness.other_sound_classes()),
            Likeness(self.terms, likeness.shape_classes(), {}),
        )
        self._letters = Letters(lexicon, words)
        self._splits = splits()
        self._split_automaton = AhoCorasick(sorted(self._splits))
        self._ways = sorted(self._splits)
        self._exact = AhoCorasick(sorted(self.terms), MatchKind.LeftmostLongest)
        self._long = AhoCorasick(sorted(t for t in self.terms if len(t) >= _TELLING))

    def laid_out(self, text: str) -> str:
        """`text` with its columns of terms in lines; its length stays, and so do all offsets."""
        letters = list(signs.unreadable(text))
        for start, end in signs.columns(text):
            line = signs.in_line(text[start:end])
            if self._long.find_matches_as_indexes(line.replace("\u200b", "")):
                letters[start:end] = line
        return "".join(letters)

    def view(self, text: str) -> Normalised:
        """The view of a text that `laid_out` has been over."""
        whole = normalise(text)
        turned = [
            Edit(start=span[0], end=span[1], text=normalise(seen).text)
            for start, end, seen in signs.turned(text)
            if (span := whole.norm_span(start, end))[0] < span[1]
        ]
        whole = edited(whole, turned)
        whole = edited(whole, signs.plain_signs(whole.text))
        whole = edited(whole, apart(list(self._pictures(whole.text))))
        view = without_fillers(whole)
        for find in (self._joined, self._lettered, self._alike, self._backward):
            view = edited(view, apart(sorted(find(view.text), key=_rank)))
        return attrs.evolve(view, raw=text)

    def doubtful(self, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Strings of a compact text that are disguises unless ordinary text has them.

        Each comes with the terms that it resembles, a run of letters with none.
        """
        for one in self._likenesses:
            for start, end, terms in one.resembling(text):
                yield text[start:end], terms
        yield from ((run, ()) for run in self._letters.runs(text))

    def terms_in(self, text: str) -> Iterator[str]:
        """The terms that stand in a compact text undisguised."""
        yield from (text[start:end] for _, start, end in self._exact.find_matches_as_indexes(text))

    def _pictures(self, text: str) -> Iterator[Edit]:
        for match in _PICTURE.finditer(text):
            word = _PICTURES[match[0]]
            if self._forms_term(text, match.start(), match.end(), word):
                yield Edit(start=match.start(), end=match.end(), text=word)

    def _joined(self, text: str) -> Iterator[Edit]:
        """Characters written as their parts (拆字)."""
        found = self._split_automaton.find_matches_as_indexes(text, overlapping=True)
        for number, start, end in found:
            character = self._splits[self._ways[number]]
            if BARE.isdisjoint(text[start:end]) and not self._cutter.falls_apart(text, start, end):
                continue
            if self._forms_term(text, start, end, character):
                yield Edit(start=start, end=end, text=character)

    def _lettered(self, text: str) -> Iterator[Edit]:
        return self._letters.edits(text, self._ordinary)

    def _alike(self, text: str) -> Iterator[Edit]:
        for one in self._likenesses:
            yield from one.edits(text, self._ordinary, self._cutter)

    def _backward(self, text: str) -> Iterator[Edit]:
        """Clauses that are terms from their end to their start, and hardly any forward."""
        size, backward = len(text), text[::-1]
        ends = [size - start for _, start, _ in self._long.find_matches_as_indexes(backward)]
        for clause in _CLAUSE.finditer(text) if ends else ():
            if any(clause.start() < end <= clause.end() for end in ends):
                seen = clause[0][::-1]
                if self._covered(seen) >= _MOSTLY > 1 - _MOSTLY >= self._covered(clause[0]):
                    yield Edit(start=clause.start(), end=clause.end(), text=seen)

    def _covered(self, text: str) -> float:
        """The share of a text that terms cover."""
        found = self._exact.find_matches_as_indexes(text)
        return sum(end - start for _, start, end in found) / len(text)

    def _forms_term(self, text: str, start: int, end: int, word: str) -> bool:
        """Whether a term stands over `word` once it is put in place of `text[start:end]`."""
        before, after = text[max(0, start - _LONGEST) : start], text[end : end + _LONGEST]
        local = before + word + after
        first, last = len(before), len(before) + len(word)
        return any(
            local[begin:finish] in self.terms
            for begin in range(max(0, last - _LONGEST), first + 1)
            for finish in range(max(last, begin + 2), min(len(local), begin + _LONGEST) + 1)
        )


def _rank(edit: Edit) -> tuple[int, int]:
    return -len(edit.text), edit.start
