"""Clocks over whole histories: pauses, extensions, and holidays that are published later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.errors import ConfigError, IllegalMove
from domain.tickets import Move, Ticket
from storage.database import Database
from tests.tickets.cases import (
    ACCEPTED,
    AT,
    DESK,
    CountingIds,
    empty,
    one_clue,
    opened,
    order,
    walk,
)
from tickets import deadlines, extensions, ledger, reckoning
from tickets.calendar import civil_date, load_calendar
from tickets.clocks import load_clocks
from tickets.desk import Desk
from tickets.issue import issue

_2027 = """years:
  - {year: 2026, notice: 甲, rest: [2026-10-01/2026-10-07], work: []}
  - {year: 2027, notice: 乙, rest: [2027-01-01/2027-01-03, 2027-01-04], work: [2027-01-09]}
"""


def _due_by_counting(start: date, term: int, pauses: list[tuple[date, date]]) -> date:
    """Day by day: a working day counts unless the ticket was suspended over it."""
    day, left = start, term
    while left:
        day += timedelta(days=1)
        idle = any(since < day <= until for since, until in pauses)
        left -= int(DESK.clocks.calendar.is_working(day) and not idle)
    return day


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), max_size=4),
    st.integers(0, 4),
)
@settings(max_examples=40, deadline=None)
def test_any_history_reckons_like_counting(gaps: list[tuple[int, int]], extend_at: int) -> None:
    """Suspensions of any length in any number, an extension anywhere among them: the deadline is
    what counting day by day gives, and reckoning again changes nothing."""
    with empty() as tx:
        (ticket,) = opened(tx, CountingIds())
        ticket = walk(tx, ticket, *ACCEPTED)
        at, pauses, term = AT, [], 15
        for index, (work, rest) in enumerate(gaps):
            if index == extend_at:
                ticket, term = _extend(tx, ticket, at), 30
            since, at = at + timedelta(days=work), at + timedelta(days=work + rest)
            ticket = walk(tx, ticket, Move.SUSPEND, at=since)
            ticket = walk(tx, ticket, Move.RESUME, at=at)
            pauses.append((civil_date(since), civil_date(at)))
        assert ticket.deadlines[0].due == _due_by_counting(civil_date(AT), term, pauses)
        assert not deadlines.reckon(tx, ticket_id=ticket.id, clocks=DESK.clocks)
        assert not ledger.verify_events(tx, ticket.id)


def _extend(tx: Connection, ticket: Ticket, at: datetime) -> Ticket:
    extensions.ask(
        tx, ticket_id=ticket.id, clock="filing", reason="案情复杂", actor="甲", at=at, desk=DESK
    )
    return extensions.answer(
        tx, ticket_id=ticket.id, clock="filing", granted=True, actor="乙", at=at, desk=DESK
    )


def test_more_time_needs_another_persons_yes(database: Database, ids: CountingIds) -> None:
    """延期: one request at a time, not by the asker's own leave, once, and on a running clock."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)

        def ask(clock: str = "filing") -> None:
            extensions.ask(
                tx, ticket_id=ticket.id, clock=clock, reason="复杂", actor="甲", at=AT, desk=DESK
            )

        def answer(actor: str, *, granted: bool = True) -> Ticket:
            return extensions.answer(
                tx,
                ticket_id=ticket.id,
                clock="filing",
                granted=granted,
                actor=actor,
                at=AT,
                desk=DESK,
            )

        with pytest.raises(IllegalMove, match="没有等待批准"):
            answer("乙")
        with pytest.raises(IllegalMove, match="没有在走"):
            ask("decision")
        ask()
        with pytest.raises(IllegalMove, match="已有延期申请"):
            ask()
        with pytest.raises(IllegalMove, match="申请人以外"):
            answer("甲")
        assert answer("乙", granted=False).deadlines[0].due == date(2026, 3, 23)
        ask()
        assert answer("乙").deadlines[0].due == date(2026, 4, 14)  # 04-06 is a holiday's last day
        with pytest.raises(IllegalMove, match="不得再延"):
            ask()


def test_published_holidays_make_it_certain(
    database: Database, ids: CountingIds, tmp_path: Path
) -> None:
    """暂定 until the notice; then reckoned anew by an event, once."""
    path = tmp_path / "calendar.yml"
    path.write_text(_2027, "utf-8")
    published = evolve(DESK, clocks=load_clocks(load_calendar(path)))
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
        at = datetime(2026, 12, 14, 1, 0, tzinfo=UTC)
        (ticket,) = issue(tx, clue=clue, desk=DESK, ids=ids, at=at, automatic=True)
        before = ticket.deadlines[0]
        assert (before.due, before.provisional) == (date(2027, 1, 4), True)
        assert not _reckon(tx, DESK)
        (moved,) = _reckon(tx, published)
        assert (moved.old, moved.due, moved.provisional) == (before.due, date(2027, 1, 6), False)
        assert not _reckon(tx, published)
        event = ledger.events(tx, ticket.id)[-1]
        assert (event.move, "2027-01-06" in event.note) == ("reckon", True)
        assert ledger.get(tx, ticket.id).deadlines[0].due == date(2027, 1, 6)


def _reckon(tx: Connection, desk: Desk) -> tuple[deadlines.Moved, ...]:
    return reckoning.reckon_provisional(tx, desk=desk, actor="甲", at=AT)


def test_a_dispute_has_its_own_clock(database: Database, ids: CountingIds) -> None:
    """Seven working days to agree; the designation ends it."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        ticket = walk(tx, ticket, Move.RETURN)
        back = order(Move.REASSIGN, office="990100-health")
        ticket = ledger.move(tx, ticket_id=ticket.id, order=back, desk=DESK)
        ticket = walk(tx, ticket, Move.APPROVE, Move.RETURN)
        assert [(d.clock, d.due) for d in ticket.deadlines] == [("dispute", date(2026, 3, 11))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clocks: []\nterms: []\n", "缺少时限"),
        ("clocks: []\nterms: [{id: a, title: t, term: 0, unit: days, source: s}]\n", "term"),
    ],
)
def test_wrong_clock_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    """A term that the program asks for, or a term without length, stops the load."""
    path = tmp_path / "c.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=message):
        load_clocks(DESK.clocks.calendar, path)
