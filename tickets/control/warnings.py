"""Early warning (风险预警): one warning for every rise of a subject's level, acknowledged by a
person, in time or listed as late."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, Select, or_, select, update

from domain.divisions import division_prefix
from domain.errors import IllegalMove, NotFound
from domain.ports import Ids
from storage.records import from_json, to_json
from storage.upsert import upsert
from tickets import operators, subjects
from tickets import tables as cases
from tickets.control import signs, tables
from tickets.control.risk import Risk, RiskPolicy, judge
from tickets.numbers import WARNING_SERIES, next_number
from tickets.offices import OfficeKind, Offices

STALE = timedelta(days=1)
"""After this a risk is assessed anew even when nothing happened: penalties leave the two years."""


@frozen(kw_only=True)
class RiskWarning:
    """A warning as its recipients (office ids) get it. `acknowledged_at` None: nobody has yet."""

    id: str
    number: str
    subject_id: str
    subject_name: str
    rise: int
    level: int
    title: str
    region: str
    risk: Risk
    recipients: tuple[str, ...]
    raised_at: datetime
    due: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str

    def overdue(self, at: datetime) -> bool:
        """Whether the time to acknowledge passed without anybody's doing so in time."""
        return (self.acknowledged_at or at) > self.due


@frozen(kw_only=True)
class Ranked:
    """A subject in the ranking by risk."""

    subject_id: str
    name: str
    region: str
    level: int
    risk: Risk
    assessed_at: datetime


@frozen(kw_only=True)
class WarningFilter:
    """Which warnings: `waiting` only those that nobody has acknowledged; `overdue_at` only those
    among them that are late at that moment. `region` takes in the divisions below it."""

    waiting: bool = False
    overdue_at: datetime | None = None
    region: str | None = None
    offices: frozenset[str] | None = None


def due(tx: Connection, *, at: datetime, limit: int = 100) -> tuple[str, ...]:
    """Subjects with clues that were never assessed, or met something new since, or are stale."""
    subject, risk, clue, ticket = cases.subjects, tables.risks, cases.clues, cases.tickets
    moved = (
        select(ticket.c.id)
        .where(ticket.c.subject_id == subject.c.id, ticket.c.updated_at > risk.c.assessed_at)
        .exists()
    )
    rows = tx.execute(
        select(subject.c.id)
        .outerjoin(risk, risk.c.subject_id == subject.c.id)
        .where(
            select(clue.c.id).where(clue.c.subject_id == subject.c.id).exists(),
            or_(
                risk.c.subject_id.is_(None),
                subject.c.last_seen > risk.c.assessed_at,
                risk.c.assessed_at < at - STALE,
                moved,
            ),
        )
        .order_by(subject.c.id)
        .limit(limit)
    )
    return tuple(rows.scalars())


def assess(
    tx: Connection,
    subject_id: str,
    *,
    policy: RiskPolicy,
    offices: Offices,
    ids: Ids,
    at: datetime,
) -> RiskWarning | None:
    """Score the subject as it stands; the warning when its level rose, else None.

    The subject stays locked until the transaction ends, so that two workers never warn of the
    same rise. A level that fell and rises again is warned of again.
    """
    subjects.lock(tx, subject_id)
    counts = signs.count(tx, subject_id, at=at, injury_words=policy.injury_words)
    risk = judge(counts, policy)
    before = tx.execute(
        select(tables.risks.c.level, tables.risks.c.rises).where(
            tables.risks.c.subject_id == subject_id
        )
    ).one_or_none()
    rises = before.rises if before else 0
    rose = risk.level > (before.level if before else 0)
    _keep(tx, subject_id, risk, rises=rises + int(rose), at=at)
    if not rose:
        return None
    return _warn(
        tx, subject_id, risk, rise=rises + 1, policy=policy, offices=offices, ids=ids, at=at
    )


def get(tx: Connection, reference: str) -> RiskWarning:
    """The warning with this id or number. Raises NotFound."""
    table = tables.warnings
    row = tx.execute(
        _named().where(or_(table.c.id == reference, table.c.number == reference))
    ).one_or_none()
    if row is None:
        raise NotFound(f"没有预警 {reference}")
    return _warning(row)


