"""What the ledger holds about a subject, counted for its risk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, func, or_, select

from domain.clues import ClueState
from domain.findings import Existence
from domain.pages import IdentifierKind
from domain.tickets import OfficeRole
from tickets import operators, recurrence, subject_tables, tables
from tickets.control.risk import Counts, Sign
from tickets.issue import OVER

_NO_CASE = (ClueState.FALSE_ALARM.value, ClueState.MERGED.value)
_ACCOUNTS = (IdentifierKind.WECHAT.value, IdentifierKind.QQ.value, IdentifierKind.WIDGET.value)


def count(tx: Connection, subject_id: str, *, at: datetime, injury_words: Sequence[str]) -> Counts:
    """The counts of a subject at a moment; clues that were false alarms count nothing."""
    group = operators.operator_of(tx, subject_id).subjects
    clue = tables.clues
    cases = tx.execute(select(clue.c.severity, clue.c.facts).where(*_cases_of([subject_id]))).all()
    before = recurrence.repeats(tx, subject_id, at=at)
    return {
        Sign.WORST_SEVERITY: max((case.severity for case in cases), default=0),
        Sign.CLUES: len(cases),
        Sign.LICENCE_GAPS: len({name for case in cases for name in _absent(case.facts)}),
        Sign.PENALTIES: before.penalties,
        Sign.PRACTICE_PENALTIES: before.practice_penalties,
        Sign.RECURRENCES: before.recurrences,
        Sign.HOSTS: len(_hosts(tx, group)),
        Sign.ACCOUNTS: _accounts(tx, group),
        Sign.DISTRICTS: _districts(tx, group),
        Sign.OFFICES: len(leads(tx, group)),
        Sign.INJURIES: _injuries(tx, group, injury_words),
    }


def leads(tx: Connection, subject_ids: Sequence[str]) -> tuple[str, ...]:
    """The offices that lead open tickets on these subjects, in order."""
    ticket, part = tables.tickets, tables.assignments
    rows = tx.execute(
        select(part.c.office)
        .join(ticket, ticket.c.id == part.c.ticket_id)
        .where(
            ticket.c.subject_id.in_(subject_ids),
            ticket.c.state.not_in([state.value for state in OVER]),
            part.c.role == OfficeRole.LEAD.value,
        )
        .distinct()
        .order_by(part.c.office)
    )
    return tuple(rows.scalars())


def _cases_of(subject_ids: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    clue = tables.clues
    return clue.c.subject_id.in_(subject_ids), clue.c.state.not_in(_NO_CASE)


def _absent(facts: str) -> set[str]:
    return {fact["name"] for fact in json.loads(facts) if fact["answer"] == Existence.ABSENT.value}


def _hosts(tx: Connection, group: Sequence[str]) -> set[str]:
    seen, clue = tables.sightings, tables.clues
    urls = tx.execute(
        select(seen.c.url)
        .join(clue, clue.c.id == seen.c.clue_id)
        .where(*_cases_of(group))
        .distinct()
    ).scalars()
    return {host for url in urls if (host := urlsplit(url).hostname)}


def _accounts(tx: Connection, group: Sequence[str]) -> int:
    trace = subject_tables.traces
    named = (
        select(trace.c.kind, trace.c.value)
        .where(trace.c.subject_id.in_(group), trace.c.kind.in_(_ACCOUNTS))
        .distinct()
        .subquery()
    )
    return tx.execute(select(func.count()).select_from(named)).scalar_one()


def _districts(tx: Connection, group: Sequence[str]) -> int:
    region = tables.clues.c.region
    known = select(func.count(func.distinct(region))).where(*_cases_of(group), region != "")
    return tx.execute(known).scalar_one()


def _injuries(tx: Connection, group: Sequence[str], words: Sequence[str]) -> int:
    complaint, clue = tables.complaints, tables.clues
    said = or_(*(complaint.c.words.contains(word, autoescape=True) for word in words))
    told = (
        select(func.count())
        .select_from(complaint)
        .join(clue, clue.c.id == complaint.c.clue_id)
        .where(*_cases_of(group), said)
    )
    return tx.execute(told).scalar_one() if words else 0
