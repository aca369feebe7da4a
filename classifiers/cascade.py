"""Rules and models together: each doubts the other's words and adds its own.

A rule's words in a sentence that the models find very unlikely to violate lose worth, and weak
ones gain where they are sure. Of a type that no rule named and they are sure enough of, the clause
that weighs most becomes a claim. Attitudes and exceptions clear both alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

import attrs
import numpy as np
from numpy.typing import NDArray

from classifiers.model import VIOLATES, Opinion
from classifiers.policy import Policy
from classifiers.quotes import LONGEST, SHORTEST
from classifiers.reading import Claim, Reader, Sentence, Span, clauses
from classifiers.rulebook import Rule, Rulebook
from classifiers.rulebook.schema import Decidable, Speech
from classifiers.voice import Voice
from domain.findings import Verdict


class Cascade:
    """What the rules and the model claim, sentence by sentence."""

    def __init__(
        self, *, rulebook: Rulebook, reader: Reader, opinion: Opinion, policy: Policy
    ) -> None:
        self._reader = reader
        self._opinion = opinion
        self._policy = policy
        self._rules = tuple(rule for rule in rulebook.active if rule.slug in opinion.heads)
        self._by_page = page_types(rulebook)
        self._least = min((use.review for use in policy.model.thresholds.values()), default=1.0)

    def claims(
        self, text: str, sentences: Sequence[Sentence], voice: Voice
    ) -> Iterator[list[Claim]]:
        """The claims of each sentence of a document in which `voice` speaks."""
        found = [self._reader.claims(sentence, voice.traits) for sentence in sentences]
        pieces = [sentence.piece for sentence in sentences]
        chances = self._opinion.chances(text, pieces, [bool(claims) for claims in found])
        for sentence, claims, chance in zip(sentences, found, chances, strict=True):
            weighed = [self._weighed(claim, chance, voice) for claim in claims]
            named = {claim.rule.slug for claim in claims}
            yield [*weighed, *self._added(sentence, chance, voice, named)]

    def _weighed(self, claim: Claim, chance: Mapping[str, float], voice: Voice) -> Claim:
        """A rule's claim with the models' opinion of it.

        Only an assertion that words decide alone can be doubted by its look. An unlawful thing
        offered in so many words stays offered, and a contact line under an article is as
        harmless by itself as it is telling there.
        """
        slug, score = claim.rule.slug, claim.score
        if slug not in chance:
            return claim  # too few examples to learn the type: the rule's word stands
        if claim.rule.decidable_from is Decidable.TEXT and claim.rule.speech is Speech.CLAIM:
            score = self._policy.confirmed(slug, score, max(chance[VIOLATES], chance[slug]))
        strength = strengths(chance, self._by_page)[slug]
        alone = self._policy.alone(slug, strength, chance[slug], voice.speaker)
        return attrs.evolve(claim, score=max(score, alone))

    def _added(
        self, sentence: Sentence, chance: Mapping[str, float], voice: Voice, named: Set[str]
    ) -> Iterator[Claim]:
        """A claim of every type that no rule named, fits the document and is sure enough.

        Good enough for a clue, that is; the likeliest type of a sentence in which no rule spoke
        may also be for a person to look at.
        """
        long_enough = sentence.piece.end - sentence.piece.start >= SHORTEST
        if not long_enough:
            return
        strength = strengths(chance, self._by_page)
        home = [rule for rule in self._rules if self._at_home(rule, sentence, voice)]
        first = max(home, key=lambda rule: strength[rule.slug], default=None)
        for rule in home:
            own = chance[rule.slug]
            score = self._policy.alone(rule.slug, strength[rule.slug], own, voice.speaker)
            doubtful = rule is first and not named
            if rule.slug not in named and score and (doubtful or self._sure(rule, score, voice)):
                yield self._claim(rule, sentence, score)

    def _sure(self, rule: Rule, score: float, voice: Voice) -> bool:
        """Whether words worth `score` make a clue in this document, before facts are asked."""
        total = self._policy.score(rule.slug, score, voice.speaker, voice.traits, ())
        return self._policy.grade(rule.slug, total) is Verdict.CLUE

    def _at_home(self, rule: Rule, sentence: Sentence, voice: Voice) -> bool:
        """Whether the document, or else the sentence itself, shows a trait the type needs."""
        needed = self._policy.context(rule.slug)
        if not needed or needed & voice.traits:
            return True
        return any(
            t.id in needed and not t.unless & voice.traits for t, _ in self._reader.cues(sentence)
        )

    def _claim(self, rule: Rule, sentence: Sentence, score: float) -> Claim:
        weighing = self._opinion.linear.weigh(sentence.text, sentence.piece, rule.slug)
        start, end = weightiest(sentence, weighing.shares)
        core = next((word for word in weighing.telling if start <= word[0] < end), (start, end))
        return Claim(
            rule=rule,
            pattern="",
            score=score,
            start=start,
            end=end,
            stance=self._reader.stance(rule, sentence, core),
            origin=self._opinion.origin,
            telling=tuple(sentence.text[first:last] for first, last in weighing.telling),
        )


def page_types(rulebook: Rulebook) -> frozenset[str]:
    """The types that the page decides, not a sentence."""
    return frozenset(r.slug for r in rulebook.active if r.decidable_from is Decidable.PAGE)


def strengths(chance: Mapping[str, float], by_page: Set[str]) -> dict[str, float]:
    """How strongly a sentence speaks for each type: the chance that it violates, in full for the
    likeliest type and in proportion for the others.

    A type of `by_page` is at least as strong as its own head says: by itself a line of contact
    violates nothing.
    """
    types = {head: value for head, value in chance.items() if head != VIOLATES}
    most = max(types.values())
    strong = {slug: chance[VIOLATES] * value / most for slug, value in types.items()}
    return strong | {slug: max(strong[slug], types[slug]) for slug in by_page & types.keys()}


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
