"""One line of a score, and its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from attrs import frozen

from sitefarm.dice import Dice

_RESAMPLES = 400
_TAIL = 0.025


class Gate(Enum):
    """Which side of its gate a value must be on."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


@frozen(kw_only=True)
class Row:
    """`n` units were counted; `ci` is the 95 % interval; `gate` None: reported only."""

    metric: str
    n: int
    value: float | None
    ci: tuple[float, float] | None = None
    gate: float | None = None
    passed: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """The shape of interfaces.md: metric, n, value, ci, gate, pass."""
        return {
            "metric": self.metric,
            "n": self.n,
            "value": self.value,
            "ci": list(self.ci) if self.ci else None,
            "gate": self.gate,
            "pass": self.passed,
        }


def share(
    metric: str, units: Mapping[str, Sequence[bool]], *, at_least: float | None = None
) -> Row:
    """Share of true units; `units` groups them by page, which the interval resamples.

    With no units there is nothing to measure: value None, and a gate fails.
    """
    groups = [group for group in units.values() if group]
    n = sum(len(group) for group in groups)
    value = sum(sum(group) for group in groups) / n if n else None
    return Row(
        metric=metric,
        n=n,
        value=value,
        ci=_interval(metric, groups) if n else None,
        gate=at_least,
        passed=None if at_least is None else value is not None and value >= at_least,
    )


def count(metric: str, value: int, n: int, *, at_most: float | None = None) -> Row:
    """A number of bad (or merely reported) things out of `n` looked at."""
    return Row(
        metric=metric,
        n=n,
        value=float(value),
        gate=at_most,
        passed=None if at_most is None else value <= at_most,
    )


def _interval(metric: str, groups: Sequence[Sequence[bool]]) -> tuple[float, float]:
    dice = Dice("bootstrap", metric)
    pairs = [(sum(group), len(group)) for group in groups]
    means = []
    for _ in range(_RESAMPLES):
        drawn = dice.choices(pairs, k=len(pairs))
        means.append(sum(hit for hit, _ in drawn) / sum(size for _, size in drawn))
    means.sort()
    return means[int(_TAIL * _RESAMPLES)], means[int((1 - _TAIL) * _RESAMPLES) - 1]
