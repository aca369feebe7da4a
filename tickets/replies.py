"""Replies of offices as spreadsheets: rows are matched to tickets and become moves, so that nobody
types an outcome twice. Our own form comes back, or an export of a case system."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, select

from domain.errors import CluewatchError, PermanentError
from domain.tickets import Move, ReturnReason, Ticket, TicketState, legal_moves, next_state
from tickets import ledger, tables
from tickets.desk import Desk
from tickets.ledger import Order
from tickets.reply_form import Reply, Result, result_of

_NOISE = re.compile(r"[^0-9A-Z]+")
_NAME_NOISE = re.compile(r"[\W_]+")
_TARGETS = {
    Result.ACCEPTED: TicketState.ACCEPTED,
    Result.RETURNED_JURISDICTION: TicketState.RETURNED,
    Result.RETURNED_MATERIAL: TicketState.RETURNED,
    Result.NOT_FILED: TicketState.NOT_FILED,
    Result.FILED: TicketState.FILED,
    Result.PENALISED: TicketState.PENALISED,
    Result.ORDERED: TicketState.ORDERED,
    Result.INTERVIEWED: TicketState.INTERVIEWED,
    Result.TO_POLICE: TicketState.TO_POLICE,
    Result.CLOSED: TicketState.CLOSED,
}
_REASONS = {
    Result.RETURNED_JURISDICTION: ReturnReason.JURISDICTION,
    Result.RETURNED_MATERIAL: ReturnReason.MATERIAL,
}
# What an office does on its own way; nothing here sends, takes back or contests.
_STEPS = frozenset(
    {
        Move.RECEIVE,
        Move.ACCEPT,
        Move.RETURN,
        Move.CHECK,
        Move.DECLINE,
        Move.FILE,
        Move.INVESTIGATE,
        Move.PENALISE,
        Move.TRANSFER_POLICE,
        Move.ORDER,
        Move.INTERVIEW,
        Move.CLOSE,
    }
)


@frozen(kw_only=True)
class ReplyOutcome:
    """What became of a row: the ticket's number and state now, or the error."""

    row: int
    ticket: str | None
    state: str | None
    changed: bool
    error: str | None


class Matcher:
    """Finds the ticket of a reply among those that reached one office.

    By number and delivery key in any writing (width, blanks, marks, lost zeros); where the two
    name different tickets, the accused party's name decides, or nobody.
    """

    def __init__(self, tx: Connection, office: str) -> None:
        ticket, part, delivery = tables.tickets, tables.assignments, tables.deliveries
        subject = tables.subjects
        rows = tx.execute(
            select(ticket.c.id, ticket.c.number, subject.c.name)
            .join(part, part.c.ticket_id == ticket.c.id)
            .join(subject, subject.c.id == ticket.c.subject_id)
            .where(part.c.office == office)
        ).all()
        keys = tx.execute(
            select(delivery.c.id, delivery.c.ticket_id).where(delivery.c.office == office)
        ).all()
        mine = {row.id for row in rows}
        self._names = {row.id: _name(row.name) for row in rows}
        self._numbers = {_number(row.number): row.id for row in rows}
        self._keys = {_code(key): ticket_id for key, ticket_id in keys if ticket_id in mine}

    def match(self, reply: Reply) -> str:
        """The ticket's id. Raises PermanentError when there is none or no telling which."""
        by_key = self._keys.get(_code(reply.key)) if reply.key else None
        by_number = self._numbers.get(_number(reply.number)) if reply.number else None
        found = {ticket_id for ticket_id in (by_key, by_number) if ticket_id is not None}
        if len(found) > 1:
            found = {i for i in found if self._names[i] == _name(reply.subject)}
        if len(found) != 1:
            raise PermanentError(
                f"编号“{reply.number}”（投递编号“{reply.key}”）不能对应到该机关的唯一一张工单"
            )
        return str(found.pop())


def apply(
    tx: Connection, found: Sequence[Reply], *, office: str, at: datetime, desk: Desk
) -> list[ReplyOutcome]:
    """Take in the replies of an office, each by itself: an error in one leaves the others alone.

    A reply that was taken in before changes nothing. Only the lead's replies move a ticket.
    """
    matcher = Matcher(tx, office)
    outcomes = []
    for reply in found:
        try:
            with tx.begin_nested():
                ticket = ledger.get(tx, matcher.match(reply))
                after = _apply(tx, ticket, reply, office=office, at=at, desk=desk)
        except CluewatchError as error:
            outcomes.append(
                ReplyOutcome(
                    row=reply.row, ticket=None, state=None, changed=False, error=str(error)
                )
            )
            continue
        outcomes.append(
            ReplyOutcome(
                row=reply.row,
                ticket=after.number,
                state=after.state.value,
                changed=after != ticket,
                error=None,
            )
        )
    return outcomes


def _apply(
    tx: Connection, ticket: Ticket, reply: Reply, *, office: str, at: datetime, desk: Desk
) -> Ticket:
    if ticket.lead != office:
        raise PermanentError("只有主办机关的回执可以推进工单", at=ticket.number)
    try:
        result = result_of(reply.result)
    except ValueError:
        known = "、".join(Result)
        raise PermanentError(
            f"办理结果“{reply.result}”无法识别，应为：{known}", at=ticket.number
        ) from None
    target = _TARGETS[result]
    if target in _states_since_sent(tx, ticket.id):
        return ticket
    for step in _way(ticket, target):
        last = next_state(ticket.state, step) is target
        order = Order(
            move=step,
            actor=reply.handler or desk.offices.get(office).name,
            at=at,
            note=reply.note if last else "依回执补记",
            reason=_REASONS[result] if step is Move.RETURN else None,
            signer=reply.signer,
        )
        ticket = ledger.move(tx, ticket_id=ticket.id, order=order, desk=desk)
    return ticket


def _states_since_sent(tx: Connection, ticket_id: str) -> set[TicketState]:
    """What the ticket went through since it was last sent: replies before that are history."""
    found: set[TicketState] = set()
    for event in ledger.events(tx, ticket_id):
        if event.state is TicketState.SENT:
            found.clear()
        found.add(event.state)
    return found


def _way(ticket: Ticket, target: TicketState) -> list[Move]:
    """The shortest way of an office to a state. Raises PermanentError when there is none."""
    queue: deque[tuple[TicketState, list[Move]]] = deque([(ticket.state, [])])
    seen = {ticket.state}
    while queue:
        state, way = queue.popleft()
        if state is target:
            return way
        for step in legal_moves(state):
            if step not in _STEPS:
                continue
            after = next_state(state, step)
            if after not in seen:
                seen.add(after)
                queue.append((after, [*way, step]))
    raise PermanentError(f"工单处于“{ticket.state}”，不能记为“{target}”", at=ticket.number)


def _code(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).upper())


def _number(text: str) -> str:
    """A printed number without what typing changes: marks, width, zeros before the sequence."""
    parts = re.findall(r"[0-9]+|[A-Z]+", unicodedata.normalize("NFKC", text).upper())
    letters = "".join(part for part in parts if part.isalpha())
    digits = [part for part in parts if part.isdigit()]
    if len(digits) == 1 and len(digits[0]) > 10:  # no marks left: year, division, sequence
        digits = [digits[0][:4], digits[0][4:10], digits[0][10:]]
    return "-".join([letters, *(str(int(part)) for part in digits)])


def _name(text: str) -> str:
    return _NAME_NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()
