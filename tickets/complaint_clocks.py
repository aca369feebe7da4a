"""What is owed to reporters and by when: the decision to accept, word of the filing, the result."""

from __future__ import annotations

from datetime import date, datetime

from attrs import frozen
from sqlalchemy import Connection, select

from domain.tickets import TicketState
from tickets import complaints, ledger, tables
from tickets.calendar import civil_date
from tickets.complaints import Complaint, ComplaintState
from tickets.desk import Desk
from tickets.issue import OVER

_DECIDED = (TicketState.FILED, TicketState.NOT_FILED)


@frozen(kw_only=True)
class Owed:
    """One thing that a complaint waits for. `due` is 暂定 when `provisional`."""

    number: str
    source: str
    party: str
    what: str
    due: date
    provisional: bool
    overdue: bool


def owed(tx: Connection, *, desk: Desk, today: date) -> tuple[Owed, ...]:
    """Everything that is owed, the most urgent first."""
    found = [
        _owed(complaint, "accept_complaint", (complaint.due, complaint.provisional), desk, today)
        for complaint in complaints.all_in(tx, [ComplaintState.RECEIVED])
    ]
    for complaint in complaints.all_in(tx, [ComplaintState.TIED]):
        filed, closed = _moments(tx, complaint)
        if filed is not None and complaint.told_at is None:
            due = desk.clocks.term("tell_reporter", civil_date(filed))
            found.append(_owed(complaint, "tell_reporter", due, desk, today))
        if closed is not None:
            due = desk.clocks.term("result_to_reporter", civil_date(closed))
            found.append(_owed(complaint, "result_to_reporter", due, desk, today))
    return tuple(sorted(found, key=lambda one: (one.due, one.number)))


def _owed(complaint: Complaint, term: str, due: tuple[date, bool], desk: Desk, today: date) -> Owed:
    day, provisional = due
    return Owed(
        number=complaint.number,
        source=complaint.source.value,
        party=complaint.party,
        what=desk.clocks.terms[term].title,
        due=day,
        provisional=provisional,
        overdue=today > day,
    )


def _moments(tx: Connection, complaint: Complaint) -> tuple[datetime | None, datetime | None]:
    """When the first of its tickets was filed or not, and when the last of them was closed."""
    opened = ledger.of_clue(tx, complaint.clue_id or "")
    events = tables.ticket_events
    rows = tx.execute(
        select(events.c.state, events.c.at).where(
            events.c.owner_id.in_([ticket.id for ticket in opened])
        )
    ).all()
    decided = [at for state, at in rows if state in _DECIDED]
    closed = [at for state, at in rows if state == TicketState.CLOSED.value]
    all_over = bool(opened) and all(ticket.state in OVER for ticket in opened)
    return min(decided, default=None), max(closed, default=None) if all_over else None
