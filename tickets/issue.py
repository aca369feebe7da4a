"""From clue to tickets: one per family of violation, all in one case group (一案多查)."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, select

from domain.clues import Clue, ClueState
from domain.ports import Ids
from domain.tickets import Ticket, TicketState
from tickets import history, ledger, routing, subjects, tables
from tickets.clue_moves import ClueMove, clue_move
from tickets.desk import Desk
from tickets.history import Entry
from tickets.numbers import TICKET_SERIES, next_number
from tickets.routing import TicketPlan

ISSUE = "issue"
_OVER = (
    TicketState.CLOSED.value,
    TicketState.REPORTED.value,
    TicketState.ARCHIVED.value,
    TicketState.RECALLED.value,
)


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
    wait for approval (待审批). Raises IllegalMove when the clue was dismissed or merged.
    """
    subjects.lock(tx, clue.subject.id)
    state = tx.execute(
        select(tables.clues.c.state).where(tables.clues.c.id == clue.id)
    ).scalar_one()
    if state == ClueState.ISSUED.value:
        return ledger.of_clue(tx, clue.id)
    clue_move(tx, clue_id=clue.id, move=ClueMove.ISSUE, actor=actor, at=at)
    group = _open_case(tx, clue.subject.id) or ids.new()
    for plan in routing.plan(clue, desk.routes, desk.offices):
        ticket_id = ids.new()
        _assign(tx, ticket_id, plan)
        entry = Entry(
            owner_id=ticket_id,
            sequence=0,
            at=at,
            actor=actor,
            move=ISSUE,
            state=(TicketState.SENT if automatic else TicketState.AWAITING_APPROVAL).value,
            note=_parts_in_words(plan, desk),
        )
        _open(tx, entry, clue, plan, case_group=group)
        ledger.enter(tx, ticket_id=ticket_id, desk=desk, at=at)
    return ledger.of_clue(tx, clue.id)


def _open_case(tx: Connection, subject_id: str) -> str | None:
    tickets = tables.tickets
    return tx.execute(
        select(tickets.c.case_group)
        .where(tickets.c.subject_id == subject_id, tickets.c.state.not_in(_OVER))
        .order_by(tickets.c.id)
        .limit(1)
    ).scalar_one_or_none()


def _parts_in_words(plan: TicketPlan, desk: Desk) -> str:
    return "；".join(f"{p.role}：{desk.offices.get(p.office).name}" for p in plan.assignments)


def _open(tx: Connection, entry: Entry, clue: Clue, plan: TicketPlan, *, case_group: str) -> None:
    first = history.open_with(tx, tables.ticket_events, entry)
    tx.execute(
        tables.tickets.insert().values(
            id=entry.owner_id,
            number=next_number(tx, series=TICKET_SERIES, region=clue.region, at=entry.at),
            clue_id=clue.id,
            subject_id=clue.subject.id,
            case_group=case_group,
            family=plan.family.value,
            state=first.state,
            types=json.dumps(plan.types),
            region=clue.region,
            created_at=entry.at,
            updated_at=entry.at,
            sequence=first.sequence,
            head=first.digest,
        )
    )


def _assign(tx: Connection, ticket_id: str, plan: TicketPlan) -> None:
    rows = [
        {
            "ticket_id": ticket_id,
            "office": part.office,
            "role": part.role.value,
            "position": position,
            "awaits_opinion": part.office in plan.awaiting_opinion,
        }
        for position, part in enumerate(plan.assignments)
    ]
    tx.execute(tables.assignments.insert(), rows)
