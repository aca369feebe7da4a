"""Outcomes of tickets with coded reasons: checked by the table, made as moves, kept, once."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from datetime import datetime

from attrs import evolve, field, frozen
from sqlalchemy import Connection, Row, select

from domain.errors import IllegalMove
from domain.feedback import Bearing, CaseOutcome, Particulars
from domain.ids import derive_id
from domain.tickets import Move, Remark, Ticket, TicketState, legal_moves, next_state
from storage.records import from_json, to_json
from tickets import ledger, parts
from tickets import outcome_tables as tables
from tickets.desk import Desk
from tickets.ledger import Order
from tickets.outcome_codes import OutcomeCode
from tickets.persons import person_key

CODED = frozenset(
    {
        Move.FILE,
        Move.DECLINE,
        Move.PENALISE,
        Move.TRANSFER_POLICE,
        Move.ORDER,
        Move.INTERVIEW,
        Move.POLICE_FILE,
        Move.POLICE_DECLINE,
    }
)
"""Moves that say what became of the matter: a person makes them by giving an outcome."""

_UNREACHED = frozenset(
    {
        TicketState.AWAITING_APPROVAL,
        TicketState.RETURNED,
        TicketState.REASSIGNED,
        TicketState.DISPUTED,
        TicketState.RECALLED,
    }
)
_AT_WORK = frozenset(
    {
        TicketState.ACCEPTED,
        TicketState.CHECKING,
        TicketState.FILED,
        TicketState.INVESTIGATING,
        TicketState.SUSPENDED,
    }
)


@frozen(kw_only=True)
class Saying:
    """What an office says has become of a ticket: `code` and `reason` in its own words."""

    code: str
    office: str
    actor: str
    at: datetime
    reason: str = ""
    signer: str = ""
    particulars: Particulars = field(factory=Particulars)


@frozen(kw_only=True)
class Recorded:
    """The outcome and its ticket; `fresh` is false when it was recorded before."""

    outcome: CaseOutcome
    ticket: Ticket
    fresh: bool


def record(tx: Connection, *, ticket_id: str, saying: Saying, desk: Desk) -> Recorded:
    """Record an outcome: the ticket makes the moves that lead there, each noted and signed; what
    leads nowhere is noted where it stands. Saying the same again changes nothing.

    Raises PermanentError for an unknown code or reason, or wrong particulars; IllegalMove when the
    office may not say it, or the ticket's state has no way there.
    """
    ticket = ledger.get(tx, ticket_id)
    code = desk.outcomes.get(saying.code)
    reason = code.reason(saying.reason)
    stated = code.checked(saying.particulars)
    if stated.person:
        stated = evolve(stated, person=person_key(stated.person))
    sent, been = _since_sent(tx, ticket.id)
    title = reason.code if reason else ""
    outcome_id = derive_id("outcome", ticket.id, str(sent), code.code, title, to_json(stated))
    known = _find(tx, outcome_id)
    if known is not None:
        return Recorded(outcome=known, ticket=ticket, fresh=False)
    _check_office(tx, ticket, code, saying, desk)
    words = "；".join(w for w in (reason.title if reason else "", stated_words(code, stated)) if w)
    ticket = _make(tx, ticket, code, saying, words, desk=desk, been=been)
    outcome = CaseOutcome(
        id=outcome_id,
        ticket_id=ticket.id,
        sequence=ledger.events(tx, ticket.id)[-1].sequence,
        code=code.code,
        reason=title,
        bearing=(reason.bearing if reason else None) or code.bearing,
        office=saying.office,
        actor=saying.actor,
        at=saying.at,
        particulars=stated,
    )
    _keep(tx, outcome)
    return Recorded(outcome=outcome, ticket=ticket, fresh=True)


def of_ticket(tx: Connection, ticket_id: str) -> tuple[CaseOutcome, ...]:
    """The outcomes of a ticket, in order."""
    table = tables.outcomes
    rows = tx.execute(
        select(table).where(table.c.ticket_id == ticket_id).order_by(table.c.sequence)
    )
    return tuple(map(_outcome, rows))


def _check_office(
    tx: Connection, ticket: Ticket, code: OutcomeCode, saying: Saying, desk: Desk
) -> None:
    """The ticket's way is the lead's to go; measures are any office's that has got the case."""
    office = desk.offices.get(saying.office)
    if code.reaches is not None and office.id != ticket.lead:
        raise IllegalMove(f"只有主办机关可以记“{code.title}”，推进工单", at=ticket.number)
    if office.id not in {part.office for part in ticket.assignments}:
        raise IllegalMove(f"{office.name}不参与此工单", at=ticket.number)
    if office.id in parts.awaiting_opinion(tx, ticket.id):
        raise IllegalMove(f"{office.name}须待主办机关定性后处置", at=ticket.number)
    if not code.may_be_given_by(office):
        raise IllegalMove(f"{office.name}没有作出“{code.title}”的职权", at=ticket.number)


