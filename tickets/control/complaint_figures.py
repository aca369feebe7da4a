"""Complaints by year and by street or town (街道、乡镇), each number listing its complaints."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from attrs import frozen
from sqlalchemy import Connection, select

from domain.divisions import contains
from tickets import tables
from tickets.calendar import civil_date

UNKNOWN = "不明"
# The words before 街道, 镇 or 乡, after the province, city and district that addresses begin with.
_PLACE = re.compile(
    r"(?:^|[省市区县旗盟州\s，,])([^省市区县旗盟州\s，,\d]{1,10}?(?:街道|镇|乡))(?!卫生院)"
)


class ComplaintDimension(StrEnum):
    """By what complaints are told apart."""

    YEAR = "year"
    STREET = "street"
    SOURCE = "source"
    STATE = "state"


@frozen(kw_only=True)
class ComplaintRow:
    """One row: the key and the numbers (编号) of its complaints."""

    key: str
    numbers: tuple[str, ...]


def complaints(
    tx: Connection,
    dimension: ComplaintDimension,
    *,
    region: str | None = None,
    types: Collection[str] = (),
) -> tuple[ComplaintRow, ...]:
    """Complaints by key, in the order of the keys. `types`: only those tied to a clue that carries
    one of these violation types; what is not tied yet has no type."""
    told, finding = tables.complaints, tables.clue_findings
    query = select(told).order_by(told.c.number)
    if types:
        tied = select(finding.c.clue_id).where(finding.c.type.in_(types))
        query = query.where(told.c.clue_id.in_(tied))
    found: dict[str, list[str]] = {}
    for row in tx.execute(query):
        if region is not None and not contains(region, row.region):
            continue
        match dimension:
            case ComplaintDimension.YEAR:
                key = str(civil_date(row.received_at).year)
            case ComplaintDimension.STREET:
                key = street(row.address)
            case ComplaintDimension.SOURCE:
                key = row.source
            case ComplaintDimension.STATE:
                key = row.state
        found.setdefault(key, []).append(row.number)
    return tuple(ComplaintRow(key=key, numbers=tuple(found[key])) for key in sorted(found))


def street(address: str) -> str:
    """The street office or town that an address names, UNKNOWN when it names none."""
    matched = _PLACE.search(address)
    return matched[1] if matched else UNKNOWN
