"""How often findings turn out right: per rule, model, type, office and district, from outcomes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Subquery, and_, func, select

from domain.clues import Clue, ClueState
from domain.feedback import Bearing
from domain.findings import Finding
from domain.intervals import wilson
from domain.tickets import Move, OfficeRole
from storage.records import from_json
from tickets import tables
from tickets.outcome_tables import outcomes

_BATCH = 500


class Measured(StrEnum):
    """What a precision is of; the value is the prefix of a finding's origin where it has one."""

    RULE = "rule"
    MODEL = "model"
    TYPE = "type"
    OFFICE = "office"
    DISTRICT = "district"


@frozen(kw_only=True)
class Decided:
    """A case that was decided on its merits: a ticket by its latest outcome that says something of
    the finding, or a clue that was dismissed before it became one (`office` "")."""

    clue_id: str
    types: tuple[str, ...]
    office: str
    region: str
    right: bool
    reason: str


@frozen(kw_only=True)
class Precision:
    """Of `n` decided cases `right` were violations; `low` to `high` is the 95 % interval."""

    of: Measured
    name: str
    n: int
    right: int
    rate: float
    low: float
    high: float


@frozen(kw_only=True)
class ScoredCase:
    """The score that a type had in a decided case, and whether the case was right."""

    type: str
    score: float
    right: bool


def decided(tx: Connection) -> list[Decided]:
    """Every decided case, in the order of ids. An outcome before an annulment (撤销重作) says
    nothing any more; of those that do, the latest counts."""
    return [*_decided_tickets(tx), *_dismissed_clues(tx)]


def precisions(tx: Connection) -> list[Precision]:
    """All of them, by what is measured and name. A case counts once for a rule, however many of
    its sentences the rule found."""
    tally: dict[tuple[Measured, str], list[bool]] = defaultdict(list)
    for case, findings in with_findings(tx, decided(tx)):
        for key in _keys(case, findings):
            tally[key].append(case.right)
    order = list(Measured)
    found = [_precision(of, name, votes) for (of, name), votes in tally.items()]
    return sorted(found, key=lambda p: (order.index(p.of), p.name))


def similar(tx: Connection, clue: Clue) -> Precision:
    """Of other decided clues with the same worst type and kind of subject (同类线索)."""
    worst = clue.types[0]
    alike = and_(
        tables.clues.c.types.startswith(json.dumps([worst])[:-1], autoescape=True),
        tables.clues.c.id != clue.id,
        tables.clues.c.subject_id.in_(
            select(tables.subjects.c.id).where(tables.subjects.c.kind == clue.subject.kind.value)
        ),
    )
    found = [*_decided_tickets(tx, alike), *_dismissed_clues(tx, alike)]
    by_clue: dict[str, list[bool]] = defaultdict(list)
    for case in found:
        by_clue[case.clue_id].append(case.right)
    return _precision(Measured.TYPE, worst, [any(votes) for votes in by_clue.values()])


def scored(tx: Connection) -> Iterator[ScoredCase]:
    """For each decided case and each of its types the highest score that the type had."""
    for case, findings in with_findings(tx, decided(tx)):
        best: dict[str, float] = {}
        for finding in findings:
            if _machine(finding):
                best[finding.type] = max(best.get(finding.type, 0.0), finding.score)
        for slug, score in sorted(best.items()):
            yield ScoredCase(type=slug, score=score, right=case.right)


def with_findings(
    tx: Connection, cases: Sequence[Decided]
) -> Iterator[tuple[Decided, tuple[Finding, ...]]]:
    """Each case with those of its clue's findings that it is about."""
    table = tables.clue_findings
    for start in range(0, len(cases), _BATCH):
        batch = cases[start : start + _BATCH]
        wanted = {case.clue_id for case in batch}
        found: dict[str, list[Finding]] = defaultdict(list)
        rows = tx.execute(
            select(table.c.clue_id, table.c.record)
            .where(table.c.clue_id.in_(wanted))
            .order_by(table.c.clue_id, table.c.position)
        )
        for clue_id, record in rows:
            found[clue_id].append(from_json(Finding, record))
        for case in batch:
            yield case, tuple(f for f in found[case.clue_id] if f.type in case.types)


