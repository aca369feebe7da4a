"""When to look again, and why: change × risk, bounded by what politeness leaves.

With a bounded number of looks, most changes are caught when every page is looked at as soon as
the expected number of its unseen changes reaches a threshold x, the same for all pages of equal
weight: maximising the sum of w·f·(1 − exp(−λ/f)) over the frequencies f gives
w·(1 − (1 + x)·exp(−x)) = price, with x = λ/f. The weight is the risk; the price of a look rises
when a host is asked for more looks than politeness allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from attrs import frozen

from crawlers.frontier import change
from crawlers.frontier.history import PastVisit, checks
from domain.outcomes import Outcome
from domain.sources import RiskTier

# So that a page of normal risk of which nothing is known yet is looked at again after a day.
_PRICE = 1 - (1 + math.log(2)) / 2
_TIERS = {RiskTier.HIGH: 12.0, RiskTier.NORMAL: 1.0, RiskTier.LOW: 0.25}
_RISK_NAMES = {RiskTier.HIGH: "高", RiskTier.NORMAL: "中", RiskTier.LOW: "低"}
# The longest that a page waits where politeness leaves room for more looks, so that what nobody
# expected (a deletion, a page that never changed before) is met within 12 and 48 hours, too.
_PROMISES = {
    RiskTier.HIGH: timedelta(hours=10),
    RiskTier.NORMAL: timedelta(hours=44),
    RiskTier.LOW: timedelta(hours=44),
}
_SITE, _PAGE = 3.0, 4.0
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=30)
_PICTURE = timedelta(days=365)
_AFTER_GONE = (timedelta(days=1), timedelta(days=3), timedelta(days=7), _LONGEST)
_AFTER_FAILURE = timedelta(hours=1)
_AFTER_UNREADABLE = timedelta(days=1)
_LONGEST_FAILURE = timedelta(days=7)
# These are the page's own nature and will not be different in an hour.
_UNREADABLE = frozenset({Outcome.TOO_LARGE, Outcome.BAD_CONTENT, Outcome.EMPTY_SHELL})


@frozen(kw_only=True)
class Standing:
    """What the judgement has found so far: on which share of the site's pages a clue was seen
    (0…1), and whether this very page bears one."""

    site_share: float = 0.0
    on_page: bool = False


NEUTRAL = Standing()


@frozen(kw_only=True)
class Budget:
    """Looks a day that the known pages of a host ask for, and how many politeness allows."""

    demand: float = 0.0
    room: float = math.inf

    @property
    def price(self) -> float:
        """What a look costs there: 1 while there is room, steeply more when there is none."""
        return max(1.0, self.demand / self.room) ** 3


_AMPLE = Budget()


@frozen(kw_only=True)
class Schedule:
    """The next look at an address, with the reason in words."""

    next_due: datetime
    reason: str


def picture_schedule(at: datetime) -> Schedule:
    """A picture that was seen is asked for again by its page, when that has changed."""
    return Schedule(next_due=at + _PICTURE, reason="页面所示图片，所在页面变更时再取")


def schedule(
    *,
    outcome: Outcome,
    at: datetime,
    risk: RiskTier,
    history: Sequence[PastVisit],
    failures: int,
    standing: Standing = NEUTRAL,
    budget: Budget = _AMPLE,
) -> Schedule:
    """When to look again after a visit that ended with `outcome`.

    `history` and `failures` (in a row) include this visit.
    """
    if outcome.is_gone:
        return _after(
            at, _AFTER_GONE[min(failures, len(_AFTER_GONE)) - 1], "页面已不在，复查是否恢复"
        )
    if outcome.is_gap:
        first = _AFTER_UNREADABLE if outcome in _UNREADABLE else _AFTER_FAILURE
        wait = min(first * 2 ** min(failures - 1, 12), _LONGEST_FAILURE)
        return _after(at, wait, f"未能看到（{outcome}），第 {failures} 次")
    compared = checks(history)
    rate = change.rate(compared)
    weight = _TIERS[risk] * (1 + _SITE * standing.site_share) * (_PAGE if standing.on_page else 1)
    seconds = _threshold(round(_PRICE * budget.price / weight, 4)) / rate
    wait = min(max(timedelta(seconds=min(seconds, 1e8)), _SHORTEST), _LONGEST)
    promised = _PROMISES[risk] * min(budget.price, 1e3)
    limit = f"，至迟 {_in_words(promised)}" if promised < wait else ""
    wait = min(wait, promised)
    changes = sum(check.changed for check in compared)
    words = (
        f"风险{_RISK_NAMES[risk]}{_standing_in_words(standing)} × "
        f"约每 {_in_words(timedelta(seconds=1 / rate))}变更一次"
        f"（{len(compared)} 次复查 {changes} 次有变）{_budget_in_words(budget)}{limit}"
    )
    return _after(at, wait, words)


@lru_cache(maxsize=4096)
def _threshold(price: float) -> float:
    """The x at which 1 − (1 + x)·exp(−x) reaches `price`; beyond 1 no number of changes does."""
    low, high = 0.0, 40.0
    for _ in range(50):
        middle = (low + high) / 2
        if 1 - (1 + middle) * math.exp(-middle) < price:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _standing_in_words(standing: Standing) -> str:
    parts = []
    if standing.site_share > 0:
        parts.append(f"全站 {standing.site_share:.0%} 的页面有线索")
    if standing.on_page:
        parts.append("本页有线索")
    return f"（{'，'.join(parts)}）" if parts else ""


def _budget_in_words(budget: Budget) -> str:
    if budget.price <= 1:
        return ""
    return f" × 礼貌预算不足（每日需 {budget.demand:.0f} 次，可用 {budget.room:.0f} 次）"


def _after(at: datetime, wait: timedelta, reason: str) -> Schedule:
    return Schedule(next_due=at + wait, reason=f"{reason} → {_in_words(wait)}后")


def _in_words(wait: timedelta) -> str:
    hours = wait.total_seconds() / 3600
    return f"{hours / 24:.3g} 天" if hours >= 48 else f"{hours:.3g} 小时"
