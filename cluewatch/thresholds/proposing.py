"""From outcomes to proposals: the lowest threshold that keeps the wanted precision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from attrs import frozen

from classifiers.policy import Policy
from cluewatch.thresholds.store import Evidence
from domain.intervals import wilson
from tickets.precision import ScoredCase

WANTED = 0.8
FEWEST = 20
NEVER = 1.0
"""A threshold that no score reaches: a person looks at every finding of the type."""
_STEP = 0.01


@frozen(kw_only=True)
class Suggestion:
    """A threshold that the decided cases of a type speak for, and the one in force."""

    type: str
    current: float
    proposed: float
    evidence: Evidence


def suggest(
    cases: Iterable[ScoredCase], policy: Policy, *, wanted: float = WANTED, fewest: int = FEWEST
) -> list[Suggestion]:
    """What the cases speak for, by type; a type whose threshold stays as it is has none.

    The lowest threshold is taken at which, of at least `fewest` cases, the lower end of the 95 %
    interval of the precision is `wanted` or more. Where there is none, and it is sure that the
    threshold in force gives less than `wanted`, the type shall make no clue by itself (NEVER).
    """
    by_type: dict[str, list[ScoredCase]] = defaultdict(list)
    for case in cases:
        by_type[case.type].append(case)
    found = []
    for slug, own in sorted(by_type.items()):
        current = policy.clue_threshold(slug)
        proposed = _lowest(own, current, wanted, fewest)
        if proposed is not None and abs(proposed - current) >= _STEP:
            evidence = _evidence(own, proposed)
            found.append(
                Suggestion(type=slug, current=current, proposed=proposed, evidence=evidence)
            )
    return found


def _lowest(
    cases: Sequence[ScoredCase], current: float, wanted: float, fewest: int
) -> float | None:
    for threshold in sorted({case.score for case in cases}):
        kept = _evidence(cases, threshold)
        if kept.kept < fewest:
            break
        if wilson(kept.kept_right, kept.kept)[0] >= wanted:
            return threshold
    now = _evidence(cases, current)
    return NEVER if now.kept >= fewest and wilson(now.kept_right, now.kept)[1] < wanted else None


def _evidence(cases: Sequence[ScoredCase], threshold: float) -> Evidence:
    kept = [case.right for case in cases if case.score >= threshold]
    return Evidence(
        n=len(cases), right=sum(case.right for case in cases), kept=len(kept), kept_right=sum(kept)
    )
