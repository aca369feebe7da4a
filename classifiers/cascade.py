"""Rules and character model together: each doubts the other's words and adds its own.

A rule's words in a sentence that the model finds very unlikely to violate lose worth, and weak
ones gain where it is sure. Where the rules found nothing and the model is sure enough, the clause
that weighs most becomes a claim of the model. Attitudes and exceptions clear both alike.
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
from classifiers.rulebook.schema import Decidable
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
            found = self._reader.claims(sentence, voice.traits)
            if found:
                yield [self._weighed(claim, chance, voice) for claim in found]
            else:
                yield list(self._added(sentence, chance, voice))

    def _weighed(self, claim: Claim, chance: Mapping[str, float], voice: Voice) -> Claim:
        """A rule's claim with the model's opinion of it.

        Only what words decide alone can be doubted by their look; a contact line under an
        article is as harmless by itself as it is telling there.
        """
        slug, score = claim.rule.slug, claim.score
        if claim.rule.decidable_from is Decidable.TEXT:
            score = self._policy.confirmed(slug, score, max(chance[VIOLATES], chance[slug]))
        alone = self._policy.alone(slug, strengths(chance)[slug], voice.speaker)
        return attrs.evolve(claim, score=max(score, alone))

    def _added(
        self, sentence: Sentence, chance: Mapping[str, float], voice: Voice
    ) -> Iterator[Claim]:
        """The claim of the likeliest type that fits the document, if it is worth a look."""
        if sentence.piece.end - sentence.piece.start < SHORTEST:
            return
        strength = strengths(chance)
        for rule in sorted(self._rules, key=lambda each: -strength[each.slug]):
            if self._at_home(rule, sentence, voice):
                score = self._policy.alone(rule.slug, strength[rule.slug], voice.speaker)
                if score:
                    yield self._claim(rule, sentence, score)
                return

    def _at_home(self, rule: Rule, sentence: Sentence, voice: Voice) -> bool:
        """Whether the document, or else the sentence itself, shows a trait the type needs."""
        needed = self._policy.context(rule.slug)
        if not needed or needed & voice.traits:
            return True
        return any(
            t.id in needed and not t.unless & voice.traits for t, _ in self._reader.cues(sentence)
        )

    def _claim(self, rule: Rule, sentence: Sentence, score: float) -> Claim:
        weighing = self._model.weigh(sentence.text, sentence.piece, rule.slug)
        start, end = weightiest(sentence, weighing.shares)
        core = next((word for word in weighing.telling if start <= word[0] < end), (start, end))
        return Claim(
            rule=rule,
            pattern="",
            score=score,
            start=start,
            end=end,
            stance=self._reader.stance(rule, sentence, core),
            origin=self._model.origin,
            telling=tuple(sentence.text[first:last] for first, last in weighing.telling),
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
