"""A text read with the rulebook: claims, and the attitude of the sentence to each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from classifiers.expressions import Expression
from classifiers.rulebook import Pattern, Rule, Rulebook
from classifiers.scan import Piece, Scanner
from classifiers.voice import Stance, Trait, VoiceModel, Where

_CLAUSE_MARKS = frozenset("，,。;；：:！!？?\n…")
_QUOTES = {"“": "”", "「": "」", "『": "』", '"': '"', "‘": "’"}
_TITLE = {"《": "》"}

Span = tuple[int, int]
Found = Mapping[int, Sequence[Span]]


@frozen(kw_only=True)
class Claim:
    """Words in one piece that show a violation, in offsets of the scanned text.

    `stance` is the title of the attitude that clears them, None when nothing does. `origin` names
    the rule or model that claims, `telling` the words that weighed most with a model.
    """

    rule: Rule
    pattern: str
    score: float
    start: int
    end: int
    stance: str | None
    origin: str
    telling: tuple[str, ...] = ()


@frozen(kw_only=True)
class Sentence:
    """A piece of the scanned `text` and what was found in it, by number of expression."""

    text: str
    piece: Piece
    found: Found


class Reader:
    """Finds everything that the rulebook and the voice model look for, in one scan."""

    def __init__(self, rulebook: Rulebook, voice: VoiceModel) -> None:
        self._rules = rulebook.active
        self._voice = voice
        self._numbers: dict[str, int] = {}
        registered: list[Expression] = []
        for expression in _all_expressions(rulebook, voice):
            if expression.source not in self._numbers:
                self._numbers[expression.source] = len(registered)
                registered.append(expression)
        self.scanner = Scanner(registered, rulebook.lexicon)
        self._patterns: dict[int, list[tuple[Rule, Pattern]]] = defaultdict(list)
        for rule in self._rules:
            for pattern in rule.patterns:
                for number in self._of(pattern.any):
                    self._patterns[number].append((rule, pattern))
        self._traits: dict[int, list[Trait]] = defaultdict(list)
        for trait in voice.traits:
            for number in self._of(trait.any):
                self._traits[number].append(trait)

    def read(self, text: str, pieces: Sequence[Piece]) -> list[Sentence]:
        """Everything that is looked for, piece by piece."""
        found = self.scanner.scan(text, pieces)
        return [
            Sentence(text=text, piece=piece, found=_grouped(hits))
            for piece, hits in zip(pieces, found, strict=True)
        ]

    def cues(self, sentence: Sentence) -> Iterable[tuple[Trait, str]]:
        """The cue words in a sentence, with the trait that each speaks for."""
        for number, spans in sentence.found.items():
            for trait in self._traits.get(number, ()):
                yield from ((trait, sentence.text[start:end]) for start, end in spans)

    def claims(self, sentence: Sentence, traits: frozenset[str]) -> list[Claim]:
        """The claims in a sentence of a document that shows `traits`; one per type and clause."""
        best: dict[tuple[str, int], Claim] = {}
        for number, spans in sentence.found.items():
            for rule, pattern in self._patterns.get(number, ()):
                if not self._applies(pattern, sentence.found, traits):
                    continue
                for span in spans:
                    if not self._excepted(rule, span, sentence.found):
                        _keep(best, sentence, self._claim(sentence, rule, pattern, span))
        return sorted(best.values(), key=lambda claim: (claim.start, claim.rule.order))

    def _claim(self, sentence: Sentence, rule: Rule, pattern: Pattern, span: Span) -> Claim:
        return Claim(
            rule=rule,
            pattern=pattern.id,
            score=pattern.score,
            start=span[0],
            end=span[1],
            stance=self._attitude(rule, sentence, span),
            origin=rule.origin,
        )

    def stance(self, rule: Rule, sentence: Sentence, span: Span) -> str | None:
        """What clears words at `span` of a claim by this rule's type; None when nothing does."""
        if self._excepted(rule, span, sentence.found):
            return "例外"
        return self._attitude(rule, sentence, span)

    def _attitude(self, rule: Rule, sentence: Sentence, span: Span) -> str | None:
        return next(
            (
                stance.title
                for stance in self._voice.stances
                if stance.not_for.isdisjoint((rule.slug, rule.speech))
                and self._holds(stance, sentence, span)
            ),
            None,
        )

    def _applies(self, pattern: Pattern, found: Found, traits: frozenset[str]) -> bool:
        if not pattern.fits(traits):
            return False
        if pattern.near and not any(n in found for n in self._of(pattern.near)):
            return False
        return not any(n in found for n in self._of(pattern.absent))

    def _excepted(self, rule: Rule, span: Span, found: Found) -> bool:
        return any(_overlap(span, other) for other in self._spans(rule.exceptions, found))

    def _holds(self, stance: Stance, sentence: Sentence, span: Span) -> bool:
        spared = self._spans(stance.spare, sentence.found)
        return any(
            _stands(stance, sentence, span, cue)
            for cue in self._spans(stance.any, sentence.found)
            if not any(_overlap(cue, other) for other in spared)
        )

    def _spans(self, expressions: Iterable[Expression], found: Found) -> list[Span]:
        return [span for n in self._of(expressions) for span in found.get(n, ())]

    def _of(self, expressions: Iterable[Expression]) -> list[int]:
        return [self._numbers[expression.source] for expression in expressions]


