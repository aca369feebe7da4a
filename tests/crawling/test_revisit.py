"""When a page is looked at again: change, risk, politeness, and the words for it."""

from __future__ import annotations

import math
import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.frontier import change, history
from crawlers.frontier.history import Check, PastVisit
from crawlers.frontier.revisit import Budget, Schedule, Standing, schedule
from domain.outcomes import Outcome
from domain.sources import RiskTier
from tests.crawling.loopback import START

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

visits = st.lists(
    st.builds(
        PastVisit,
        at=st.integers(0, 365 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds)),
        outcome=st.sampled_from(list(Outcome)),
        changed=st.booleans(),
    ),
    max_size=history.KEPT,
).map(lambda past: sorted(past, key=lambda visit: visit.at))


def daily(*changed: bool) -> list[PastVisit]:
    """A first look and one each day after it."""
    return [
        PastVisit(at=START + n * DAY, outcome=Outcome.OK, changed=flag)
        for n, flag in enumerate((True, *changed))
    ]


def planned(past: list[PastVisit], risk: RiskTier = RiskTier.NORMAL, **more: object) -> Schedule:
    values = {"outcome": Outcome.OK, "failures": 0, **more}
    return schedule(at=START, risk=risk, history=past, **values)  # type: ignore[arg-type]


def wait(past: list[PastVisit], risk: RiskTier = RiskTier.NORMAL, **more: object) -> timedelta:
    return planned(past, risk, **more).next_due - START


@given(visits)
def test_histories_are_kept_to_the_second(past: list[PastVisit]) -> None:
    assert history.parse(history.written(past)) == tuple(past)


def test_a_long_history_costs_few_bytes() -> None:
    past: tuple[PastVisit, ...] = ()
    for visit in daily(*(n % 3 == 0 for n in range(400))):
        past = history.extended(past, visit)
    assert len(past) == history.KEPT
    assert len(history.written(past)) < 130


@pytest.mark.parametrize("true_days", [0.5, 3.0, 20.0])
def test_the_estimate_finds_the_rate_at_irregular_looks(true_days: float) -> None:
    chance = random.Random(7)  # noqa: S311 - a simulation
    found = []
    for _ in range(60):
        checks = []
        for _ in range(16):
            elapsed = chance.uniform(0.3, 2) * true_days
            changed = chance.random() < -math.expm1(-elapsed / true_days)
            checks.append(Check(elapsed=elapsed * DAY, changed=changed))
        found.append(change.rate(checks) * change.DAY * true_days)
    assert 0.8 < sorted(found)[30] < 1.25


def test_nothing_known_means_a_day_and_extremes_stay_finite() -> None:
    assert change.rate([]) == pytest.approx(math.log(2) / change.DAY, rel=1e-6)
    always = [Check(elapsed=HOUR, changed=True)] * 16
    never = [Check(elapsed=30 * DAY, changed=False)] * 16
    assert 1 / 86_400 < change.rate(always) < 1 / 60
    assert 0 < change.rate(never) < 1 / (300 * change.DAY)


@given(
    st.sampled_from(list(Outcome)),
    st.sampled_from(list(RiskTier)),
    visits,
    st.integers(1, 50),
    st.builds(Standing, site_share=st.floats(0, 1), on_page=st.booleans()),
    st.builds(Budget, demand=st.floats(0, 1e6), room=st.floats(1, 1e5)),
)
def test_revisits_lie_between_an_hour_and_a_month(  # noqa: PLR0917 - drawn by hypothesis
    outcome: Outcome,
    risk: RiskTier,
    past: list[PastVisit],
    failures: int,
    standing: Standing,
    budget: Budget,
) -> None:
    plan = schedule(
        outcome=outcome,
        at=START,
        risk=risk,
        history=past,
        failures=failures,
        standing=standing,
        budget=budget,
    )
    assert HOUR <= plan.next_due - START <= 30 * DAY
    assert 0 < len(plan.reason) < 200


def test_change_and_risk_bring_a_page_forward() -> None:
    once = daily()
    assert wait(once) == pytest.approx(DAY, rel=1e-3)
    assert wait(once, RiskTier.HIGH) < wait(once) / 3
    assert wait(once, RiskTier.LOW) > 1.5 * wait(once)
    assert wait(daily(*[True] * 6)) < DAY / 2
    assert wait(daily(*[False] * 6), budget=Budget(demand=150, room=100)) > 5 * DAY
    assert wait(once, standing=Standing(site_share=0.5)) < wait(once)
    assert wait(once, standing=Standing(on_page=True)) < wait(once) * 0.6
    assert wait(once, outcome=Outcome.DELETED, failures=1) == DAY
    unreadable = wait(once, outcome=Outcome.BAD_CONTENT, failures=1)
    assert unreadable > wait(once, outcome=Outcome.SERVER_ERROR, failures=1)


@pytest.mark.parametrize(("risk", "hours"), [(RiskTier.HIGH, 12), (RiskTier.LOW, 48)])
def test_while_there_is_room_no_page_waits_longer_than_promised(risk: RiskTier, hours: int) -> None:
    never = daily(*[False] * 30)
    assert wait(never, risk) < hours * HOUR
    assert "至迟" in planned(never, risk).reason
    crowded = Budget(demand=400, room=100)
    assert wait(never, risk, budget=crowded) > hours * HOUR


def test_a_crowded_host_is_looked_at_less_often_risky_pages_last() -> None:
    ample, crowded = Budget(demand=50, room=100), Budget(demand=150, room=100)
    once = daily()
    assert wait(once, budget=ample) == wait(once)
    assert wait(once, budget=crowded) > 1.5 * wait(once)
    safe = wait(once, RiskTier.LOW, budget=crowded) / wait(once, RiskTier.LOW)
    grave = wait(once, RiskTier.HIGH, budget=crowded) / wait(once, RiskTier.HIGH)
    assert safe > grave


def test_the_reason_names_all_three() -> None:
    plan = planned(
        daily(True, False, False),
        RiskTier.HIGH,
        standing=Standing(site_share=0.12, on_page=True),
        budget=Budget(demand=150, room=100),
    )
    for words in ("风险高", "全站 12% 的页面有线索", "本页有线索", "3 次复查 1 次有变", "礼貌预算"):
        assert words in plan.reason