def listed(tx: Connection, wanted: WarningFilter, *, limit: int = 500) -> tuple[RiskWarning, ...]:
    """Warnings, those that wait for a person first, the most urgent of them at the top."""
    table = tables.warnings
    query = _named().order_by(table.c.acknowledged_at.is_not(None), table.c.due, table.c.id)
    if wanted.waiting or wanted.overdue_at is not None:
        query = query.where(table.c.acknowledged_at.is_(None))
    if wanted.overdue_at is not None:
        query = query.where(table.c.due < wanted.overdue_at)
    if wanted.region is not None:
        query = query.where(table.c.region.startswith(division_prefix(wanted.region)))
    found = [_warning(row) for row in tx.execute(query)]
    mine = [warning for warning in found if addressed(warning, wanted.offices)]
    return tuple(mine[:limit])


def addressed(warning: RiskWarning, offices: Collection[str] | None) -> bool:
    """Whether one of these offices is a recipient; None: everybody."""
    return offices is None or not frozenset(warning.recipients).isdisjoint(offices)


def acknowledge(
    tx: Connection, reference: str, *, actor: str, note: str, at: datetime
) -> RiskWarning:
    """A person has seen the warning and says what is done. Raises IllegalMove the second time, or
    without a word."""
    warning = get(tx, reference)
    if not note.strip():
        raise IllegalMove("签收预警须写明处置意见", at=warning.number)
    table = tables.warnings
    changed = tx.execute(
        update(table)
        .where(table.c.id == warning.id, table.c.acknowledged_at.is_(None))
        .values(acknowledged_at=at, acknowledged_by=actor, note=note.strip())
    )
    if changed.rowcount != 1:
        raise IllegalMove(f"预警已由 {warning.acknowledged_by} 签收", at=warning.number)
    return get(tx, warning.id)


def ranking(tx: Connection, *, region: str | None = None, limit: int = 100) -> tuple[Ranked, ...]:
    """Subjects by risk, the highest first."""
    risk, subject = tables.risks, cases.subjects
    query = (
        select(risk, subject.c.name, subject.c.region)
        .join(subject, subject.c.id == risk.c.subject_id)
        .order_by(risk.c.score.desc(), risk.c.subject_id)
        .limit(limit)
    )
    if region is not None:
        query = query.where(subject.c.region.startswith(division_prefix(region)))
    return tuple(
        Ranked(
            subject_id=row.subject_id,
            name=row.name,
            region=row.region,
            level=row.level,
            risk=from_json(Risk, row.record),
            assessed_at=row.assessed_at,
        )
        for row in tx.execute(query)
    )


def _keep(tx: Connection, subject_id: str, risk: Risk, *, rises: int, at: datetime) -> None:
    values = {
        "level": risk.level,
        "score": risk.score,
        "rises": rises,
        "record": to_json(risk),
        "assessed_at": at,
    }
    row = upsert(tx, tables.risks).values(subject_id=subject_id, **values)
    tx.execute(row.on_conflict_do_update(index_elements=[tables.risks.c.subject_id], set_=values))


def _warn(
    tx: Connection,
    subject_id: str,
    risk: Risk,
    *,
    rise: int,
    policy: RiskPolicy,
    offices: Offices,
    ids: Ids,
    at: datetime,
) -> RiskWarning:
    level = policy.levels[risk.level - 1]
    region = subjects.get(tx, subject_id).region
    open_leads = signs.leads(tx, operators.operator_of(tx, subject_id).subjects)
    told = [
        office
        for one in level.recipients
        for office in (
            (offices.responsible(one, region).id,) if isinstance(one, OfficeKind) else open_leads
        )
    ]
    warning_id = ids.new()
    tx.execute(
        tables.warnings.insert().values(
            id=warning_id,
            number=next_number(tx, series=WARNING_SERIES, region=region, at=at),
            subject_id=subject_id,
            rise=rise,
            level=risk.level,
            title=level.title,
            region=region,
            record=to_json(risk),
            recipients=json.dumps(list(dict.fromkeys(told))),
            raised_at=at,
            due=at + timedelta(hours=level.acknowledge_hours),
            acknowledged_at=None,
            acknowledged_by="",
            note="",
        )
    )
    return get(tx, warning_id)


def _named() -> Select[Any]:
    table, subject = tables.warnings, cases.subjects
    return select(table, subject.c.name.label("subject_name")).join(
        subject, subject.c.id == table.c.subject_id
    )


def _warning(row: Row[Any]) -> RiskWarning:
    values = dict(row._mapping)
    risk = from_json(Risk, values.pop("record"))
    return RiskWarning(
        **{**values, "recipients": tuple(json.loads(values["recipients"]))}, risk=risk
    )
