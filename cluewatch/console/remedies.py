"""What would change a finding: the facts that would move its score, and lawful ways to say it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from classifiers.policy import CEILING, Policy
from classifiers.rulebook import Rulebook
from domain.findings import Existence, Fact, Finding, Verdict

_SAMPLES = 2


@frozen(kw_only=True)
class Turn:
    """If a register answered so, the finding would be worth this much."""

    fact: str
    answer: Existence
    score: float
    verdict: Verdict


@frozen(kw_only=True)
class Remedy:
    """What stands between a finding and a lawful page: its thresholds, the facts that would lower
    its score, and lawful texts of the same kind from the rule's own examples."""

    clue: float
    review: float
    turns: tuple[Turn, ...]
    lawful: tuple[str, ...]


def remedy(finding: Finding, facts: Sequence[Fact], policy: Policy, rulebook: Rulebook) -> Remedy:
    """How this finding would fall away. Words that are taken down need no more than that."""
    rule = rulebook.rules.get(finding.type)
    samples = rule.clear if rule else ()
    return Remedy(
        clue=policy.clue_threshold(finding.type),
        review=policy.threshold(finding.type).review,
        turns=_turns(finding, facts, policy),
        lawful=tuple(sample.text for sample in samples[:_SAMPLES]),
    )


def _turns(finding: Finding, facts: Sequence[Fact], policy: Policy) -> tuple[Turn, ...]:
    stated = policy.applicable(finding.type, facts)
    found = []
    for shift in policy.facts:
        if shift.type != finding.type or shift.shift >= 0 or shift in [s for s, _ in stated]:
            continue
        before = sum(other.shift for other, fact in stated if fact.name == shift.fact)
        score = round(min(max(finding.score - before + shift.shift, 0.0), CEILING), 4)
        found.append(
            Turn(
                fact=shift.fact,
                answer=shift.answer,
                score=score,
                verdict=policy.grade(finding.type, score),
            )
        )
    return tuple(found)
