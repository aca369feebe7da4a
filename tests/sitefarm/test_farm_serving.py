"""The running farm: hosts kept apart, conditional requests, the clock, the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sitefarm.clock import CivilClock, tick_of
from sitefarm.journal import Journal
from sitefarm.records import START, World
from sitefarm.world import build
from tests.sitefarm.conftest import RunningFarm

HOSPITAL = "gk.farm.test"
PUBLIC = "pub.farm.test"


@given(st.lists(st.tuples(st.floats(0, 1e5), st.integers(-10_000, 10_000))))
def test_the_clock_never_goes_back(steps: list[tuple[float, int]]) -> None:
    real = [0.0]
    clock = CivilClock(lambda: real[0])
    before = clock.now()
    assert before == START
    for elapsed, minutes in steps:
        real[0] += elapsed
        wanted = clock.now() + timedelta(minutes=minutes)
        reached = clock.advance(wanted)
        assert reached >= max(before, wanted)
        assert clock.now() == reached
        before = reached


def test_ticks_are_whole_civil_hours() -> None:
    assert tick_of(START) == 0
    assert tick_of(START + timedelta(minutes=59)) == 0
    assert tick_of(START + timedelta(hours=25)) == 25


def test_a_restarted_farm_goes_on_where_its_clock_was(dev: World, tmp_path: Path) -> None:
    later, latest = START + timedelta(hours=5), START + timedelta(hours=9)
    with Journal(tmp_path, dev) as journal:
        assert journal.civil == START
        journal.reached(later)
    with Journal(tmp_path, dev) as journal:
        assert journal.civil == later
        journal.record({"civil": latest.isoformat()})
    with (tmp_path / "server.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"civil": "torn')
    with Journal(tmp_path, dev) as journal:
        assert journal.civil == latest
        assert "torn" not in (tmp_path / "server.jsonl").read_text("utf-8")
    with Journal(tmp_path, build("another seed")) as journal:
        assert journal.civil == START
    assert (tmp_path / "server.jsonl").read_text("utf-8") == ""


def test_a_host_answers_only_on_its_own_address(farm: RunningFarm) -> None:
    assert farm.get(PUBLIC, "/").status == 200
    assert farm.get(PUBLIC, "/", at=HOSPITAL).status == 421
    assert farm.get("nobody.test", "/", at=PUBLIC).status == 421


def test_unknown_paths_are_soft_on_the_hospital_and_hard_elsewhere(farm: RunningFarm) -> None:
    soft = farm.get(HOSPITAL, "/nothing/here.html")
    assert soft.status == 200
    assert "不存在" in soft.body.decode("gb18030")
    assert farm.get(PUBLIC, "/nothing/here.html").status == 404


def test_a_known_tag_or_date_is_answered_with_304(farm: RunningFarm, dev: World) -> None:
    tags = dates = 0
    for path in list(dev.sites[PUBLIC].pages)[:40]:
        first = farm.get(PUBLIC, path)
        if tag := first.headers.get("etag"):
            tags += 1
            again = farm.get(PUBLIC, path, If_None_Match=tag)
            assert (again.status, again.body) == (304, b"")
            assert farm.get(PUBLIC, path, If_None_Match='"old"').status == 200
        if date := first.headers.get("last-modified"):
            dates += 1
            assert farm.get(PUBLIC, path, If_Modified_Since=date).status == 304
            early = "Mon, 01 Jan 2001 00:00:00 GMT"
            assert farm.get(PUBLIC, path, If_Modified_Since=early).status == 200
    assert tags > 5
    assert dates > 5


def test_old_addresses_redirect_within_the_host(farm: RunningFarm, dev: World) -> None:
    old, new = next(iter(dev.sites[HOSPITAL].redirects.items()))
    answer = farm.get(HOSPITAL, old)
    assert answer.status == 301
    assert answer.headers["location"] == f"http://{HOSPITAL}:{farm.port}{new}"


def test_robots_and_menu_are_served(farm: RunningFarm) -> None:
    assert b"Disallow: /plus/" in farm.get(HOSPITAL, "/robots.txt").body
    assert farm.get("salon.farm.test", "/robots.txt").status == 404
    menu = farm.get(HOSPITAL, "/commonJs/header.js").body.decode("gb18030")
    assert '<a href=\\"/kfal/\\">' in menu


def test_the_calendar_never_ends_but_takes_no_nonsense(farm: RunningFarm) -> None:
    assert b"y=2100&amp;m=1" in farm.get(PUBLIC, "/calendar?y=2099&m=12").body
    for query in ("", "?y=0&m=1", "?y=x&m=1", "?y=2026&m=13", "?y=%C2%B2&m=1"):
        assert farm.get(PUBLIC, "/calendar" + query).status == 404


def test_posts_are_refused_and_every_request_is_logged(farm: RunningFarm, dev: World) -> None:
    widget = next(iter(dev.widgets))
    asked = [
        (HOSPITAL, "/plus/feedback.php?aid=1", "GET", "robots_denied_path"),
        (widget, "/JS/LsJS.aspx?siteid=1", "GET", "widget"),
        (PUBLIC, "/calendar?y=2026&m=4", "GET", "trap"),
        (PUBLIC, "/", "POST", "method_refused"),
        (PUBLIC, "/", "GET", "content"),
        (PUBLIC, "/about/", "HEAD", "list"),
        (HOSPITAL, "/index.html", "GET", "duplicate"),
        (HOSPITAL, "/swt/", "GET", "status"),
        (HOSPITAL, "/style/wrap.css", "GET", "asset"),
    ]
    before = len(farm.log())
    for host, path, method, _ in asked:
        farm.get(host, path, method=method, Referer="http://r.test/")
    rows = farm.log()[before:]
    assert [(r["host"], r["path"], r["method"], r["decision"]) for r in rows] == asked
    assert {r["ua"] for r in rows} == {"MedAdMonitor/test"}
    assert {r["referer"] for r in rows} == {"http://r.test/"}
    assert [r["ip"] for r in rows] == [farm.addresses[host] for host, *_ in asked]


def test_the_admin_clock_jumps_ahead_and_pages_change_with_it(
    farm: RunningFarm, dev: World
) -> None:
    created = next(e for e in dev.events if e.op == "create" and e.host == PUBLIC)
    deleted = next(e for e in dev.events if e.op == "delete" and e.host == PUBLIC)
    assert farm.get(PUBLIC, created.path).status == 404
    assert farm.get(PUBLIC, deleted.path).status == 200
    until = START + timedelta(hours=max(created.tick, deleted.tick))
    now = datetime.fromisoformat(farm.clock(until.isoformat()))
    assert now >= until
    assert datetime.fromisoformat(farm.clock(START.isoformat())) >= now
    assert datetime.fromisoformat(farm.clock()) >= now
    assert farm.get(PUBLIC, created.path).status == 200
    assert farm.get(PUBLIC, deleted.path).status == 404
    assert farm.log()[-1]["tick"] >= max(created.tick, deleted.tick)
