"""Traps, revisit times, pace and budgets of the frontier."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.frontier import leases, links, pace, reports, store
from crawlers.frontier.records import Found, HostLease, Visited
from crawlers.frontier.traps import TrapLimits, refusal, shape_of
from domain.errors import LeaseLost, NotFound
from domain.outcomes import Outcome
from domain.sources import RiskTier
from tests.crawling.loopback import START, Yard

SECOND = timedelta(seconds=1)


def found(*urls: str, source: str = "s") -> list[Found]:
    return [Found(url=url, source_id=source, priority=1) for url in urls]


def leased(yard: Yard, host: str, owner: str = "w") -> HostLease:
    with yard.frontier.write() as tx:
        (held,) = leases.lease(tx, owner=owner, now=START, limit=1, seconds=60)
    assert held.host == host
    return held


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://a.test/a/b/a/b/a/b/c.html", "重复"),
        ("http://a.test/1/2/3/4/5/6/7/8/9.html", "8 层"),
        ("http://a.test/l?a=1&b=2&c=3&d=4&e=5&f=6&g=7", "参数"),
        ("http://a.test/" + "x" * 2000, "2000"),
        ("http://a.test/x/photo.JPG", "不是网页"),
        ("http://a.test/swt/", "副作用"),
        ("http://a.test/search/adclick?id=3", "副作用"),
    ],
)
def test_traps_are_refused_with_a_reason(url: str, words: str) -> None:
    assert words in (refusal(url) or "")


@pytest.mark.parametrize(
    "url",
    ["http://a.test/", "http://a.test/a/xz/2019/0110/125.html", "http://a.test/plus/list.php?tid=3",
     "http://a.test/files/licence.pdf", "http://a.test/zl/list_3_2.html"],
)  # fmt: skip
def test_ordinary_addresses_are_not(url: str) -> None:
    assert refusal(url) is None


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_make_no_new_shape(first: int, second: int) -> None:
    shape = shape_of(f"http://a.test/cal/{first}?day={first}")
    assert shape == shape_of(f"http://a.test/cal/{second}?day={second}")


def test_shapes_and_sources_have_budgets(yard: Yard) -> None:
    limits = TrapLimits(per_shape=20, per_source=30)
    with yard.frontier.write() as tx:
        first = links.add(
            tx,
            found(*(f"http://a.test/c/{n}" for n in range(25))),
            now=START,
            reason="",
            limits=limits,
        )
        second = links.add(
            tx,
            found(*(f"http://a.test/d/{n}" for n in range(25))),
            now=START,
            reason="",
            limits=limits,
        )
    assert (first.added, first.refused) == (20, 5)
    assert (second.added, second.refused) == (10, 15)


@pytest.mark.parametrize(("gists", "visited"), [(["same"], 12), (["a", "b"], 50)])
def test_a_shape_that_says_nothing_new_is_closed(
    yard: Yard, gists: list[str], visited: int
) -> None:
    """A calendar: every page names other numbers and nothing else, and links to the next."""
    with yard.frontier.write() as tx:
        links.add(tx, found(*(f"http://a.test/c/{n}" for n in range(80))), now=START, reason="")
    held = leased(yard, "a.test")
    count = 0
    with yard.frontier.write() as tx:
        while visit := store.peek(tx, held, now=START):
            assert store.take(tx, visit)
            ended = Visited(
                visit=visit,
                outcome=Outcome.OK,
                at=START,
                risk=RiskTier.LOW,
                digest=str(count),
                gist=gists[count % len(gists)],
            )
            assert store.settle(tx, ended)
            count += 1
        more = links.add(tx, found("http://a.test/c/99", "http://a.test/e/1"), now=START, reason="")
        waiting = store.next_due(tx, "a.test")
        reasons = {reports.of_url(tx, f"http://a.test/c/{n}").reason for n in range(80)}
    assert count == visited
    assert (more.added, more.refused) == (1, 1)
    assert waiting == START
    assert any(reason.startswith("疑似陷阱") for reason in reasons)


def test_pages_that_say_something_keep_their_shape_open(yard: Yard) -> None:
    with yard.frontier.write() as tx:
        links.add(tx, found(*(f"http://a.test/c/{n}" for n in range(80))), now=START, reason="")
    held = leased(yard, "a.test")
    with yard.frontier.write() as tx:
        count = 0
        while visit := store.peek(tx, held, now=START):
            assert store.take(tx, visit)
            ended = Visited(
                visit=visit, outcome=Outcome.OK, at=START, risk=RiskTier.LOW, gist=str(count)
            )
            assert store.settle(tx, ended)
            count += 1
    assert count == 80


def test_one_request_at_a_time_to_hosts_of_one_address(yard: Yard) -> None:
    with yard.frontier.write() as tx:
        links.add(tx, found("http://a.test/", "http://b.test/"), now=START, reason="")
    with yard.frontier.write() as tx:
        one, two = leases.lease(tx, owner="w", now=START, limit=2, seconds=60)

        def reserve(held: HostLease, seconds: float) -> float | None:
            later = pace.reserve(
                tx,
                held,
                address="127.9.9.9",
                now=START + seconds * SECOND,
                terms=pace.Terms(delay=2 * SECOND, cap=100),
            )
            return None if later is None else (later - START).total_seconds()

        assert reserve(one, 0) is None
        assert reserve(two, 0) == 2
        assert reserve(two, 3) == 4, "the address is still in use"
        end = START + 5 * SECOND
        following = pace.free(tx, one.host, address="127.9.9.9", at=end, delay=2 * SECOND)
        assert following == START + 7 * SECOND + pace.MARGIN
        assert reserve(two, 7) == 7 + pace.MARGIN.total_seconds()
        assert reserve(two, 8) is None


def test_the_daily_cap_ends_at_midnight_in_china(yard: Yard) -> None:
    with yard.frontier.write() as tx:
        links.add(tx, found("http://a.test/"), now=START, reason="")
    held = leased(yard, "a.test")
    with yard.frontier.write() as tx:
        asks = [
            pace.reserve(
                tx,
                held,
                address="127.9.9.9",
                now=START + n * SECOND,
                terms=pace.Terms(delay=SECOND, cap=2),
            )
            for n in range(3)
        ]
    assert asks[:2] == [None, None]
    assert asks[2] is not None
    assert asks[2].astimezone(pace.CHINA).isoformat() == "2026-03-03T00:00:00+08:00"


def test_refusals_double_and_an_answer_forgives(yard: Yard) -> None:
    with yard.frontier.write() as tx:
        links.add(tx, found("http://a.test/"), now=START, reason="")

        def heed(outcome: Outcome) -> timedelta:
            until = pace.heed(tx, "a.test", outcome=outcome, at=START, wish=None)
            return timedelta(0) if until is None else until - START

        first, second = heed(Outcome.THROTTLED), heed(Outcome.DENIED)
        assert timedelta(seconds=60) <= first <= timedelta(seconds=72)
        assert timedelta(seconds=120) <= second <= timedelta(seconds=144)
        assert heed(Outcome.OK) == timedelta(0)
        assert heed(Outcome.THROTTLED) == first
        assert heed(Outcome.CAPTCHA) >= timedelta(hours=6)
        assert all(heed(Outcome.CAPTCHA) <= timedelta(days=7) for _ in range(20))
        wish = START + timedelta(hours=20)
        until = pace.heed(tx, "a.test", outcome=Outcome.OK, at=START, wish=wish)
        assert until is not None
        assert until >= wish


def test_a_lost_lease_writes_nothing(yard: Yard) -> None:
    with yard.frontier.write() as tx:
        links.add(tx, found("http://a.test/"), now=START, reason="")
    old = leased(yard, "a.test", "dead")
    with yard.frontier.write() as tx:
        visit = store.peek(tx, old, now=START)
        assert visit is not None
        assert store.take(tx, visit)
        assert leases.expire(tx, owner="dead") == 1
    leased(yard, "a.test", "living")
    with yard.frontier.write() as tx:
        ended = Visited(visit=visit, outcome=Outcome.OK, at=START, risk=RiskTier.LOW, digest="x")
        assert not store.settle(tx, ended)
        assert not store.take(tx, visit)
        assert not store.give_back(tx, visit)
        with pytest.raises(LeaseLost):
            leases.renew(tx, old, seconds=60)
        with pytest.raises(LeaseLost):
            leases.release(tx, old)
        with pytest.raises(LeaseLost):
            pace.reserve(
                tx,
                old,
                address="127.9.9.9",
                now=START,
                terms=pace.Terms(delay=SECOND, cap=9),
            )
        assert reports.conservation(tx).balanced


def test_why_explains_and_unknown_addresses_say_so(yard: Yard) -> None:
    with yard.frontier.write() as tx:
        links.add(tx, found("http://a.test/zt/1.html"), now=START, reason="页面上的链接")
        report = reports.of_url(tx, "http://A.test/zt/1.html#top")
        assert (report.reason, report.shape, report.next_due) == (
            "页面上的链接",
            "/zt/#.html",
            START,
        )
        with pytest.raises(NotFound):
            reports.of_url(tx, "http://a.test/other")
