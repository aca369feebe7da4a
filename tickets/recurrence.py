"""An advertisement that comes back after closure (再犯), and what the repeat rules count."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen
from sqlalchemy import Connection, func, select, update

from domain.captures import SealStatus
from domain.clues import Clue, ClueState
from domain.ports import Ids
from domain.tickets import Ticket, TicketState
from tickets import issue, ledger, penalties, subjects, tables
from tickets.calendar import civil_date
from tickets.desk import Desk
from tickets.offices import OfficeKind

GRAVE_YEARS = 2
GRAVE_PENALTIES = 3


@frozen(kw_only=True)
class Repeats:
    """What a subject did before: how often an advertisement came back, its penalties within two
    years, and its penalties for practising without right, whenever and wherever."""

    recurrences: int
    penalties: int
    practice_penalties: int

    @property
    def consequences(self) -> tuple[str, ...]:
        """What the law says of it, in words (AD 55); what makes it a crime is `handovers`'."""
        if self.penalties < GRAVE_PENALTIES:
            return ()
        return (f"两年内已受处罚 {self.penalties} 次，符合“两年内三次以上”的从重情形",)


def came_back(tx: Connection, clue: Clue, *, seen_at: datetime) -> bool:
    """Whether the clue's words were seen after every office had finished with it.

    A recalled ticket closes nothing: only what was closed (办结) can be repeated.
    """
    if clue.state is not ClueState.ISSUED:
        return False
    opened = ledger.of_clue(tx, clue.id)
    if any(ticket.state not in issue.OVER for ticket in opened):
        return False
    closed = _last_closed(tx, [ticket.id for ticket in opened])
    return closed is not None and seen_at > closed


def reopen(
    tx: Connection, *, clue: Clue, desk: Desk, ids: Ids, at: datetime, automatic: bool, actor: str
) -> list[Ticket]:
    """Open another set of tickets for a clue that came back; its proof is to be sealed anew."""
    subjects.lock(tx, clue.subject.id)
    times = max(ticket.recurrence for ticket in ledger.of_clue(tx, clue.id)) + 1
    tx.execute(
        update(tables.clues)
        .where(tables.clues.c.id == clue.id)
        .values(seal=SealStatus.PENDING.value)
    )
    return issue.open_all(
        tx,
        clue=clue,
        desk=desk,
        ids=ids,
        at=at,
        automatic=automatic,
        actor=actor,
        recurrence=times,
    )


def repeats(tx: Connection, subject_id: str, *, at: datetime) -> Repeats:
    """What the repeat rules count for a subject at a moment."""
    ticket = tables.tickets
    day = civil_date(at)
    ever = penalties.against(tx, subjects.get(tx, subject_id), before=day + timedelta(days=1))
    recent = [p for p in ever if p.decided_on >= penalties.years_before(day, GRAVE_YEARS)]
    practice = penalties.of(ever, branches=[OfficeKind.HEALTH], unlicensed=True)
    per_clue = (
        select(func.max(ticket.c.recurrence).label("times"))
        .where(ticket.c.subject_id == subject_id)
        .group_by(ticket.c.clue_id)
        .subquery()
    )
    recurrences = tx.execute(select(func.coalesce(func.sum(per_clue.c.times), 0))).scalar_one()
    return Repeats(
        recurrences=int(recurrences),
        penalties=len(recent),
        practice_penalties=len(practice),
    )


def _last_closed(tx: Connection, ticket_ids: list[str]) -> datetime | None:
    event = tables.ticket_events
    moments = tx.execute(
        select(event.c.at).where(
            event.c.owner_id.in_(ticket_ids), event.c.state == TicketState.CLOSED.value
        )
    ).scalars()
    return max(moments, default=None)
