"""How often a page changes, estimated from looks at irregular moments.

Pages are taken to change by a Poisson process. The rate is the likeliest one given which
intervals showed a change and which did not (Cho & Garcia-Molina, "Estimating frequency of
change", ACM TOIT 3(3), 2003, section on irregular access). As in their bias-reduced estimator,
half an interval with a change and half one without are added, so that a page never or always
seen changed still has a finite, positive rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from crawlers.frontier.history import Check

DAY = 86_400.0
_STEPS = 40
_LEAST, _MOST = 1 / (3650 * DAY), 1 / 60.0


def rate(checks: Sequence[Check]) -> float:
    """Changes per second, from the comparisons that were made. Without any: ln 2 a day."""
    changed = [(0.5, DAY)]
    unchanged = 0.5 * DAY
    for check in checks:
        seconds = check.elapsed.total_seconds()
        if check.changed:
            changed.append((1.0, seconds))
        else:
            unchanged += seconds
    low, high = math.log(_LEAST), math.log(_MOST)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _score(math.exp(middle), changed) > unchanged:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


def _score(rate_: float, changed: Sequence[tuple[float, float]]) -> float:
    """The derivative of the log-likelihood is this, less the time without change."""
    return sum(
        weight * seconds / math.expm1(min(rate_ * seconds, 700.0)) for weight, seconds in changed
    )
