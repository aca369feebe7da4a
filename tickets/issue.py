"""From clue to tickets: one per family of violation, all in one case group (一案多查)."""

from __future__ import annotations

import json
from datetime import datetime

from attrs import evolve, frozen
from sqlalchemy import Connection, func, select

from domain.clues import Clue, ClueState
from domain.errors import IllegalMove
from domain.findings import Family
from domain.ports import Ids
from domain.tickets import Assignment, OfficeRole, Remark, Ticket, TicketState
from tickets import clues, history, ledger, parts, routing, subjects, tables
from tickets.calendar import civil_date
from tickets.clue_moves import ClueMove, clue_move
from tickets.desk import Desk
from tickets.history import Entry
from tickets.numbers import TICKET_SERIES, next_number
from tickets.offices import Office

OVER = frozenset(
    {TicketState.CLOSED, TicketState.REPORTED, TicketState.ARCHIVED, TicketState.RECALLED}
)
"""States in which an office has nothing left to do."""
_SPLITTABLE = frozenset(
    {TicketState.SENT, TicketState.RECEIVED, TicketState.ACCEPTED, TicketState.CHECKING}
)


@frozen(kw_only=True)
class _Draft:
    """A ticket that is about to be opened; `sent` at once, or after approval (待审批)."""

    clue_id: str
    subject_id: str
    region: str
    case_group: str
    family: Family
    types: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    awaiting_opinion: frozenset[str]
    recurrence: int
    sent: bool


def issue(
    tx: Connection,
    *,
    clue: Clue,
    desk: Desk,
    ids: Ids,
    at: datetime,
    automatic: bool,
    actor: str = "system",
) -> list[Ticket]:
    """Open the tickets of a clue and set it to 已立单; a clue that has tickets keeps them.

    `automatic` sends them at once (已移送: clocks start, packages are queued); otherwise they
    wait for approval (待审批). The lead office's own lists come before it. Raises IllegalMove when
    the clue was dismissed or merged.
    """
    subjects.lock(tx, clue.subject.id)
    state = tx.execute(
        select(tables.clues.c.state).where(tables.clues.c.id == clue.id)
    ).scalar_one()
    if state == ClueState.ISSUED.value:
        return ledger.of_clue(tx, clue.id)
    clue_move(tx, clue_id=clue.id, move=ClueMove.ISSUE, actor=actor, at=at)
    open_all(tx, clue=clue, desk=desk, ids=ids, at=at, automatic=automatic, actor=actor)
    return ledger.of_clue(tx, clue.id)


def open_all(
    tx: Connection,
    *,
    clue: Clue,
    desk: Desk,
    ids: Ids,
    at: datetime,
    automatic: bool,
    actor: str,
    recurrence: int = 0,
) -> list[Ticket]:
    """Open a set of tickets for an issued clue: the first, or one more for a recurrence (再犯)."""
    group = _open_case(tx, clue.subject.id) or ids.new()
    opened = []
    for plan in routing.plan(clue, desk.routes, desk.offices):
        lead = desk.offices.get(plan.lead)
        draft = _Draft(
            clue_id=clue.id,
            subject_id=clue.subject.id,
            region=clue.region,
            case_group=group,
            family=plan.family,
            types=plan.types,
            assignments=plan.assignments,
            awaiting_opinion=plan.awaiting_opinion,
            recurrence=recurrence,
            sent=lead.leaves_by_itself(plan.types, default=automatic),
        )
        opened.append(_open(tx, draft, ids=ids, desk=desk, at=at, actor=actor))
    return opened


def leaves_by_itself(clue: Clue, desk: Desk, *, default: bool) -> bool:
    """Whether any ticket of the clue is sent without a person's approval."""
    return any(
        desk.offices.get(plan.lead).leaves_by_itself(plan.types, default=default)
        for plan in routing.plan(clue, desk.routes, desk.offices)
    )