def _make(
    tx: Connection,
    ticket: Ticket,
    code: OutcomeCode,
    saying: Saying,
    words: str,
    *,
    desk: Desk,
    been: Collection[TicketState],
) -> Ticket:
    way = _way(ticket, code, been)
    if not way:
        if ticket.state in _UNREACHED:
            raise IllegalMove(f"工单处于“{ticket.state}”，不能记结果", at=ticket.number)
        note = f"{code.title}：{words}" if words else code.title
        return ledger.remark(
            tx,
            ticket_id=ticket.id,
            remark=Remark.OUTCOME,
            actor=saying.actor,
            at=saying.at,
            note=note,
        )
    for step in way:
        last = step is way[-1]
        order = Order(
            move=step,
            actor=saying.actor,
            at=saying.at,
            note=words if last else "依所报结果补记",
            reason=code.return_reason if step is Move.RETURN else None,
            office=saying.particulars.transfer_to if step is Move.TRANSFER else None,
            signer=saying.signer,
        )
        ticket = ledger.move(tx, ticket_id=ticket.id, order=order, desk=desk)
    return ticket


def _way(ticket: Ticket, code: OutcomeCode, been: Collection[TicketState]) -> list[Move]:
    """The shortest way to the code's state; empty when the ticket is there, was there since it was
    last sent, or needs no reopening. Raises IllegalMove when there is none."""
    target = code.reaches
    if target is None or ticket.state is target:
        return []
    queue: deque[tuple[TicketState, list[Move]]] = deque([(ticket.state, [])])
    seen = {ticket.state}
    while queue:
        state, way = queue.popleft()
        if state is target:
            return way
        for step in legal_moves(state):
            if step not in code.steps or step is Move.RESUME:
                continue
            after = next_state(state, step)
            if after not in seen:
                seen.add(after)
                queue.append((after, [*way, step]))
    if (target in been and not code.reopens) or (code.reopens and ticket.state in _AT_WORK):
        return []
    raise IllegalMove(f"工单处于“{ticket.state}”，不能记为“{code.title}”", at=ticket.number)


def _since_sent(tx: Connection, ticket_id: str) -> tuple[int, set[TicketState]]:
    """The entry by which the ticket was last sent, and what it went through since: what offices
    said before that is history."""
    sent, been = 0, set[TicketState]()
    for event in ledger.events(tx, ticket_id):
        if event.state is TicketState.SENT and TicketState.SENT not in been:
            sent = event.sequence
        if event.state in _UNREACHED:
            been.clear()
        been.add(event.state)
    return sent, been


def stated_words(code: OutcomeCode, stated: Particulars) -> str:
    """What the office says besides the code, in words; nothing that tells who a person is."""
    told = {name: value for name, value in stated.given().items() if name != "person"}
    return "；".join(
        str(value) if name == "words" else f"{code.label(name)}：{value}"
        for name, value in told.items()
    )


def _keep(tx: Connection, outcome: CaseOutcome) -> None:
    tx.execute(
        tables.outcomes.insert().values(
            id=outcome.id,
            ticket_id=outcome.ticket_id,
            sequence=outcome.sequence,
            code=outcome.code,
            reason=outcome.reason,
            bearing=outcome.bearing.value,
            office=outcome.office,
            actor=outcome.actor,
            at=outcome.at,
            particulars=to_json(outcome.particulars),
        )
    )


def _find(tx: Connection, outcome_id: str) -> CaseOutcome | None:
    table = tables.outcomes
    row = tx.execute(select(table).where(table.c.id == outcome_id)).one_or_none()
    return _outcome(row) if row is not None else None


def _outcome(row: Row[*tuple[object, ...]]) -> CaseOutcome:
    values = dict(row._mapping)
    return CaseOutcome(
        **{
            **values,
            "bearing": Bearing(row.bearing),
            "particulars": from_json(Particulars, row.particulars),
        }
    )
