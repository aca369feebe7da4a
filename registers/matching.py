"""Which registered institution a page speaks for, on a given day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, Connection, Row, func, literal, or_, select

from domain.pages import Document, Identifier, IdentifierKind
from registers.institutions import Institution, name_key
from registers.tables import covered, imports, institutions

_LEAST_NAME = 4
"""Shorter names are not compared by parts: 口腔 is in hundreds of names."""


@frozen(kw_only=True)
class Inquiry:
    """What is asked: codes, name keys and phones of one subject, on the day of capture.

    `subject` is how the page names it; `region` the division where it is believed to be. Both
    are "" when unknown.
    """

    day: date
    subject: str = ""
    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    region: str = ""


@frozen(kw_only=True)
class Version:
    """An institution as one import states it."""

    institution: Institution
    as_of: date
    file: str

    @property
    def identity(self) -> str:
        """The same in every import for the same institution."""
        one = self.institution
        return one.licence_no or one.usci or f"{name_key(one.name)}@{one.region}"


def inquiry(document: Document, *, day: date, region: str) -> Inquiry:
    """The inquiry that a page gives rise to; `region` is that of its source, "" if unknown."""
    numbers = _values(document.identifiers, IdentifierKind.INSTITUTION)
    uscis = _values(document.identifiers, IdentifierKind.USCI)
    filings = _values(document.identifiers, IdentifierKind.PSB)
    phones = _values(document.identifiers, IdentifierKind.PHONE)
    names = [name for name in (document.subject_hint, document.account) if name]
    keys = (name_key(name) for name in names)
    # The credit code names the registering authority, not the place, so it comes last.
    places = (
        *(number[9:15] for number in numbers),
        region,
        *("".join(c for c in filing if c.isdigit())[:6] for filing in filings),
        *(code[2:8] for code in uscis),
    )
    return Inquiry(
        day=day,
        subject="、".join(dict.fromkeys((*names, *numbers, *uscis))),
        codes=(*numbers, *uscis),
        names=tuple(dict.fromkeys(key for key in keys if key)),
        phones=tuple(phone.partition("-")[0] for phone in phones),
        region=next((place for place in places if place), ""),
    )


def look_up(tx: Connection, asked: Inquiry) -> tuple[Version, ...]:
    """The institutions that answer: by code, else by exact name, else by phone and part of a name.

    More than one means that the page does not tell which of them it speaks for.
    """
    for condition in _tiers(asked):
        found = _narrowed(_in_force(_versions(tx, condition), asked.day), asked)
        if found:
            return found
    return ()


def similar(tx: Connection, asked: Inquiry) -> tuple[Version, ...]:
    """Institutions of the division whose name holds, or is held by, a name asked for."""
    parts = _name_parts(asked.names)
    if not parts:
        return ()
    condition = or_(*parts) & (institutions.c.region == asked.region)
    return _in_force(_versions(tx, condition), asked.day)


def coverage(tx: Connection, region: str, day: date) -> date | None:
    """The newest day, not after `day`, for which the whole division is in the register."""
    wanted = select(covered.c.as_of).where(covered.c.region == region, covered.c.as_of <= day)
    return tx.execute(wanted.order_by(covered.c.as_of.desc()).limit(1)).scalar_one_or_none()


def control(tx: Connection, asked: Inquiry, as_of: date) -> Version | None:
    """A known record of the division, when every way of asking finds it; None when one fails.

    Without it an empty answer could as well come from a broken register.
    """
    condition = (institutions.c.region == asked.region) & (institutions.c.as_of == as_of)
    known = next(iter(_versions(tx, condition, limit=1)), None)
    if known is None:
        return None
    one = known.institution
    plain = Inquiry(day=asked.day, region=asked.region)
    ways = [evolve(plain, names=(name_key(one.name),))]
    ways += [evolve(plain, codes=(code,)) for code in (one.licence_no, one.usci) if code]
    found = [{version.identity for version in look_up(tx, way)} for way in ways]
    return known if all(known.identity in identities for identities in found) else None


def _values(identifiers: Iterable[Identifier], kind: IdentifierKind) -> tuple[str, ...]:
    found = (i.value for i in identifiers if i.kind is kind and i.valid is not False)
    return tuple(dict.fromkeys(found))


def _tiers(asked: Inquiry) -> Iterator[ColumnElement[bool]]:
    table = institutions.c
    if asked.codes:
        yield or_(table.licence_no.in_(asked.codes), table.usci.in_(asked.codes))
    if asked.names:
        yield table.name_key.in_(asked.names)
    parts = _name_parts(asked.names)
    if parts and asked.phones:
        phones = [table.phones.contains(f" {phone} ", autoescape=True) for phone in asked.phones]
        yield or_(*phones) & or_(*parts)


def _name_parts(names: Sequence[str]) -> list[ColumnElement[bool]]:
    key = institutions.c.name_key
    long = [name for name in names if len(name) >= _LEAST_NAME]
    # Name keys hold letters and digits only, so they are free of LIKE's own signs.
    return [
        (func.length(key) >= _LEAST_NAME) & (key.contains(name) | literal(name).contains(key))
        for name in long
    ]


def _narrowed(found: tuple[Version, ...], asked: Inquiry) -> tuple[Version, ...]:
    """Several candidates, told apart by name, phone and division as far as these decide."""
    for test in (
        lambda one: name_key(one.name) in asked.names,
        lambda one: any(phone in asked.phones for phone in one.phones),
        lambda one: one.region == asked.region,
    ):
        if len(found) > 1:
            found = tuple(version for version in found if test(version.institution)) or found
    return found


def _in_force(versions: Iterable[Version], day: date) -> tuple[Version, ...]:
    """Of each institution the newest version not after `day`; failing that a later one that
    says of itself that it was valid by then."""
    chosen: dict[str, Version] = {}
    for version in sorted(versions, key=lambda version: version.as_of):
        since = version.institution.valid_from
        known = version.as_of <= day
        if known or (version.identity not in chosen and since is not None and since <= day):
            chosen[version.identity] = version
    newest: dict[tuple[str, str], date] = {}
    for version in chosen.values():
        newest[_place(version)] = max(version.as_of, newest.get(_place(version), version.as_of))
    # An older version that lacked the number would otherwise stand as a second institution.
    return tuple(v for v in chosen.values() if v.as_of == newest[_place(v)])


def _place(version: Version) -> tuple[str, str]:
    return name_key(version.institution.name), version.institution.region


def _versions(
    tx: Connection, condition: ColumnElement[bool], *, limit: int = 1000
) -> list[Version]:
    wanted = (
        select(institutions, imports.c.file)
        .join(imports, imports.c.id == institutions.c.import_id)
        .where(condition)
        .order_by(institutions.c.as_of, institutions.c.row)
        .limit(limit)
    )
    return [_version(row) for row in tx.execute(wanted)]


def _version(row: Row[Any]) -> Version:
    institution = Institution(
        name=row.name,
        usci=row.usci,
        licence_no=row.licence_no,
        region=row.region,
        level=row.level,
        departments=tuple(row.departments.splitlines()),
        address=row.address,
        legal_representative=row.legal_representative,
        phones=tuple(row.phones.split()),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )
    return Version(institution=institution, as_of=row.as_of, file=row.file)