def _keys(case: Decided, findings: Iterable[Finding]) -> set[tuple[Measured, str]]:
    keys = {(Measured.TYPE, slug) for slug in case.types}
    keys |= {
        (Measured(finding.origin.partition(":")[0]), finding.origin.partition(":")[2])
        for finding in findings
        if _machine(finding)
    }
    if case.office:
        keys.add((Measured.OFFICE, case.office))
    if case.region:
        keys.add((Measured.DISTRICT, case.region))
    return keys


def _machine(finding: Finding) -> bool:
    """Whether a rule or a model said it; what a reviewer drew measures neither."""
    return finding.origin.startswith(("rule:", "model:"))


def _precision(of: Measured, name: str, votes: Sequence[bool]) -> Precision:
    n, right = len(votes), sum(votes)
    low, high = wilson(right, n)
    rate = right / n if n else 0.0
    return Precision(of=of, name=name, n=n, right=right, rate=rate, low=low, high=high)


def _decided_tickets(
    tx: Connection, wanted: ColumnElement[bool] | None = None
) -> Iterator[Decided]:
    ticket, part, latest = tables.tickets, tables.assignments, _latest_words()
    at_latest = (outcomes.c.ticket_id == latest.c.ticket_id) & (
        outcomes.c.sequence == latest.c.sequence
    )
    leads = (part.c.ticket_id == ticket.c.id) & (part.c.role == OfficeRole.LEAD.value)
    query = (
        select(ticket.c.clue_id, ticket.c.types, ticket.c.region, part.c.office)
        .add_columns(outcomes.c.bearing, outcomes.c.reason)
        .join(latest, latest.c.ticket_id == ticket.c.id)
        .join(outcomes, at_latest)
        .join(part, leads)
        .order_by(ticket.c.id)
    )
    if wanted is not None:
        query = query.join(tables.clues, tables.clues.c.id == ticket.c.clue_id).where(wanted)
    for row in tx.execute(query):
        yield Decided(
            clue_id=row.clue_id,
            types=tuple(json.loads(row.types)),
            office=row.office,
            region=row.region,
            right=row.bearing == Bearing.CONFIRMS.value,
            reason=row.reason,
        )


def _latest_words() -> Subquery:
    """Ticket → the entry of its latest outcome that says something and was not annulled since."""
    event = tables.ticket_events
    annulled = (
        select(event.c.owner_id, func.max(event.c.sequence).label("sequence"))
        .where(event.c.move == Move.ANNUL.value)
        .group_by(event.c.owner_id)
        .subquery()
    )
    return (
        select(outcomes.c.ticket_id, func.max(outcomes.c.sequence).label("sequence"))
        .outerjoin(annulled, annulled.c.owner_id == outcomes.c.ticket_id)
        .where(
            outcomes.c.bearing != Bearing.SILENT.value,
            outcomes.c.sequence > func.coalesce(annulled.c.sequence, -1),
        )
        .group_by(outcomes.c.ticket_id)
        .subquery()
    )


def _dismissed_clues(
    tx: Connection, wanted: ColumnElement[bool] | None = None
) -> Iterator[Decided]:
    clue = tables.clues
    query = select(clue.c.id, clue.c.types, clue.c.region).where(
        clue.c.state == ClueState.FALSE_ALARM.value
    )
    if wanted is not None:
        query = query.where(wanted)
    for row in tx.execute(query.order_by(clue.c.id)):
        types = tuple(json.loads(row.types))
        yield Decided(
            clue_id=row.id,
            types=types,
            office="",
            region=row.region,
            right=False,
            reason="dismissed",
        )
