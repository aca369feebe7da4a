"""Tickets: opened from clues, moved by the table, with a history that cannot be altered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.clues import ClueState, SubjectKind
from domain.errors import IllegalMove, NotFound, RetryableError
from domain.findings import Family
from domain.tickets import Move, OfficeRole, ReturnReason, Ticket, TicketState, legal_moves
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
    subject,
    walk,
)
from tickets import clues, history, ledger, outbox, tables, worklist
from tickets.clue_moves import ClueMove, clue_move
from tickets.desk import Desk
from tickets.issue import issue
from tickets.summary import summary
from tickets.worklist import ClueFilter, TicketFilter

LEADS = ("990100-health", "990100-market-supervision", "990100-public-security")


def test_a_clue_becomes_tickets(database: Database, ids: CountingIds, desk: Desk) -> None:
    """One ticket per family in one case group; a second issue changes nothing."""
    with database.write() as tx:
        salon = subject("示范美容院", kind=SubjectKind.BEAUTY_SALON)
        clue = one_clue(tx, ids, "beauty_salon_medical", "cure_rate", who=salon)
        found = issue(tx, clue=clue, desk=desk, ids=ids, at=AT, automatic=True)
        again = issue(tx, clue=clue, desk=desk, ids=ids, at=AT, automatic=True)
        assert clues.get(tx, clue.id).state is ClueState.ISSUED
        assert worklist.count_clues(tx, ClueFilter(offices=frozenset({"990100-health"}))) == 1
    assert found == again
    assert [(t.family, t.lead) for t in found] == [
        (Family.ADVERTISING, "990100-market-supervision"),
        (Family.PRACTICE, "990100-health"),
    ]
    assert found[0].types == ("beauty_salon_medical", "cure_rate")
    assert len({t.case_group for t in found}) == 1
    assert [t.number for t in found] == ["GD-2026-990100-000001", "GD-2026-990100-000002"]


def test_open_cases_of_a_subject_share_a_group(database: Database, ids: CountingIds) -> None:
    """一案多查: a new clue joins the subject's open case; after closing, a new group begins."""
    with database.write() as tx:
        (first,) = opened(tx, ids, page="d1")
        (second,) = opened(tx, ids, page="d2")
        for ticket in (first, second):
            walk(tx, ticket, Move.RECALL)
        (third,) = opened(tx, ids, page="d3")
        assert [t.id for t in ledger.of_case(tx, first.case_group)] == [first.id, second.id]
    assert first.case_group == second.case_group != third.case_group


def test_a_dismissed_clue_is_not_issued(database: Database, ids: CountingIds) -> None:
    """误报关闭 is final here."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
        for step in (ClueMove.REVIEW, ClueMove.DISMISS):
            clue_move(tx, clue_id=clue.id, move=step, actor="甲", at=AT)
        with pytest.raises(IllegalMove, match="误报关闭"):
            issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=True)


def test_approval_comes_first_unless_automatic(database: Database, ids: CountingIds) -> None:
    """待审批: no clock runs and nothing is queued until somebody approves."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids, automatic=False)
        assert ticket.state is TicketState.AWAITING_APPROVAL
        assert not ticket.deadlines
        assert not outbox.of_ticket(tx, ticket.id)
        ticket = walk(tx, ticket, Move.APPROVE)
        queued = outbox.of_ticket(tx, ticket.id)
    assert ticket.state is TicketState.SENT
    assert [d.clock for d in ticket.deadlines] == ["filing"]
    assert {d.office for d in queued} == {a.office for a in ticket.assignments}


@given(data=st.data(), length=st.integers(0, 14))
@settings(max_examples=40, deadline=None)
def test_any_history_is_legal_and_verifies(data: st.DataObject, length: int) -> None:
    """Random moves, legal and not: the state follows the table alone, an illegal move changes
    nothing, a suspension remembers where it came from, and the chain verifies."""
    with empty() as tx:
        (ticket,) = opened(tx, CountingIds(), automatic=data.draw(st.booleans()))
        made = 0
        for day in range(length):
            allowed = legal_moves(ticket.state)
            step = data.draw(st.sampled_from(allowed) if allowed else st.sampled_from(Move))
            if data.draw(st.integers(0, 4)) == 0:
                step = data.draw(st.sampled_from(Move))
            office = data.draw(st.sampled_from(LEADS)) if step in ledger.NAMING else None
            reason = data.draw(st.sampled_from(ReturnReason)) if step is Move.RETURN else None
            refuses = step is Move.TRANSFER or reason is ReturnReason.JURISDICTION
            at = AT + timedelta(days=day)
            try:
                wanted = order(step, at=at, office=office, reason=reason)
                moved = ledger.move(tx, ticket_id=ticket.id, order=wanted, desk=DESK)
            except IllegalMove:
                assert step not in allowed or (refuses and ticket.designated)
                assert ledger.get(tx, ticket.id) == ticket
                continue
            assert step in allowed
            made += 1
            assert moved.refusals == ticket.refusals + int(refuses)
            if refuses:
                assert (moved.state is TicketState.DISPUTED) == (ticket.refusals > 0)
            if step in ledger.NAMING and moved.state is not TicketState.DISPUTED:
                assert moved.lead == office
            assert moved.designated == (ticket.designated or step is Move.DESIGNATE)
            if step is Move.SUSPEND:
                assert moved.suspended_from is ticket.state
            if step is Move.RESUME:
                assert moved.state is ticket.suspended_from
                assert moved.suspended_from is None
            assert sum(a.role is OfficeRole.LEAD for a in moved.assignments) == 1
            ticket = moved
        events = ledger.events(tx, ticket.id)
        assert len(events) == made + 1
        assert events[-1].state is ticket.state
        assert not ledger.verify_events(tx, ticket.id)


