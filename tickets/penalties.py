"""Administrative penalties by party and person, of whatever region: what repeat rules count."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Row, exists, or_, select

from domain.clues import Subject
from domain.feedback import CaseOutcome
from domain.findings import Family
from domain.ids import derive_id
from domain.tickets import Move, Ticket
from storage.upsert import upsert
from tickets import clues, subject_merges, tables
from tickets.calendar import civil_date
from tickets.offices import Office, OfficeKind
from tickets.outcome_tables import penalties


@frozen(kw_only=True)
class Penalty:
    """One decision against one party or person. `subject_id` and `ticket_id` are "" for decisions
    that came from elsewhere, `person` is a key of `tickets.persons`; `unlicensed`: it punished
    practising medicine without right."""

    subject_id: str
    usci: str
    person: str
    ticket_id: str
    sequence: int
    family: Family
    unlicensed: bool
    branch: OfficeKind
    region: str
    decision_no: str
    decided_on: date


def of_outcome(
    tx: Connection, outcome: CaseOutcome, ticket: Ticket, office: Office, *, unlicensed: bool
) -> Penalty:
    """The penalty that an outcome states."""
    subject = clues.get(tx, ticket.clue_id).subject
    return Penalty(
        subject_id=subject.id,
        usci=subject.usci or "",
        person=outcome.particulars.person,
        ticket_id=ticket.id,
        sequence=outcome.sequence,
        family=ticket.family,
        unlicensed=unlicensed,
        branch=office.kind,
        region=office.region,
        decision_no=outcome.particulars.decision_no,
        decided_on=outcome.particulars.since or civil_date(outcome.at),
    )


def keep(tx: Connection, penalty: Penalty) -> bool:
    """Keep a penalty; False when this decision against this party is kept already."""
    party = penalty.person or penalty.usci or penalty.subject_id
    row = upsert(tx, penalties).values(
        id=derive_id("penalty", penalty.decision_no, penalty.branch.value, party),
        subject_id=penalty.subject_id,
        usci=penalty.usci,
        person=penalty.person,
        ticket_id=penalty.ticket_id,
        sequence=penalty.sequence,
        family=penalty.family.value,
        unlicensed=penalty.unlicensed,
        branch=penalty.branch.value,
        region=penalty.region,
        decision_no=penalty.decision_no,
        decided_on=penalty.decided_on,
    )
    return tx.scalar(row.on_conflict_do_nothing().returning(penalties.c.id)) is not None


def against(
    tx: Connection,
    subject: Subject,
    *,
    before: date,
    since: date | None = None,
    except_for: str = "",
    person: str = "",
) -> tuple[Penalty, ...]:
    """Penalties in force decided before a day (and from `since` on) against the party: under its
    number, a subject that it stands with, or a natural person who was punished with it or whose key
    is given, wherever that person was punished. Annulled decisions, and those of the ticket
    `except_for`, are none."""
    subjects = {subject.id, *subject_merges.beside(tx, {subject.id})}
    own: ColumnElement[bool] = penalties.c.subject_id.in_(subjects)
    if subject.usci:
        own = or_(own, penalties.c.usci == subject.usci)
    persons = set(
        tx.execute(select(penalties.c.person).where(own, penalties.c.person != "")).scalars()
    )
    persons |= {person} - {""}
    wanted = [
        or_(own, penalties.c.person.in_(persons)) if persons else own,
        penalties.c.decided_on < before,
        penalties.c.ticket_id.not_in([except_for]) if except_for else penalties.c.id != "",
    ]
    if since is not None:
        wanted.append(penalties.c.decided_on >= since)
    rows = tx.execute(select(penalties).where(*wanted, ~_annulled()))
    return tuple(_once(map(_penalty, rows)))


def _once(found: Iterator[Penalty]) -> Iterator[Penalty]:
    """One decision against several persons of one party is one penalty of it."""
    seen: set[tuple[str, OfficeKind]] = set()
    for penalty in sorted(found, key=lambda p: (p.decided_on, p.decision_no)):
        key = penalty.decision_no, penalty.branch
        if key not in seen:
            seen.add(key)
            yield penalty


def _annulled() -> ColumnElement[bool]:
    """The decision was annulled (撤销重作) after it was made."""
    event = tables.ticket_events
    return exists().where(
        event.c.owner_id == penalties.c.ticket_id,
        event.c.move == Move.ANNUL.value,
        event.c.sequence > penalties.c.sequence,
    )


def years_before(day: date, years: int) -> date:
    """The same day so many years ago; of the 29th of February the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def of(
    found: Collection[Penalty], *, branches: Collection[OfficeKind], unlicensed: bool
) -> tuple[Penalty, ...]:
    """Those of these branches, and for practising without right where so asked."""
    return tuple(p for p in found if p.branch in branches and (p.unlicensed or not unlicensed))


def _penalty(row: Row[*tuple[object, ...]]) -> Penalty:
    values = {name: value for name, value in row._mapping.items() if name != "id"}
    return Penalty(**{**values, "family": Family(row.family), "branch": OfficeKind(row.branch)})
