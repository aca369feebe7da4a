"""Clocks and holds: when a ticket is due, and when its packages may leave."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.captures import SealStatus
from domain.errors import IllegalMove
from domain.tickets import Move, Opinion, Ticket, TicketState, legal_moves
from storage.database import Database
from tests.tickets.cases import ACCEPTED, AT, DESK, FILED, CountingIds, one_clue, opened, walk
from tickets import clues, deadlines, desk_notes, ledger, opinions, outbox
from tickets.issue import issue
from tickets.outbox import Hold
from tickets.summary import summary

NET = "990100-cyberspace"


def test_deadlines_by_hand(database: Database, ids: CountingIds) -> None:
    """15 working days to file; then 90 days to decide; a week to report after closing."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        assert [(d.clock, d.due) for d in ticket.deadlines] == [("filing", date(2026, 3, 23))]
        assert ticket.deadlines[0].source.endswith("（待核）")
        ticket = walk(tx, ticket, *FILED)
        assert [(d.clock, d.due) for d in ticket.deadlines] == [("decision", date(2026, 6, 1))]
        ticket = walk(tx, ticket, Move.INVESTIGATE, Move.PENALISE, Move.CLOSE)
        assert [(d.clock, d.due) for d in ticket.deadlines] == [
            ("feedback", date(2026, 3, 9)),
            ("publish", date(2026, 3, 30)),
        ]
        desk_notes.publish(tx, ticket_id=ticket.id, actor="甲", at=AT, desk=DESK, note="公示网")
        ticket = walk(tx, ticket, Move.REPORT, Move.ARCHIVE)
    assert not ticket.deadlines
    assert legal_moves(ticket.state) == (Move.REOPEN,)


def test_a_pause_does_not_count(database: Database, ids: CountingIds) -> None:
    """检验鉴定时间不计: five working days of suspension move the date by five."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        ticket = walk(tx, ticket, *ACCEPTED, Move.SUSPEND)
        late = AT + timedelta(days=400)
        assert not deadlines.readings(tx, today=late.date())
        ticket = walk(tx, ticket, Move.RESUME, at=datetime(2026, 3, 9, 1, 0, tzinfo=UTC))
    assert [(d.clock, d.due) for d in ticket.deadlines] == [("filing", date(2026, 3, 30))]


def test_beyond_the_calendar_is_provisional(database: Database, ids: CountingIds) -> None:
    """暂定: a term that reaches a year without a published notice says so."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
        at = datetime(2026, 12, 22, 1, 0, tzinfo=UTC)
        (ticket,) = issue(tx, clue=clue, desk=DESK, ids=ids, at=at, automatic=True)
    assert ticket.deadlines[0].provisional


@pytest.mark.parametrize(
    ("today", "flag", "overdue"),
    [
        (date(2026, 3, 11), 0, False),
        (date(2026, 3, 13), 50, False),
        (date(2026, 3, 19), 80, False),
        (date(2026, 3, 23), 100, False),
        (date(2026, 3, 24), 100, True),
    ],
)
def test_warnings(
    database: Database, ids: CountingIds, today: date, flag: int, overdue: bool
) -> None:
    """50, 80 and 100 percent of the term; overdue once the last day has passed."""
    with database.write() as tx:
        opened(tx, ids)
        (reading,) = deadlines.readings(tx, today=today, at_least=0)
        assert (reading.flag, reading.overdue) == (flag, overdue)
        assert len(deadlines.readings(tx, today=today)) == (1 if flag else 0)
        assert summary(tx, today=today).overdue == int(overdue)
        assert not deadlines.readings(tx, today=today, at_least=0, office=NET)


def _hold(tx: Connection, ticket: Ticket, office: str) -> Hold:
    (found,) = {d.hold for d in outbox.of_ticket(tx, ticket.id) if d.office == office}
    return found


def test_cyberspace_waits_for_opinion_and_proof(database: Database, ids: CountingIds) -> None:
    """网信 acts on characterised content with complete proof, in whichever order they come."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        assert _hold(tx, ticket, NET) is Hold.OPINION
        assert _hold(tx, ticket, ticket.lead) is Hold.SEALING
        assert opinions.latest(tx, ticket.id) is None
        with pytest.raises(IllegalMove, match="不能定性"):
            _characterise(tx, ticket)
        walk(tx, ticket, *ACCEPTED)
        _characterise(tx, ticket)
        assert _hold(tx, ticket, NET) is Hold.PROOF
        clues.set_seal(tx, clue_id=ticket.clue_id, seal=SealStatus.INCOMPLETE)
        assert _hold(tx, ticket, ticket.lead) is Hold.FREE
        assert _hold(tx, ticket, NET) is Hold.PROOF
        clues.set_seal(tx, clue_id=ticket.clue_id, seal=SealStatus.SEALED)
        assert _hold(tx, ticket, NET) is Hold.FREE
        given = opinions.latest(tx, ticket.id)
        assert given is not None
        assert (given.number, given.signer) == ("示市监定〔2026〕1号", "甲")
        assert ledger.get(tx, ticket.id).state is TicketState.ACCEPTED
        assert not ledger.verify_events(tx, ticket.id)


def test_a_sealed_clue_needs_only_the_opinion(database: Database, ids: CountingIds) -> None:
    """With the proof complete, the opinion alone releases the copy."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
        clues.set_seal(tx, clue_id=clue.id, seal=SealStatus.SEALED)
        (ticket,) = issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=True)
        assert _hold(tx, ticket, ticket.lead) is Hold.FREE
        walk(tx, ticket, *ACCEPTED)
        _characterise(tx, ticket)
        assert _hold(tx, ticket, NET) is Hold.FREE


def _characterise(tx: Connection, ticket: Ticket) -> None:
    given = Opinion(number="示市监定〔2026〕1号", words="属于违法广告", signer="甲", at=AT)
    opinions.characterise(tx, ticket_id=ticket.id, opinion=given)


def test_recall_stops_what_has_not_left(database: Database, ids: CountingIds) -> None:
    """撤回 holds every package that is still here."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        walk(tx, ticket, Move.RECALL)
        clues.set_seal(tx, clue_id=ticket.clue_id, seal=SealStatus.SEALED)
        assert {d.hold for d in outbox.of_ticket(tx, ticket.id)} == {Hold.RECALLED}
