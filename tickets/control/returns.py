"""Quarterly returns: districts enter and sign, the city merges, late ones are chased (law D.8)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime

from attrs import frozen
from sqlalchemy import Connection, Row, select, update

from domain.divisions import Level, contains, level_of
from domain.errors import IllegalMove, PermanentError
from storage.upsert import upsert
from tickets.calendar import civil_date
from tickets.control import figures, tables
from tickets.control.figures import Line, Slice
from tickets.control.measures import Measures
from tickets.control.return_form import Form, Quarter, measure_of
from tickets.offices import Offices

MOST = 10**13


@frozen(kw_only=True)
class Return:
    """A district's form: `numbers` as entered and counted now, or as signed once it is. `missing`
    are the cells that are still to be entered; `note` says why it was given back."""

    region: str
    quarter: Quarter
    numbers: Mapping[str, int]
    missing: tuple[str, ...]
    signed_by: str
    signed_at: datetime | None
    note: str


@frozen(kw_only=True)
class Merged:
    """The city's form: the sum over the districts that signed, and those that are wanting."""

    numbers: Mapping[str, int]
    districts: tuple[str, ...]
    wanting: tuple[str, ...]


def read(
    tx: Connection, form: Form, measures: Measures, *, region: str, quarter: Quarter
) -> Return:
    """A district's form as it stands."""
    row = _row(tx, region, quarter)
    signed = row is not None and row.signed_at is not None
    if row is not None and signed:
        numbers = json.loads(row.record)
    else:
        numbers = _entries(tx, region, quarter) | {
            cell.id: len(tickets(tx, form, measures, cell.id, region=region, quarter=quarter))
            for cell in form.cells
            if cell.counted
        }
    return Return(
        region=region,
        quarter=quarter,
        numbers={c.id: numbers[c.id] for c in form.cells if c.id in numbers},
        missing=tuple(c.id for c in form.cells if c.entered and c.id not in numbers),
        signed_by=row.signed_by if row else "",
        signed_at=row.signed_at if row else None,
        note=row.note if row else "",
    )


def tickets(
    tx: Connection, form: Form, measures: Measures, cell_id: str, *, region: str, quarter: Quarter
) -> tuple[Line, ...]:
    """The tickets behind a counted cell. Raises PermanentError for any other."""
    cell = form.get(cell_id)
    if not cell.counted:
        raise PermanentError(f"“{cell.title}”不是系统统计的栏目", at=cell_id)
    part = Slice(since=quarter.since, until=quarter.until, region=region)
    return figures.lines(tx, measure_of(cell, measures), part, today=quarter.until)


def enter(
    tx: Connection,
    form: Form,
    values: Mapping[str, int],
    *,
    region: str,
    quarter: Quarter,
    actor: str,
    at: datetime,
) -> None:
    """Fill in cells; all of them or none. Raises PermanentError for a cell that is not entered by
    hand or a number that is none, IllegalMove once the form is signed."""
    row = _row(tx, region, quarter)
    if row is not None and row.signed_at is not None:
        raise IllegalMove(f"{region} {quarter} 已由 {row.signed_by} 签报，退回后方可修改")
    table = tables.return_entries
    for cell_id, value in values.items():
        cell = form.get(cell_id)
        if not cell.entered:
            raise PermanentError(f"“{cell.title}”由系统统计，不能填写", at=cell_id)
        if not 0 <= value < MOST:
            raise PermanentError(f"“{cell.title}”的数值 {value} 超出范围", at=cell_id)
        said = {"value": value, "actor": actor, "at": at}
        new = upsert(tx, table).values(region=region, quarter=str(quarter), cell=cell_id, **said)
        keys = [table.c.region, table.c.quarter, table.c.cell]
        tx.execute(new.on_conflict_do_update(index_elements=keys, set_=said))