def clause(text: str, span: Span) -> Span:
    """The clause around a span: up to the nearest mark on either side."""
    start, end = span
    while start > 0 and text[start - 1] not in _CLAUSE_MARKS:
        start -= 1
    while end < len(text) and text[end] not in _CLAUSE_MARKS:
        end += 1
    return start, end


def clauses(sentence: Sentence) -> list[Span]:
    """The clauses of a sentence that hold words; the whole piece where none does."""
    found: list[Span] = []
    at, last = sentence.piece.start, sentence.piece.end
    while at < last:
        _, end = clause(sentence.text, (at, at))
        if end > at:
            found.append((at, min(end, last)))
        at = end + 1
    return found or [(sentence.piece.start, last)]


def _stands(stance: Stance, sentence: Sentence, claim: Span, cue: Span) -> bool:
    match stance.where:
        case Where.BEFORE:
            return _leads(sentence.text, cue, claim, stance.reach)
        case Where.AFTER:
            return _leads(sentence.text, claim, cue, stance.reach)
        case Where.QUOTED:
            return _quoted(sentence, claim, _QUOTES)
        case Where.TITLED:
            return _quoted(sentence, claim, _TITLE)
        case Where.SENTENCE:
            return True


def _leads(text: str, first: Span, second: Span, reach: int) -> bool:
    """Whether `first` stands before `second` in the same clause, at most `reach` away."""
    near = first[1] <= second[0] <= first[1] + reach
    return near and _CLAUSE_MARKS.isdisjoint(text[first[1] : second[0]])


def _quoted(sentence: Sentence, claim: Span, marks: Mapping[str, str]) -> bool:
    text, piece = sentence.text, sentence.piece
    for opening, closing in marks.items():
        start = text.rfind(opening, piece.start, claim[0] + 1)
        if start >= 0 and text.find(closing, start + 1, claim[0]) < 0:
            return text.find(closing, claim[1] - 1, piece.end) >= 0
    return False


def _keep(best: dict[tuple[str, int], Claim], sentence: Sentence, claim: Claim) -> None:
    key = (claim.rule.slug, clause(sentence.text, (claim.start, claim.end))[0])
    held = best.get(key)
    if held is None or _rank(claim) > _rank(held):
        best[key] = claim


def _rank(claim: Claim) -> tuple[bool, float, int, int]:
    return claim.stance is None, claim.score, claim.end - claim.start, -claim.start


def _grouped(hits: Iterable[tuple[int, int, int]]) -> Found:
    found: dict[int, list[Span]] = defaultdict(list)
    for number, start, end in hits:
        found[number].append((start, end))
    return found


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _all_expressions(rulebook: Rulebook, voice: VoiceModel) -> Iterable[Expression]:
    for rule in rulebook.active:
        yield from rule.exceptions
        for pattern in rule.patterns:
            yield from (*pattern.any, *pattern.near, *pattern.absent)
    for stance in voice.stances:
        yield from (*stance.any, *stance.spare)
    for trait in voice.traits:
        yield from trait.any
