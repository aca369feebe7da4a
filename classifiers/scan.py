"""All expressions over one text: one pass for the words, then only the expressions they allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick
from attrs import frozen

from classifiers.expressions import Expression, Lexicon, fold


@frozen(kw_only=True)
class Piece:
    """A sentence-like stretch `[start, end)` of the scanned text."""

    start: int
    end: int


class Hit(NamedTuple):
    """Expression number `expression` matched `[start, end)` of the scanned text."""

    expression: int
    start: int
    end: int


class Scanner:
    """A fixed set of expressions, numbered in the order given.

    The words of all expressions are found in one Aho-Corasick pass; an expression is evaluated
    only in sentences that hold everything it requires. `words` are all that are looked for.
    `evaluations` counts how often that was,
    so that a test can bound the work without a clock.
    """

    def __init__(self, expressions: Sequence[Expression], lexicon: Lexicon) -> None:
        self._expressions = tuple(expressions)
        words: dict[str, set[str]] = defaultdict(set)
        keys = {key for e in self._expressions for need in e.requires for key in need}
        for key in keys:
            for word in _words(key, lexicon):
                words[word].add(key)
        self.words = tuple(sorted(words))
        self._keys = tuple(tuple(sorted(words[word])) for word in self.words)
        self._automaton = AhoCorasick(self.words, store_patterns=False)
        self._by_key = _by_rarest_key(self._expressions, keys)
        self.evaluations = 0

    def scan(self, text: str, pieces: Sequence[Piece]) -> list[list[Hit]]:
        """The hits in each piece, in order of place. `pieces` ascend and do not overlap."""
        return [
            self._piece(text, piece, present) if present else []
            for piece, present in zip(pieces, self._present(text, pieces), strict=True)
        ]

    def _present(self, text: str, pieces: Sequence[Piece]) -> list[set[str]]:
        present: list[set[str]] = [set() for _ in pieces]
        at = 0
        for number, start, _ in sorted(
            self._automaton.find_matches_as_indexes(text, overlapping=True),
            key=lambda match: match[1],
        ):
            while at < len(pieces) and pieces[at].end <= start:
                at += 1
            if at == len(pieces):
                break
            if start >= pieces[at].start:
                present[at].update(self._keys[number])
        return present

    def _piece(self, text: str, piece: Piece, present: set[str]) -> list[Hit]:
        candidates = {number for key in present for number in self._by_key.get(key, ())}
        hits: list[Hit] = []
        for number in sorted(candidates):
            expression = self._expressions[number]
            if any(present.isdisjoint(need) for need in expression.requires):
                continue
            self.evaluations += 1
            hits.extend(
                Hit(number, *match.span())
                for match in expression.regex.finditer(text, piece.start, piece.end)
            )
        return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.expression))


def _words(key: str, lexicon: Lexicon) -> Iterable[str]:
    if key.startswith("{"):
        return {fold(word) for word in lexicon.words[key[1:-1]]}
    return {key}


def _by_rarest_key(
    expressions: Sequence[Expression], keys: Iterable[str]
) -> Mapping[str, tuple[int, ...]]:
    """Each expression listed under the requirement that the fewest expressions share."""
    shared = dict.fromkeys(keys, 0)
    for expression in expressions:
        for need in expression.requires:
            for key in need:
                shared[key] += 1
    listed: dict[str, list[int]] = defaultdict(list)
    for number, expression in enumerate(expressions):
        rarest = min(expression.requires, key=lambda need: sum(shared[key] for key in need))
        for key in rarest:
            listed[key].append(number)
    return {key: tuple(numbers) for key, numbers in listed.items()}
