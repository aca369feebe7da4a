"""Rows about how soon a change of the farm was met, from the server's log alone."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import ceil, inf

from sitefarm.score.ground import Change, Ground
from sitefarm.score.rows import Row, count

_GATES = {"high_risk": (6, 12), "others": (24, 48), "gone": (24, 48)}
"""Ticks from event to visit, median and 95th percentile (sources.md §7)."""
_SHARE = 0.95


def rows(ground: Ground) -> Iterator[Row]:
    """Median and 95th percentile for each class of events that the crawl lived to see.

    An event counts once its gate has passed before the last request, or when it was met; one that
    was never met is later than any gate.
    """
    visits: dict[str, list[int]] = defaultdict(list)
    for fetch in ground.fetches:
        if fetch.decision not in ("block", "login_wall"):
            visits[fetch.host + fetch.path].append(fetch.tick)
    waits: dict[str, list[float]] = defaultdict(list)
    for change in ground.changes:
        kind = _class(ground, change)
        late = _wait(visits.get(change.host + change.path, ()), change.tick)
        if late < inf or change.tick + _GATES[kind][1] <= ground.last_tick:
            waits[kind].append(late)
    for kind, found in sorted(waits.items()):
        found.sort()
        for name, share, gate in zip(("median", "p95"), (0.5, _SHARE), _GATES[kind], strict=True):
            value = found[ceil(share * len(found)) - 1]
            worst = int(min(value, ground.last_tick + 1))
            yield count(f"freshness_{kind}_{name}", worst, len(found), at_most=gate)


def _class(ground: Ground, change: Change) -> str:
    if change.op in ("delete", "move"):
        return "gone"
    return "high_risk" if ground.hosts[change.host].risk == "high" else "others"


def _wait(ticks: Sequence[int], since: int) -> float:
    """Ticks until the first visit from `since` on; ticks are in order."""
    place = bisect_left(ticks, since)
    return ticks[place] - since if place < len(ticks) else inf