def split(
    tx: Connection,
    *,
    ticket_id: str,
    types: frozenset[str],
    office: str,
    desk: Desk,
    ids: Ids,
    at: datetime,
    actor: str,
    note: str = "",
) -> Ticket:
    """Split (分办): give some of a ticket's types to another lead, as a ticket of its own in the
    same case group; the first lead assists there. Raises IllegalMove unless some types stay and
    the lead is at work on it.
    """
    ticket = ledger.get(tx, ticket_id)
    kept = tuple(slug for slug in ticket.types if slug not in types)
    given = tuple(slug for slug in ticket.types if slug in types)
    if ticket.state not in _SPLITTABLE or not kept or set(given) != types:
        raise IllegalMove(
            f"“{ticket.state}”的工单只能分出其部分类型（{'、'.join(ticket.types)}）",
            at=ticket.number,
        )
    lead = desk.offices.get(office)
    if lead.id == ticket.lead:
        raise IllegalMove("分办须交给另一机关", at=ticket.number)
    draft = _split_off(tx, ticket, given, lead)
    made = _open(tx, draft, ids=ids, desk=desk, at=at, actor=actor)
    words = f"{'、'.join(given)} 分办至{lead.name}，工单 {made.number} {note}".strip()
    ledger.remark(
        tx,
        ticket_id=ticket.id,
        remark=Remark.SPLIT,
        actor=actor,
        at=at,
        note=words,
        types=json.dumps(kept),
    )
    return made


def _split_off(tx: Connection, ticket: Ticket, types: tuple[str, ...], lead: Office) -> _Draft:
    others = [a for a in ticket.assignments if a.office not in (lead.id, ticket.lead)]
    return _Draft(
        clue_id=ticket.clue_id,
        subject_id=clues.subject_of(tx, ticket.clue_id),
        region=ticket.region,
        case_group=ticket.case_group,
        family=ticket.family,
        types=types,
        assignments=(
            Assignment(office=lead.id, role=OfficeRole.LEAD),
            Assignment(office=ticket.lead, role=OfficeRole.ASSIST),
            *(evolve(part, unit="", handler="") for part in others),
        ),
        awaiting_opinion=parts.awaiting_opinion(tx, ticket.id),
        recurrence=ticket.recurrence,
        sent=True,
    )


def _open_case(tx: Connection, subject_id: str) -> str | None:
    tickets = tables.tickets
    return tx.execute(
        select(tickets.c.case_group)
        .where(
            tickets.c.subject_id == subject_id,
            tickets.c.state.not_in([state.value for state in OVER]),
        )
        .order_by(tickets.c.id)
        .limit(1)
    ).scalar_one_or_none()


def _open(
    tx: Connection, draft: _Draft, *, ids: Ids, desk: Desk, at: datetime, actor: str
) -> Ticket:
    seated = parts.seated(
        draft.assignments,
        desk.offices,
        family=draft.family,
        region=draft.region,
        day=civil_date(at),
    )
    state = TicketState.SENT if draft.sent else TicketState.AWAITING_APPROVAL
    entry = Entry(
        owner_id=ids.new(),
        sequence=0,
        at=at,
        actor=actor,
        move=Remark.ISSUE.value,
        state=state.value,
        note="；".join(f"{p.role}：{desk.offices.get(p.office).name}" for p in seated),
    )
    parts.assign(tx, entry.owner_id, seated, awaiting_opinion=draft.awaiting_opinion)
    first = history.open_with(tx, tables.ticket_events, entry)
    _insert(tx, draft, first)
    ledger.enter(tx, ticket_id=entry.owner_id, desk=desk, at=at)
    return ledger.get(tx, entry.owner_id)


def _insert(tx: Connection, draft: _Draft, first: Entry) -> None:
    tx.execute(
        tables.tickets.insert().values(
            id=first.owner_id,
            number=next_number(tx, series=TICKET_SERIES, region=draft.region, at=first.at),
            clue_id=draft.clue_id,
            subject_id=draft.subject_id,
            case_group=draft.case_group,
            family=draft.family.value,
            state=first.state,
            types=json.dumps(draft.types),
            region=draft.region,
            created_at=first.at,
            updated_at=first.at,
            part=_next_part(tx, draft),
            recurrence=draft.recurrence,
            refusals=0,
            designated=False,
            supervised="",
            sequence=first.sequence,
            head=first.digest,
        )
    )


def _next_part(tx: Connection, draft: _Draft) -> int:
    tickets = tables.tickets
    return tx.execute(
        select(func.count()).where(
            tickets.c.clue_id == draft.clue_id, tickets.c.family == draft.family.value
        )
    ).scalar_one()
