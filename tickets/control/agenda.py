"""The list of key matters (要情工作清单): proposed from the ranking, agreed by the offices that
supervise, released in numbered batches, revised (law.md D.4)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import Connection, Row, func, select, update

from domain.errors import IllegalMove, NotFound
from domain.findings import Family
from domain.ports import Ids
from storage import datafiles
from storage.datafiles import Strict
from storage.records import from_json, to_json
from tickets import subjects
from tickets import tables as cases
from tickets.control import signs, tables
from tickets.control.warnings import Ranked
from tickets.issue import OVER
from tickets.numbers import AGENDA_SERIES, next_number


class ItemState(StrEnum):
    """Where an item stands."""

    PROPOSED = "待商定"
    AGREED = "已商定"
    RELEASED = "已发布"
    WITHDRAWN = "已撤下"


class Inspection(Strict):
    """What is proposed for a family of violations."""

    procedure: str
    content: str
    method: str


@frozen(kw_only=True)
class Points:
    """The five things that an item names: 监管主体 (office ids), 监管对象, 检查程序, 检查内容,
    检查方法; and the risk that put it on the list."""

    supervisors: tuple[str, ...]
    object: str
    procedure: str
    content: str
    method: str
    risk: int


@frozen(kw_only=True)
class Item:
    """An item as it stands; `agreed` are the supervisors that agreed to this revision."""

    id: str
    subject_id: str
    state: ItemState
    revision: int
    points: Points
    agreed: tuple[str, ...]
    batch: str


Inspections = Mapping[Family, Inspection]


def load_inspections(source: Path | Traversable | None = None) -> dict[Family, Inspection]:
    """What each family proposes. Raises ConfigError (file:line) when one is missing."""
    data = datafiles.read(source or datafiles.shipped("tickets.control", "agenda.yml"))
    found = data.validated(_File).model_dump()
    return {Family(name): Inspection(**value) for name, value in found.items()}


def propose(
    tx: Connection,
    ranked: Collection[Ranked],
    inspections: Inspections,
    *,
    actor: str,
    at: datetime,
    ids: Ids,
) -> tuple[Item, ...]:
    """Put ranked subjects with open tickets on the list; those that are on it already stay as they
    are. Returns what is new."""
    fresh = []
    for one in ranked:
        subjects.lock(tx, one.subject_id)
        known = _rows(tx, tables.agenda_items.c.subject_id == one.subject_id)
        supervisors = signs.leads(tx, [one.subject_id])
        if not supervisors or (known and known[0].state is not ItemState.WITHDRAWN):
            continue
        points = _points(tx, one, supervisors, inspections)
        item = Item(
            id=known[0].id if known else ids.new(),
            subject_id=one.subject_id,
            state=ItemState.PROPOSED,
            revision=known[0].revision + 1 if known else 1,
            points=points,
            agreed=(),
            batch="",
        )
        if not known:
            tx.execute(tables.agenda_items.insert().values(**_columns(item)))
        fresh.append(_keep(tx, item, words="按风险排名列入", actor=actor, at=at))
    return tuple(fresh)


def agree(tx: Connection, item_id: str, *, office: str, actor: str, at: datetime) -> Item:
    """A supervising office agrees; with the last of them the item is agreed. Raises IllegalMove
    for another office, a second time, or another state."""
    item = get(tx, item_id)
    if item.state is not ItemState.PROPOSED:
        raise IllegalMove(f"事项处于“{item.state}”，无须商定", at=item.id)
    if office not in item.points.supervisors or office in item.agreed:
        raise IllegalMove(f"{office} 不是待商定的监管主体", at=item.id)
    agreed = (*item.agreed, office)
    whole = set(agreed) >= set(item.points.supervisors)
    state = ItemState.AGREED if whole else ItemState.PROPOSED
    changed = evolve(item, agreed=agreed, state=state)
    return _keep(tx, changed, words=f"{office} 同意", actor=actor, at=at)


def release(
    tx: Connection, *, region: str, actor: str, at: datetime
) -> tuple[str, tuple[Item, ...]]:
    """Release everything that is agreed as one numbered batch. Raises IllegalMove when there is
    nothing to release."""
    ready = _rows(tx, tables.agenda_items.c.state == ItemState.AGREED.value)
    if not ready:
        raise IllegalMove("没有已商定待发布的事项")
    number = next_number(tx, series=AGENDA_SERIES, region=region, at=at)
    released = tuple(
        _keep(
            tx,
            evolve(item, state=ItemState.RELEASED, batch=number),
            words=f"随 {number} 发布",
            actor=actor,
            at=at,
        )
        for item in ready
    )
    return number, released


def revise(
    tx: Connection,
    item_id: str,
    *,
    procedure: str = "",
    content: str = "",
    method: str = "",
    reason: str,
    actor: str,
    at: datetime,
) -> Item:
    """Change points in words ("" leaves one as it is); the offices agree anew, and the item leaves
    with the next batch. Raises IllegalMove without a reason or a change, or for a withdrawn item.
    """
    item = get(tx, item_id)
    old = item.points
    points = evolve(
        old,
        procedure=procedure or old.procedure,
        content=content or old.content,
        method=method or old.method,
    )
    if item.state is ItemState.WITHDRAWN or not reason.strip() or points == old:
        raise IllegalMove("只能修订在列的事项，且须有改动和理由", at=item.id)
    changed = evolve(
        item,
        state=ItemState.PROPOSED,
        revision=item.revision + 1,
        points=points,
        agreed=(),
    )
    return _keep(tx, changed, words=f"修订：{reason.strip()}", actor=actor, at=at)


def withdraw(tx: Connection, item_id: str, *, reason: str, actor: str, at: datetime) -> Item:
    """Take an item off the list. Raises IllegalMove without a reason or the second time."""
    item = get(tx, item_id)
    if item.state is ItemState.WITHDRAWN or not reason.strip():
        raise IllegalMove("撤下须写明理由，已撤下的不再撤下", at=item.id)
    gone = evolve(item, state=ItemState.WITHDRAWN)
    return _keep(tx, gone, words=f"撤下：{reason.strip()}", actor=actor, at=at)


def get(tx: Connection, item_id: str) -> Item:
    """The item with this id. Raises NotFound."""
    found = _rows(tx, tables.agenda_items.c.id == item_id)
    if not found:
        raise NotFound(f"没有要情事项 {item_id}")
    return found[0]


def listed(
    tx: Connection, *, state: ItemState | None = None, batch: str | None = None
) -> tuple[Item, ...]:
    """Items, the highest risk first."""
    table, conditions = tables.agenda_items, []
    if state is not None:
        conditions.append(table.c.state == state.value)
    if batch is not None:
        conditions.append(table.c.batch == batch)
    found = _rows(tx, *conditions, lock=False)
    return tuple(sorted(found, key=lambda item: (-item.points.risk, item.id)))


class _File(Strict):
    advertising: Inspection
    practice: Inspection
    product: Inspection
    crime: Inspection


def _points(
    tx: Connection, one: Ranked, supervisors: tuple[str, ...], inspections: Inspections
) -> Points:
    ticket = cases.tickets
    families = tx.execute(
        select(ticket.c.family)
        .where(
            ticket.c.subject_id == one.subject_id,
            ticket.c.state.not_in([state.value for state in OVER]),
        )
        .distinct()
        .order_by(ticket.c.family)
    ).scalars()
    wanted = [inspections[Family(family)] for family in families]
    return Points(
        supervisors=supervisors,
        object=one.name,
        procedure="；".join(part.procedure for part in wanted),
        content="；".join(part.content for part in wanted),
        method="；".join(part.method for part in wanted),
        risk=one.risk.score,
    )


def _keep(tx: Connection, item: Item, *, words: str, actor: str, at: datetime) -> Item:
    table, events = tables.agenda_items, tables.agenda_events
    tx.execute(update(table).where(table.c.id == item.id).values(**_columns(item)))
    last = select(func.coalesce(func.max(events.c.sequence), -1)).where(events.c.item_id == item.id)
    tx.execute(
        events.insert().values(
            item_id=item.id,
            sequence=tx.execute(last).scalar_one() + 1,
            at=at,
            actor=actor,
            words=words,
            record=to_json(item),
        )
    )
    return item


def _columns(item: Item) -> dict[str, object]:
    return {
        "id": item.id,
        "subject_id": item.subject_id,
        "state": item.state.value,
        "revision": item.revision,
        "record": to_json(item.points),
        "agreed": json.dumps(item.agreed),
        "batch": item.batch,
    }


def _rows(tx: Connection, *conditions: Any, lock: bool = True) -> list[Item]:
    """Items in the order of ids; `lock` those that are to be written next, where the engine can."""
    table = tables.agenda_items
    wanted = select(table).where(*conditions).order_by(table.c.id)
    return [_item(row) for row in tx.execute(wanted.with_for_update() if lock else wanted)]


def _item(row: Row[Any]) -> Item:
    return Item(
        id=row.id,
        subject_id=row.subject_id,
        state=ItemState(row.state),
        revision=row.revision,
        points=from_json(Points, row.record),
        agreed=tuple(json.loads(row.agreed)),
        batch=row.batch,
    )
