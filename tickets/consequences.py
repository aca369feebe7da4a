"""What follows from an outcome besides the ticket's own way: penalties counted, notices to others,
rechecks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from domain.errors import NotFound
from domain.feedback import CaseOutcome
from domain.ids import derive_id
from domain.ports import Ids
from domain.tickets import Move, Remark, Ticket, TicketState
from storage.upsert import upsert
from tickets import assistance, ledger, outcomes, penalties, rechecks, tables
from tickets.assistance import Question
from tickets.calendar import civil_date
from tickets.desk import Desk
from tickets.ledger import Order
from tickets.offices import Office, OfficeKind
from tickets.outcome_routes import OutcomeRoute
from tickets.outcome_tables import outcome_notices
from tickets.outcomes import Recorded

ACTOR = "system"
_REVIEW = "police_review"
"""The clock in which a review may be asked for (clocks.yml)."""


def follow(tx: Connection, recorded: Recorded, *, desk: Desk, ids: Ids) -> None:
    """Bring about what the code and the routes of outcomes say; an outcome that was recorded before
    has brought it about already."""
    if not recorded.fresh:
        return
    code = desk.outcomes.get(recorded.outcome.code)
    if _police_decline_is_final(tx, recorded.ticket):
        take_back(
            tx, recorded.ticket.id, at=recorded.outcome.at, note="复议或监督后仍不立案", desk=desk
        )
    if code.recheck_days is not None:
        stated = recorded.outcome.particulars.until or civil_date(recorded.outcome.at)
        due = stated + timedelta(days=code.recheck_days)
        rechecks.schedule(tx, outcome=recorded.outcome, ticket=recorded.ticket, due=due)
    if code.penalty:
        office = desk.offices.get(recorded.outcome.office)
        unlicensed = not desk.handover.unlicensed.isdisjoint(recorded.ticket.types)
        penalty = penalties.of_outcome(
            tx, recorded.outcome, recorded.ticket, office, unlicensed=unlicensed
        )
        penalties.keep(tx, penalty)
    for route in desk.outcome_routes.of(recorded.outcome, recorded.ticket, desk.offices):
        for branch in route.to:
            _tell(tx, recorded, route, branch, desk=desk, ids=ids)


def take_back(tx: Connection, ticket_id: str, *, at: datetime, note: str, desk: Desk) -> None:
    """What the police will not take is the office's own to deal with (国令730 art. 10)."""
    order = Order(move=Move.REOPEN, actor=ACTOR, at=at, note=note)
    ledger.move(tx, ticket_id=ticket_id, order=order, desk=desk)


def left_with_police(tx: Connection, *, today: date) -> tuple[str, ...]:
    """Tickets that the police declined and that nobody asked to review in time."""
    ticket, clock = tables.tickets, tables.deadlines
    rows = tx.execute(
        select(ticket.c.id)
        .join(clock, clock.c.ticket_id == ticket.c.id)
        .where(
            ticket.c.state == TicketState.POLICE_DECLINED.value,
            clock.c.clock == _REVIEW,
            clock.c.ended.is_(None),
            clock.c.due < today,
        )
        .order_by(ticket.c.id)
    )
    return tuple(rows.scalars())


def _police_decline_is_final(tx: Connection, ticket: Ticket) -> bool:
    if ticket.state is not TicketState.POLICE_DECLINED:
        return False
    before = ledger.events(tx, ticket.id)[-2].state
    return before in (TicketState.POLICE_REVIEW, TicketState.FILING_SUPERVISED)


def _tell(
    tx: Connection,
    recorded: Recorded,
    route: OutcomeRoute,
    branch: OfficeKind,
    *,
    desk: Desk,
    ids: Ids,
) -> None:
    outcome, ticket = recorded.outcome, recorded.ticket
    try:
        office = desk.offices.responsible(branch, ticket.region)
    except NotFound:
        _note_unlisted(tx, recorded, route, branch)
        return
    if office.id == outcome.office:
        return
    code, stated = desk.outcomes.get(outcome.code), outcome.particulars
    decision = stated.decision_no or stated.target or stated.words
    key = derive_id("notice", ticket.id, route.id, outcome.code, decision, office.id)
    if not _is_first(tx, key, outcome, route, office):
        return
    told = "；".join(word for word in (code.title, outcomes.stated_words(code, stated)) if word)
    question = Question(
        kind=route.kind,
        asking=outcome.office,
        asked=office.id,
        words=f"{route.words}（{told}）",
    )
    assistance.send(
        tx,
        ticket=ticket,
        question=question,
        actor=outcome.actor,
        at=outcome.at,
        desk=desk,
        ids=ids,
    )


def _is_first(
    tx: Connection, key: str, outcome: CaseOutcome, route: OutcomeRoute, office: Office
) -> bool:
    """Whether the office has not been told of this decision by this route."""
    row = upsert(tx, outcome_notices).values(
        id=key, outcome_id=outcome.id, route=route.id, office=office.id
    )
    first = row.on_conflict_do_nothing().returning(outcome_notices.c.id)
    return tx.scalar(first) is not None


def _note_unlisted(
    tx: Connection, recorded: Recorded, route: OutcomeRoute, branch: OfficeKind
) -> None:
    """An organ that the list of offices does not know is to be told on paper."""
    ledger.remark(
        tx,
        ticket_id=recorded.ticket.id,
        remark=Remark.OUTCOME,
        actor=recorded.outcome.actor,
        at=recorded.outcome.at,
        note=f"名录没有 {branch} 类机关，须另行通报：{route.words}",
    )