@pytest.mark.parametrize("change", ["note", "delete", "state", "reorder"])
def test_tampering_is_found(database: Database, ids: CountingIds, change: str) -> None:
    """An altered, removed or swapped event, or a state set by hand, is reported."""
    events = tables.ticket_events
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        walk(tx, ticket, *ACCEPTED)
        assert not ledger.verify_events(tx, ticket.id)
        if change == "note":
            tx.execute(events.update().where(events.c.sequence == 1).values(note="改"))
        elif change == "delete":
            tx.execute(events.delete().where(events.c.sequence == 2))
        elif change == "state":
            tx.execute(tables.tickets.update().values(state=TicketState.ARCHIVED.value))
        else:
            for old, new in ((1, 9), (2, 1), (9, 2)):
                tx.execute(events.update().where(events.c.sequence == old).values(sequence=new))
        assert ledger.verify_events(tx, ticket.id)


def test_two_actors_cannot_move_at_once(database: Database, ids: CountingIds) -> None:
    """Who read an older head is told to try again, and nothing is written."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        head = ledger.events(tx, ticket.id)[-1].digest
        walk(tx, ticket, Move.RECEIVE)
        entry = history.Entry(
            owner_id=ticket.id, sequence=1, at=AT, actor="乙", move="return", state="退回"
        )
        with pytest.raises(RetryableError):
            history.append(tx, tables.tickets, tables.ticket_events, entry, previous=head)
        assert ledger.get(tx, ticket.number).state is TicketState.RECEIVED
        assert not ledger.verify_events(tx, ticket.id)


def test_reassignment_names_the_new_lead(database: Database, ids: CountingIds) -> None:
    """退回 → 改派 → 已移送: the clock of the new lead's branch runs and it gets a package."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        ticket = walk(tx, ticket, Move.RECEIVE, Move.RETURN)
        assert not ticket.deadlines
        with pytest.raises(IllegalMove, match="须指明"):
            walk(tx, ticket, Move.REASSIGN)
        with pytest.raises(NotFound, match="nowhere"):
            _reassign(tx, ticket, "nowhere")
        ticket = walk(tx, _reassign(tx, ticket, "990100-health"), Move.APPROVE)
        offices = [d.office for d in outbox.of_ticket(tx, ticket.id)]
    assert ticket.lead == "990100-health"
    assert [d.clock for d in ticket.deadlines] == ["written_reply"]
    assert offices.count("990100-health") == 2  # once as a copy, once as the lead
    assert offices.count("990100-cyberspace") == 1


def _reassign(tx: Connection, ticket: Ticket, office: str) -> Ticket:
    wanted = order(Move.REASSIGN, office=office)
    return ledger.move(tx, ticket_id=ticket.id, order=wanted, desk=DESK)


def test_lists_and_counts(database: Database, ids: CountingIds) -> None:
    """An office sees the tickets in which it takes part; the summary counts leads."""
    with database.write() as tx:
        (one,) = opened(tx, ids, "cure_rate", page="d1")
        (two,) = opened(tx, ids, "unlicensed_practice", page="d2")
        walk(tx, two, Move.RECEIVE)
        health = frozenset({"990100-health"})
        both = worklist.tickets(tx, TicketFilter(offices=health))
        assert [t.id for t in both.entries] == [two.id, one.id]
        led = TicketFilter(offices=health, role=OfficeRole.LEAD)
        assert [t.id for t in worklist.tickets(tx, led).entries] == [two.id]
        first = worklist.tickets(tx, TicketFilter(), limit=1)
        rest = worklist.tickets(tx, TicketFilter(), limit=1, after=first.after)
        assert (first.entries[0].id, rest.entries[0].id, rest.after) == (two.id, one.id, None)
        assert worklist.count_tickets(tx, TicketFilter(state=TicketState.SENT)) == 1
        assert worklist.count_tickets(tx, TicketFilter(family=Family.PRACTICE)) == 1
        assert worklist.count_tickets(tx, TicketFilter(region="990000")) == 2
        assert worklist.count_tickets(tx, TicketFilter(offices=frozenset())) == 0
        counts = summary(tx, today=AT.date())
    assert (counts.clues, counts.tickets) == (2, 2)
    assert {(c.type, c.state, c.count) for c in counts.clues_by_type} == {
        ("cure_rate", ClueState.ISSUED, 1),
        ("unlicensed_practice", ClueState.ISSUED, 1),
    }
    assert {(c.office, c.state, c.count) for c in counts.tickets_by_office} == {
        ("990100-market-supervision", TicketState.SENT, 1),
        ("990100-health", TicketState.RECEIVED, 1),
    }
