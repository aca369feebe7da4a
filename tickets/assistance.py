"""Requests and notices between offices (协查, 认定, 检验, 通报): tickets of their own kind, with a
question, a form for the answer, and a clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from attrs import frozen
from sqlalchemy import Connection, Row, func, or_, select, update

from domain.errors import IllegalMove, NotFound
from domain.ports import Ids
from domain.tickets import Move, OfficeRole, Remark, Ticket, TicketState, legal_moves
from tickets import ledger, outbox, tables
from tickets.calendar import civil_date
from tickets.desk import Desk
from tickets.issue import OVER
from tickets.ledger import Order
from tickets.numbers import ASSISTANCE_SERIES, next_number
from tickets.outbox import DeliveryKind
from tickets.request_forms import FORMS, TITLES, AssistanceKind


class AssistanceState(StrEnum):
    """Where a request stands."""

    ASKED = "待答复"
    ANSWERED = "已答复"
    DECLINED = "已退回"


@frozen(kw_only=True)
class Assistance:
    """A request that an office of a ticket makes of another office. `answer` follows the form."""

    id: str
    number: str
    ticket_id: str
    kind: AssistanceKind
    asking: str
    asked: str
    question: str
    asked_at: datetime
    due: date
    provisional: bool
    state: AssistanceState
    answer: dict[str, str]
    answered_at: datetime | None


@frozen(kw_only=True)
class Question:
    """What an office of a ticket asks of another office."""

    kind: AssistanceKind
    asking: str
    asked: str
    words: str


def ask(
    tx: Connection,
    *,
    ticket_id: str,
    question: Question,
    actor: str,
    at: datetime,
    desk: Desk,
    ids: Ids,
) -> Assistance:
    """Send a request. A test suspends the ticket, because its time does not count (挂起).

    Raises IllegalMove when the asking office has no part in the ticket, asks itself or asks
    nothing, or when the ticket is over or not yet sent.
    """
    ticket = ledger.get(tx, ticket_id)
    _check(ticket, question)
    return send(tx, ticket=ticket, question=question, actor=actor, at=at, desk=desk, ids=ids)


def send(
    tx: Connection,
    *,
    ticket: Ticket,
    question: Question,
    actor: str,
    at: datetime,
    desk: Desk,
    ids: Ids,
) -> Assistance:
    """Send a request whatever state the ticket is in, as what follows from an outcome is sent."""
    office = desk.offices.get(question.asked)
    request = _open(tx, ticket, question, at=at, desk=desk, ids=ids)
    note = f"{request.number} 请{office.name}{TITLES[request.kind]}：{request.question}"
    ledger.remark(tx, ticket_id=ticket.id, remark=Remark.ASK_OFFICE, actor=actor, at=at, note=note)
    if request.kind is AssistanceKind.TEST:
        _move_if_legal(tx, ticket, Move.SUSPEND, actor=actor, at=at, desk=desk, note=request.number)
    outbox.add(
        tx,
        ticket_id=ticket.id,
        number=request.number,
        office=office.id,
        role=OfficeRole.ASSIST,
        kind=DeliveryKind.REQUEST,
        reference=request.id,
        at=at,
    )
    return request


def answer(
    tx: Connection,
    reference: str,
    *,
    form: Mapping[str, str],
    actor: str,
    at: datetime,
    desk: Desk,
) -> Assistance:
    """Answer a request. Raises IllegalMove unless the form is complete and nothing else is in it.

    The last test that is answered resumes the ticket that it suspended.
    """
    request = get(tx, reference)
    wanted = set(FORMS[request.kind])
    given = {name for name, value in form.items() if value.strip()}
    if given != wanted:
        wrong = "、".join(sorted(wanted ^ given))
        raise IllegalMove(f"答复须且只须填写规定各项，有误的是：{wrong}", at=request.number)
    words = "；".join(f"{name}：{form[name]}" for name in FORMS[request.kind])
    return _settle(
        tx, request, AssistanceState.ANSWERED, dict(form), words, actor=actor, at=at, desk=desk
    )


def decline(
    tx: Connection, reference: str, *, reason: str, actor: str, at: datetime, desk: Desk
) -> Assistance:
    """Send a request back with a reason. Raises IllegalMove without one."""
    request = get(tx, reference)
    if not reason.strip():
        raise IllegalMove("退回须说明理由", at=request.number)
    return _settle(
        tx,
        request,
        AssistanceState.DECLINED,
        {"退回理由": reason},
        f"退回：{reason}",
        actor=actor,
        at=at,
        desk=desk,
    )


def get(tx: Connection, reference: str) -> Assistance:
    """The request with this id or printed number. Raises NotFound."""
    table = tables.assistance
    wanted = select(table).where(or_(table.c.id == reference, table.c.number == reference))
    row = tx.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(f"没有协助请求 {reference}")
    return _assistance(row)


def waiting(tx: Connection, *, asked: str | None = None) -> tuple[Assistance, ...]:
    """Requests without an answer, the most urgent first; of one office, or of all."""
    table = tables.assistance
    wanted = select(table).where(table.c.state == AssistanceState.ASKED.value)
    if asked is not None:
        wanted = wanted.where(table.c.asked == asked)
    return tuple(map(_assistance, tx.execute(wanted.order_by(table.c.due, table.c.number))))


def of_ticket(tx: Connection, ticket_id: str) -> tuple[Assistance, ...]:
    """Every request made for a ticket, oldest first."""
    table = tables.assistance
    wanted = select(table).where(table.c.ticket_id == ticket_id).order_by(table.c.id)
    return tuple(map(_assistance, tx.execute(wanted)))


def _check(ticket: Ticket, question: Question) -> None:
    parts = {part.office for part in ticket.assignments}
    if question.asking not in parts or question.asking == question.asked:
        raise IllegalMove("请求方须参与此工单，且不能请求自己", at=ticket.number)
    if ticket.state in OVER or ticket.state is TicketState.AWAITING_APPROVAL:
        raise IllegalMove(f"工单处于“{ticket.state}”，不能请求协助", at=ticket.number)
    if not question.words.strip():
        raise IllegalMove("须写明请求事项", at=ticket.number)


def _open(
    tx: Connection, ticket: Ticket, question: Question, *, at: datetime, desk: Desk, ids: Ids
) -> Assistance:
    due, provisional = desk.clocks.term(question.kind.value, civil_date(at))
    request_id = ids.new()
    tx.execute(
        tables.assistance.insert().values(
            id=request_id,
            number=next_number(tx, series=ASSISTANCE_SERIES, region=ticket.region, at=at),
            ticket_id=ticket.id,
            kind=question.kind.value,
            asking=question.asking,
            asked=question.asked,
            question=question.words,
            asked_at=at,
            due=due,
            provisional=provisional,
            state=AssistanceState.ASKED.value,
            answer="{}",
            answered_at=None,
        )
    )
    return get(tx, request_id)


def _settle(
    tx: Connection,
    request: Assistance,
    state: AssistanceState,
    form: dict[str, str],
    words: str,
    *,
    actor: str,
    at: datetime,
    desk: Desk,
) -> Assistance:
    table = tables.assistance
    changed = tx.execute(
        update(table)
        .where(table.c.id == request.id, table.c.state == AssistanceState.ASKED.value)
        .values(state=state.value, answer=json.dumps(form, ensure_ascii=False), answered_at=at)
    )
    if not changed.rowcount:
        raise IllegalMove(f"协助请求“{request.state}”", at=request.number)
    ticket = ledger.remark(
        tx,
        ticket_id=request.ticket_id,
        remark=Remark.ANSWER_OFFICE,
        actor=actor,
        at=at,
        note=f"{request.number} {words}",
    )
    if request.kind is AssistanceKind.TEST and not _tests_open(tx, ticket.id):
        _move_if_legal(tx, ticket, Move.RESUME, actor=actor, at=at, desk=desk, note=request.number)
    return get(tx, request.id)


def _tests_open(tx: Connection, ticket_id: str) -> int:
    table = tables.assistance
    wanted = select(func.count()).where(
        table.c.ticket_id == ticket_id,
        table.c.kind == AssistanceKind.TEST.value,
        table.c.state == AssistanceState.ASKED.value,
    )
    return int(tx.execute(wanted).scalar_one())


def _move_if_legal(
    tx: Connection, ticket: Ticket, move: Move, *, actor: str, at: datetime, desk: Desk, note: str
) -> None:
    if move in legal_moves(ticket.state):
        order = Order(move=move, actor=actor, at=at, note=note)
        ledger.move(tx, ticket_id=ticket.id, order=order, desk=desk)


def _assistance(row: Row[*tuple[object, ...]]) -> Assistance:
    values = dict(row._mapping)
    return Assistance(
        **{
            **values,
            "kind": AssistanceKind(row.kind),
            "state": AssistanceState(row.state),
            "answer": json.loads(row.answer),
        }
    )
