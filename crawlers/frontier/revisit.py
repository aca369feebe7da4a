"""When to look again, and why: change × risk, bounded by what politeness leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from domain.outcomes import Outcome
from domain.sources import RiskTier

_USUAL = {
    RiskTier.HIGH: timedelta(hours=6),
    RiskTier.NORMAL: timedelta(hours=24),
    RiskTier.LOW: timedelta(hours=72),
}
_RISK_NAMES = {RiskTier.HIGH: "高", RiskTier.NORMAL: "中", RiskTier.LOW: "低"}
_LONGEST = timedelta(days=30)
_AFTER_GONE = (timedelta(days=1), timedelta(days=3), timedelta(days=7), _LONGEST)
_AFTER_FAILURE = timedelta(hours=1)
_AFTER_UNREADABLE = timedelta(days=1)
_LONGEST_FAILURE = timedelta(days=7)
# These are the page's own nature and will not be different in an hour.
_UNREADABLE = frozenset({Outcome.TOO_LARGE, Outcome.BAD_CONTENT, Outcome.EMPTY_SHELL})
_SLOWEST, _FASTEST = 16.0, 0.5


@frozen(kw_only=True)
class Schedule:
    """The next look at an address, with the reason in words."""

    next_due: datetime
    reason: str


def schedule(
    *, outcome: Outcome, at: datetime, risk: RiskTier, visits: int, changes: int, failures: int
) -> Schedule:
    """When to look again after a visit that ended with `outcome`.

    `visits`, `changes` and `failures` (in a row) include this visit.
    """
    if outcome.is_gone:
        return _after(
            at, _AFTER_GONE[min(failures, len(_AFTER_GONE)) - 1], "页面已不在，复查是否恢复"
        )
    if outcome.is_gap:
        first = _AFTER_UNREADABLE if outcome in _UNREADABLE else _AFTER_FAILURE
        wait = min(first * 2 ** min(failures - 1, 12), _LONGEST_FAILURE)
        return _after(at, wait, f"未能看到（{outcome}），第 {failures} 次")
    # Laplace's rule: a page never seen twice counts as one that changes half of the time.
    rate = (changes + 1) / (max(visits - 1, 0) + 2)
    factor = min(max(0.5 / rate, _FASTEST), _SLOWEST)
    wait = min(_USUAL[risk] * factor, _LONGEST)
    words = (
        f"风险{_RISK_NAMES[risk]}（基准 {_in_words(_USUAL[risk])}）× 变化率 {rate:.2f}"
        f"（{visits} 次访问，内容更新 {changes} 次）"
    )
    return _after(at, wait, words)


def _after(at: datetime, wait: timedelta, reason: str) -> Schedule:
    return Schedule(next_due=at + wait, reason=f"{reason} → {_in_words(wait)}后")


def _in_words(wait: timedelta) -> str:
    hours = wait.total_seconds() / 3600
    return f"{hours / 24:.3g} 天" if hours >= 48 else f"{hours:.3g} 小时"
