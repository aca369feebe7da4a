"""Lists of clues and tickets for desks and consoles: filtered, newest first, page by page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from attrs import frozen
from sqlalchemy import Column, ColumnElement, Connection, Select, func, select

from domain.captures import SealStatus
from domain.clues import ClueState, SubjectKind
from domain.divisions import division_prefix
from domain.findings import Family
from domain.tickets import OfficeRole, Ticket, TicketState
from tickets import ledger, tables
from tickets.visibility import reached

E = TypeVar("E")
_STRIDE = 500


@frozen(kw_only=True)
class Page(Generic[E]):
    """One page of a list; `after` is the cursor of the next one, None on the last."""

    entries: tuple[E, ...]
    after: str | None


@frozen(kw_only=True)
class ClueFilter:
    """Which clues: None leaves a field open. `region` takes in the divisions below it; `offices`
    means clues with a ticket that has reached one of them (see `visibility`); `subject` is the id
    of whom they accuse."""

    state: ClueState | None = None
    type: str | None = None
    region: str | None = None
    offices: frozenset[str] | None = None
    subject: str | None = None


@frozen(kw_only=True)
class TicketFilter:
    """Which tickets: None leaves a field open. `offices` means tickets that have reached one of
    them (see `visibility`); `role` limits that to one part; `subject` is the id of whom they
    accuse."""

    state: TicketState | None = None
    family: Family | None = None
    region: str | None = None
    offices: frozenset[str] | None = None
    role: OfficeRole | None = None
    subject: str | None = None


@frozen(kw_only=True)
class ClueEntry:
    """A clue as a list shows it; `sightings` counts the captures it was seen in."""

    id: str
    number: str
    state: ClueState
    subject_name: str
    subject_kind: SubjectKind
    types: tuple[str, ...]
    severity: int
    score: float
    region: str
    title: str
    url: str
    raised_at: datetime
    seal: SealStatus
    sightings: int


def clues(
    tx: Connection, wanted: ClueFilter, *, after: str | None = None, limit: int = 50
) -> Page[ClueEntry]:
    """One page of clues, the newest first."""
    clue, subject, sighting = tables.clues, tables.subjects, tables.sightings
    seen = (
        select(func.count())
        .select_from(sighting)
        .where(sighting.c.clue_id == clue.c.id)
        .scalar_subquery()
    )
    query = (
        select(clue, subject.c.name, subject.c.kind, seen.label("sightings"))
        .join(subject, subject.c.id == clue.c.subject_id)
        .where(*_clue_conditions(wanted))
    )
    rows = tx.execute(_paged(query, clue.c.id, after, limit)).all()
    entries = tuple(
        ClueEntry(
            id=row.id,
            number=row.number,
            state=ClueState(row.state),
            subject_name=row.name,
            subject_kind=SubjectKind(row.kind),
            types=tuple(json.loads(row.types)),
            severity=row.severity,
            score=row.score,
            region=row.region,
            title=row.title,
            url=row.url,
            raised_at=row.raised_at,
            seal=SealStatus(row.seal),
            sightings=row.sightings,
        )
        for row in rows[:limit]
    )
    return Page(entries=entries, after=entries[-1].id if len(rows) > limit else None)


def count_clues(tx: Connection, wanted: ClueFilter) -> int:
    """How many clues there are in all."""
    query = select(func.count()).select_from(tables.clues).where(*_clue_conditions(wanted))
    return tx.execute(query).scalar_one()


def tickets(
    tx: Connection, wanted: TicketFilter, *, after: str | None = None, limit: int = 50
) -> Page[Ticket]:
    """One page of tickets, the newest first."""
    ticket = tables.tickets
    query = select(ticket.c.id).where(*_ticket_conditions(wanted))
    found = tx.execute(_paged(query, ticket.c.id, after, limit)).scalars().all()
    entries = tuple(ledger.get(tx, ticket_id) for ticket_id in found[:limit])
    return Page(entries=entries, after=entries[-1].id if len(found) > limit else None)


def count_tickets(tx: Connection, wanted: TicketFilter) -> int:
    """How many tickets there are in all."""
    query = select(func.count()).select_from(tables.tickets).where(*_ticket_conditions(wanted))
    return tx.execute(query).scalar_one()


def tickets_by_state(tx: Connection) -> dict[TicketState, int]:
    """How many tickets are in each state that any is in."""
    column = tables.tickets.c.state
    rows = tx.execute(select(column, func.count()).group_by(column))
    return {TicketState(state): number for state, number in rows}


def clues_by_seal(tx: Connection) -> dict[SealStatus, int]:
    """How many clues have their proof, wait for it, or could not be proved in full."""
    column = tables.clues.c.seal
    rows = tx.execute(select(column, func.count()).group_by(column))
    return {SealStatus(status): number for status, number in rows}


def every_clue(tx: Connection, wanted: ClueFilter) -> Iterator[ClueEntry]:
    """All of `clues`, read page by page."""
    return _every(partial(clues, tx, wanted, limit=_STRIDE))


def every_ticket(tx: Connection, wanted: TicketFilter) -> Iterator[Ticket]:
    """All of `tickets`, read page by page."""
    return _every(partial(tickets, tx, wanted, limit=_STRIDE))


def clue_ids(wanted: ClueFilter) -> Select[str]:
    """The ids of the clues, to stand inside another question."""
    return select(tables.clues.c.id).where(*_clue_conditions(wanted))


def ticket_ids(wanted: TicketFilter) -> Select[str]:
    """The ids of the tickets, to stand inside another question."""
    return select(tables.tickets.c.id).where(*_ticket_conditions(wanted))


def subject_ids(wanted: ClueFilter) -> Select[str]:
    """The ids of whom the clues accuse, to stand inside another question."""
    return select(tables.clues.c.subject_id).where(*_clue_conditions(wanted))


def _every(fetch: Callable[..., Page[E]]) -> Iterator[E]:
    after: str | None = None
    while True:
        found = fetch(after=after)
        yield from found.entries
        after = found.after
        if after is None:
            return


def _paged(
    query: Select[*tuple[object, ...]], key: Column[str], after: str | None, limit: int
) -> Select[*tuple[object, ...]]:
    """Ids are ordered by time, so the id is the cursor. One row more tells if a page follows."""
    if after is not None:
        query = query.where(key < after)
    return query.order_by(key.desc()).limit(limit + 1)


def _clue_conditions(wanted: ClueFilter) -> Iterator[ColumnElement[bool]]:
    clue, finding = tables.clues, tables.clue_findings
    if wanted.state is not None:
        yield clue.c.state == wanted.state.value
    if wanted.type is not None:
        yield clue.c.id.in_(select(finding.c.clue_id).where(finding.c.type == wanted.type))
    if wanted.region is not None:
        yield clue.c.region.startswith(division_prefix(wanted.region))
    if wanted.subject is not None:
        yield clue.c.subject_id == wanted.subject
    if wanted.offices is not None:
        yield clue.c.id.in_(select(tables.tickets.c.clue_id).where(reached(wanted.offices)))


def _ticket_conditions(wanted: TicketFilter) -> Iterator[ColumnElement[bool]]:
    ticket, part = tables.tickets, tables.assignments
    if wanted.state is not None:
        yield ticket.c.state == wanted.state.value
    if wanted.family is not None:
        yield ticket.c.family == wanted.family.value
    if wanted.region is not None:
        yield ticket.c.region.startswith(division_prefix(wanted.region))
    if wanted.subject is not None:
        yield ticket.c.subject_id == wanted.subject
    if wanted.offices is not None:
        yield reached(wanted.offices)
        if wanted.role is not None:
            yield ticket.c.id.in_(
                select(part.c.ticket_id).where(
                    part.c.office.in_(wanted.offices), part.c.role == wanted.role.value
                )
            )
