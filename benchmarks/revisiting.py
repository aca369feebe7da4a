"""How many changes of pages are caught with a bounded number of looks, against simpler rules.

Usage: python -m benchmarks.revisiting (under a minute)

A simulated year of pages that change by Poisson processes. The mean intervals are mixed as Cho &
Garcia-Molina measured them on 720,000 pages ("The evolution of the Web and implications for an
incremental crawler", VLDB 2000): 23 % daily or more often, 15 % weekly, 16 % monthly, 17 % every
four months, the rest hardly ever. Every rule gets the same number of looks, evenly spread over
the year, and spends each on the page that it wants to see most urgently. A change is caught when
a look shows that the page differs from the look before; several changes between two looks are
one. `informed` knows the true rates: no rule can do better.
"""

from __future__ import annotations

import bisect
import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from attrs import define, frozen
from rich.console import Console
from rich.table import Table

from crawlers.frontier.history import PastVisit, extended
from crawlers.frontier.revisit import schedule
from domain.outcomes import Outcome
from domain.sources import RiskTier

DAY = 86_400.0
YEAR = 365 * DAY
START = datetime(2026, 1, 1, tzinfo=UTC)
PAGES = 400
MEAN_DAYS = ((0.23, 0.2, 1), (0.15, 1, 7), (0.16, 7, 30), (0.17, 30, 120), (0.29, 120, 2000))
SEEDS = (1, 2)


@frozen(kw_only=True)
class Page:
    """The true interval between changes in seconds, and the moments of all changes of the year."""

    interval: float
    changes: tuple[float, ...]

    def changed_between(self, after: float, until: float) -> bool:
        """Whether any change lies in (after, until]."""
        return bisect.bisect(self.changes, until) > bisect.bisect(self.changes, after)


@define(kw_only=True)
class Known:
    """What a rule knows of a page: earlier looks and its own present interval in seconds."""

    page: Page
    wait: float
    past: tuple[PastVisit, ...] = ()


Rule = Callable[[Known, float, bool], float]


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    rules: dict[str, Rule] = {
        "fixed interval": lambda known, _now, _changed: known.wait,
        "×0.5 after a change, ×1.5 without": _step,
        "change × risk (ours)": _ours,
        "informed (true rates)": lambda known, _now, _changed: known.page.interval,
    }
    table = Table(title=f"{PAGES} pages, one year, changes caught (mean of {len(SEEDS)} seeds)")
    for column in ("looks a page", *rules, "ours / fixed", "ours / ×0.5 ×1.5", "ours / informed"):
        table.add_column(column)
    for days in (14.0, 7.0, 3.0, 1.0):
        caught = [
            sum(_year(_pages(seed), rule, looks=int(PAGES * 365 / days)) for seed in SEEDS)
            / len(SEEDS)
            for rule in rules.values()
        ]
        fixed, step, ours, informed = caught
        ratios = (ours / fixed, ours / step, ours / informed)
        table.add_row(
            f"{365 / days:.0f}", *(f"{n:.0f}" for n in caught), *(f"{r:.2f}" for r in ratios)
        )
    Console(width=150).print(table)


def _step(known: Known, _now: float, changed: bool) -> float:
    factor = 0.5 if changed else 1.5
    return min(max(known.wait * factor, 3600.0), 30 * DAY)


def _ours(known: Known, now: float, changed: bool) -> float:
    at = START + timedelta(seconds=now)
    known.past = extended(known.past, PastVisit(at=at, outcome=Outcome.OK, changed=changed))
    plan = schedule(outcome=Outcome.OK, at=at, risk=RiskTier.NORMAL, history=known.past, failures=0)
    return (plan.next_due - at).total_seconds()


def _year(pages: list[Page], rule: Rule, *, looks: int) -> int:
    states = [Known(page=page, wait=DAY) for page in pages]
    seen = [0.0] * len(pages)
    due = [(0.0, number) for number in range(len(pages))]
    heapq.heapify(due)
    caught = 0
    for look in range(looks):
        now = (look + 1) * YEAR / looks
        _, number = heapq.heappop(due)
        state = states[number]
        changed = state.page.changed_between(seen[number], now)
        caught += changed
        state.wait = rule(state, now, changed)
        seen[number] = now
        heapq.heappush(due, (now + state.wait, number))
    return caught


def _pages(seed: int) -> list[Page]:
    chance = random.Random(seed)  # noqa: S311 - a simulation
    pages = []
    for share, low, high in MEAN_DAYS:
        for _ in range(round(share * PAGES)):
            interval = low * (high / low) ** chance.random() * DAY
            pages.append(Page(interval=interval, changes=_moments(chance, interval)))
    return pages


def _moments(chance: random.Random, interval: float) -> tuple[float, ...]:
    moments, now = [], chance.expovariate(1 / interval)
    while now < YEAR:
        moments.append(now)
        now += chance.expovariate(1 / interval)
    return tuple(moments)


if __name__ == "__main__":
    main()
