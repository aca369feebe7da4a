"""What earlier visits to an address came to, in a few bytes per visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from attrs import frozen

from domain.outcomes import Outcome

KEPT = 16
_SEEN = frozenset({Outcome.OK, Outcome.NOT_MODIFIED})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen(kw_only=True)
class PastVisit:
    """One line of an address's history; `at` has whole seconds."""

    at: datetime
    outcome: Outcome
    changed: bool


@frozen(kw_only=True)
class Check:
    """One comparison of a page with its former self, `elapsed` after the last good look."""

    elapsed: timedelta
    changed: bool


def parse(text: str) -> tuple[PastVisit, ...]:
    """The visits that `extended` wrote down, oldest first."""
    past: list[PastVisit] = []
    seconds = 0
    for word in text.split():
        step, _, outcome = word.partition(":")
        seconds += int(step.rstrip("*"))
        past.append(
            PastVisit(
                at=_EPOCH + timedelta(seconds=seconds),
                outcome=Outcome(outcome) if outcome else Outcome.OK,
                changed=step.endswith("*"),
            )
        )
    return tuple(past)


def written(past: Sequence[PastVisit]) -> str:
    """One word a visit: seconds since the one before, `*` for a change, `:outcome` unless ok."""
    words: list[str] = []
    before = 0
    for visit in past:
        seconds = int((visit.at - _EPOCH).total_seconds())
        outcome = "" if visit.outcome is Outcome.OK else f":{visit.outcome}"
        words.append(f"{seconds - before}{'*' if visit.changed else ''}{outcome}")
        before = seconds
    return " ".join(words)


def extended(past: Sequence[PastVisit], visit: PastVisit) -> tuple[PastVisit, ...]:
    """With one more visit; only the newest `KEPT` remain."""
    return (*past, visit)[-KEPT:]


def checks(past: Sequence[PastVisit]) -> tuple[Check, ...]:
    """The comparisons among these visits. Looks that showed no page say nothing about change."""
    seen = [visit for visit in past if visit.outcome in _SEEN]
    return tuple(
        Check(elapsed=after.at - before.at, changed=after.changed)
        for before, after in pairwise(seen)
        if after.at > before.at
    )