def sign(
    tx: Connection,
    form: Form,
    measures: Measures,
    *,
    region: str,
    quarter: Quarter,
    signer: str,
    at: datetime,
) -> Return:
    """The district signs; its figures, counted ones too, stay as they are from now on.

    Raises IllegalMove when cells are missing, a part exceeds its whole, the quarter has not ended,
    or it is signed already.
    """
    found = read(tx, form, measures, region=region, quarter=quarter)
    if found.signed_at is not None:
        raise IllegalMove(f"{region} {quarter} 已由 {found.signed_by} 签报")
    if civil_date(at) <= quarter.until:
        raise IllegalMove(f"{quarter} 尚未结束")
    if found.missing:
        missing = "、".join(form.get(cell).title for cell in found.missing)
        raise IllegalMove(f"还有栏目未填：{missing}", at=f"{region} {quarter}")
    for cell in form.cells:
        if cell.share and found.numbers[cell.share[0]] > found.numbers[cell.share[1]]:
            first, second = (form.get(name).title for name in cell.share)
            raise IllegalMove(f"“{first}”大于“{second}”", at=f"{region} {quarter}")
    signed = {
        "record": json.dumps(dict(found.numbers)),
        "signed_by": signer,
        "signed_at": at,
        "note": "",
    }
    table = tables.returns
    new = upsert(tx, table).values(region=region, quarter=str(quarter), **signed)
    tx.execute(
        new.on_conflict_do_update(index_elements=[table.c.region, table.c.quarter], set_=signed)
    )
    return read(tx, form, measures, region=region, quarter=quarter)


def give_back(tx: Connection, *, region: str, quarter: Quarter, reason: str, actor: str) -> None:
    """The city gives a signed form back to be corrected. Raises IllegalMove when it is not signed,
    or without a reason."""
    table = tables.returns
    if not reason.strip():
        raise IllegalMove("退回须写明理由")
    changed = tx.execute(
        update(table)
        .where(
            table.c.region == region,
            table.c.quarter == str(quarter),
            table.c.signed_at.is_not(None),
        )
        .values(signed_at=None, signed_by="", record="", note=f"{actor}退回：{reason.strip()}")
    )
    if changed.rowcount != 1:
        raise IllegalMove(f"{region} {quarter} 尚未签报")


def merge(
    tx: Connection,
    form: Form,
    measures: Measures,
    *,
    districts: Collection[str],
    quarter: Quarter,
) -> Merged:
    """Add the signed forms of the districts up, cell by cell; shares are reckoned of the sums."""
    found = [
        read(tx, form, measures, region=region, quarter=quarter) for region in sorted(districts)
    ]
    signed = [one for one in found if one.signed_at is not None]
    plain = [cell.id for cell in form.cells if cell.share is None]
    return Merged(
        numbers={cell: sum(one.numbers.get(cell, 0) for one in signed) for cell in plain},
        districts=tuple(one.region for one in signed),
        wanting=tuple(one.region for one in found if one.signed_at is None),
    )


def districts_of(tx: Connection, offices: Offices) -> tuple[str, ...]:
    """The districts of the city that make returns: those with an office of their own in the list,
    and those that have entered or signed something."""
    own = {o.region for o in offices.all if o.level is Level.COUNTY}
    for table in (tables.returns, tables.return_entries):
        own |= set(tx.execute(select(table.c.region).distinct()).scalars())
    return tuple(
        sorted(r for r in own if level_of(r) is Level.COUNTY and contains(offices.home, r))
    )


def late(
    tx: Connection, form: Form, *, districts: Collection[str], quarter: Quarter, today: date
) -> tuple[str, ...]:
    """Districts that have not signed although the last day has passed."""
    if today <= quarter.due(form):
        return ()
    table = tables.returns
    signed = set(
        tx.execute(
            select(table.c.region).where(
                table.c.quarter == str(quarter), table.c.signed_at.is_not(None)
            )
        ).scalars()
    )
    return tuple(region for region in sorted(districts) if region not in signed)


def _row(tx: Connection, region: str, quarter: Quarter) -> Row[*tuple[object, ...]] | None:
    table = tables.returns
    return tx.execute(
        select(table).where(table.c.region == region, table.c.quarter == str(quarter))
    ).one_or_none()


def _entries(tx: Connection, region: str, quarter: Quarter) -> dict[str, int]:
    table = tables.return_entries
    rows = tx.execute(
        select(table.c.cell, table.c.value).where(
            table.c.region == region, table.c.quarter == str(quarter)
        )
    )
    return {row.cell: row.value for row in rows}
