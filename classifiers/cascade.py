"""Rules and character model together: each doubts the other's words and adds its own.

A rule's words in a sentence that the model finds very unlikely to violate lose worth. Where the
rules found nothing of a type and the model is sure enough, the clause that weighs most becomes a
claim of the model. Attitudes and exceptions clear both alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from classifiers.model import VIOLATES, LinearModel
from classifiers.policy import Policy
from classifiers.quotes import LONGEST, SHORTEST
from classifiers.reading import Claim, Reader, Sentence, Span, clauses
from classifiers.rulebook import Rule, Rulebook
from classifiers.voice import Voice


class Cascade:
    """What the rules and the model claim, sentence by sentence."""

    def __init__(
        self, *, rulebook: Rulebook, reader: Reader, model: LinearModel, policy: Policy
    ) -> None:
        self._reader = reader
        self._model = model
        self._policy = policy
        self._rules = tuple(rule for rule in rulebook.active if rule.slug in model.heads)

    def claims(
        self, text: str, sentences: Sequence[Sentence], voice: Voice
    ) -> Iterator[list[Claim]]:
        """The claims of each sentence of a document in which `voice` speaks."""
        rows = self._model.probabilities(text, [sentence.piece for sentence in sentences])
        for sentence, row in zip(sentences, rows.tolist(), strict=True):
            chance = dict(zip(self._model.heads, row, strict=True))
            found = [
                attrs.evolve(claim, score=self._confirmed(claim, chance))
                for claim in self._reader.claims(sentence, voice.traits)
            ]
            cleared = any(claim.stance for claim in found)
            yield found if cleared else [*found, *self._added(sentence, chance, voice, found)]

    def _confirmed(self, claim: Claim, chance: Mapping[str, float]) -> float:
        slug = claim.rule.slug
        likely = max(chance[VIOLATES], chance.get(slug, 0.0))
        return self._policy.confirmed(slug, claim.score, likely)

    def _added(
        self, sentence: Sentence, chance: Mapping[str, float], voice: Voice, found: Sequence[Claim]
    ) -> Iterator[Claim]:
        if sentence.piece.end - sentence.piece.start < SHORTEST:
            return
        taken = {claim.rule.slug for claim in found}
        strength = strengths(chance)
        for rule in self._rules:
            score = self._policy.alone(rule.slug, strength[rule.slug], voice.speaker)
            if score and rule.slug not in taken and self._at_home(rule, sentence, voice):
                yield self._claim(rule, sentence, score)

    def _at_home(self, rule: Rule, sentence: Sentence, voice: Voice) -> bool:
        """Whether the document, or else the sentence itself, shows a trait the type needs."""
        needed = self._policy.context(rule.slug)
        if not needed or needed & voice.traits:
            return True
        return any(
            t.id in needed and not t.unless & voice.traits for t, _ in self._reader.cues(sentence)
        )

    def _claim(self, rule: Rule, sentence: Sentence, score: float) -> Claim:
        shares = self._model.shares(sentence.text, sentence.piece, rule.slug)
        start, end = weightiest(sentence, shares)
        telling = self._model.telling(sentence.text, sentence.piece, rule.slug)
        core = next((word for word in telling if start <= word[0] < end), (start, end))
        return Claim(
            rule=rule,
            pattern="",
            score=score,
            start=start,
            end=end,
            stance=self._reader.stance(rule, sentence, core),
            origin=self._model.origin,
            telling=tuple(sentence.text[first:last] for first, last in telling),
        )


def strengths(chance: Mapping[str, float]) -> dict[str, float]:
    """How strongly a sentence speaks for each type: the chance that it violates, in full for the
    likeliest type and in proportion for the others."""
    types = {head: value for head, value in chance.items() if head != VIOLATES}
    most = max(types.values())
    return {slug: chance[VIOLATES] * value / most for slug, value in types.items()}


def weightiest(sentence: Sentence, shares: NDArray[np.float32]) -> Span:
    """The clause of a sentence whose characters weigh most, no longer than a quote may be."""
    first = sentence.piece.start
    sums = np.concatenate([[0.0], np.cumsum(shares, dtype=np.float64)])

    def weight(span: Span) -> float:
        return float(sums[span[1] - first] - sums[span[0] - first])

    start, end = max(clauses(sentence), key=weight)
    windows = range(start, max(start, end - LONGEST) + 1)
    start = max(windows, key=lambda place: weight((place, min(place + LONGEST, end))))
    return start, min(start + LONGEST, end)
