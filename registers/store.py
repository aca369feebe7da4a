"""The registers of one installation: imported lists, and what they say about a page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta, timezone
from pathlib import Path

import structlog
from attrs import field, frozen, mutable
from sqlalchemy import Connection, delete, insert
from sqlalchemy.exc import SQLAlchemyError

from domain.findings import Fact
from domain.ids import derive_id
from domain.pages import Document
from registers.facts import (
    DEPARTMENTS,
    LICENCE,
    ad_approval_fact,
    institution_facts,
    unverified,
)
from registers.files import Cells, contents, rows
from registers.headings import find_headings
from registers.institutions import Institution, name_key, read_institution
from registers.matching import inquiry
from registers.tables import covered, imports, institutions
from storage.database import Database

CHINA = timezone(timedelta(hours=8))
"""Registers are kept, and captures judged, by the civil day of China."""

_BATCH = 1000
_log = structlog.get_logger()


@frozen(kw_only=True)
class RowError:
    """A row that was not imported: its number in the file, counted from 1, and why."""

    row: int
    reason: str


@frozen(kw_only=True)
class ImportReport:
    """What came of an import: rows of data seen and imported, and what was refused.

    `unknown` are headings that no field is known for; `covered` are the divisions for which the
    register can answer 无 from now on.
    """

    rows: int
    imported: int
    errors: tuple[RowError, ...]
    unknown: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()


def import_institutions(
    tx: Connection, path: Path, *, as_of: date, complete: bool = False
) -> ImportReport:
    """Import a list of 医疗机构 (CSV, XLSX, JSON) as the register's version of the day `as_of`.

    `complete` states that the file holds every institution of each division (行政区划) in it. A
    division with a refused row is not complete, nor is any when that row tells no division. The
    same file for the same day replaces its earlier import. Raises PermanentError when the file
    cannot be read as a whole; refused rows are in the report.
    """
    data = contents(path)
    found = rows(data, path.name)
    headings = find_headings(found, file=path.name)
    reading = _Reading(columns=headings.columns)
    for number, cells in found:
        reading.add(number, cells)
    regions = reading.whole_regions() if complete else ()
    digest = hashlib.sha256(data).hexdigest()
    import_id = derive_id("institutions", digest, as_of.isoformat())
    for table in (institutions, covered):
        tx.execute(delete(table).where(table.c.import_id == import_id))
    tx.execute(delete(imports).where(imports.c.id == import_id))
    tx.execute(insert(imports).values(id=import_id, file=path.name, as_of=as_of))
    version = {"import_id": import_id, "as_of": as_of}
    _insert(tx, [version | _row(number, one) for number, one in reading.read.items()])
    if regions:
        tx.execute(insert(covered), [version | {"region": region} for region in regions])
    return ImportReport(
        rows=len(reading.read) + len(reading.errors),
        imported=len(reading.read),
        errors=tuple(reading.errors),
        unknown=headings.unknown,
        covered=regions,
    )


class RegisterBook:
    """The registers as `domain.ports.Registers`.

    `region_of_source` gives the six-digit division of a source id, None when it tells none;
    without it only the numbers on a page say where its subject is, and 无 is rarely provable.
    """

    def __init__(
        self,
        database: Database,
        *,
        region_of_source: Callable[[str], str | None] | None = None,
    ) -> None:
        self._database = database
        self._region_of_source = region_of_source

    def facts_about(self, document: Document) -> tuple[Fact, ...]:
        """`institution_licence`, `departments` and `medical_ad_approval` on the day of capture."""
        day = document.captured_at.astimezone(CHINA).date()
        asked = inquiry(document, day=day, region=self._region(document))
        try:
            with self._database.read() as tx:
                about = institution_facts(tx, asked)
        except SQLAlchemyError as error:
            _log.warning("register_unavailable", document_id=document.id, error=str(error))
            about = (
                unverified(LICENCE, "登记簿暂时无法查询"),
                unverified(DEPARTMENTS, "登记簿暂时无法查询"),
            )
        return (*about, ad_approval_fact(document, day))

    def _region(self, document: Document) -> str:
        if self._region_of_source is None or document.source_id is None:
            return ""
        return self._region_of_source(document.source_id) or ""


@mutable(kw_only=True)
class _Reading:
    """The rows of one file as they are read."""

    columns: Mapping[str, int]
    read: dict[int, Institution] = field(factory=dict)
    errors: list[RowError] = field(factory=list)
    _refused_regions: set[str] = field(factory=set)
    _rows_of: dict[str, int] = field(factory=dict)

    def add(self, number: int, cells: Cells) -> None:
        """Take one row in, or note why not."""
        try:
            institution = read_institution(cells, self.columns)
            self._refuse_repeated(number, institution)
        except ValueError as error:
            self.errors.append(RowError(row=number, reason=str(error)))
            place = self.columns.get("region", len(cells))
            self._refused_regions.add(cells[place][:6] if place < len(cells) else "")
        else:
            self.read[number] = institution

    def whole_regions(self) -> tuple[str, ...]:
        """Divisions of which no row was refused."""
        if any(len(region) < 6 for region in self._refused_regions):
            return ()
        regions = {institution.region for institution in self.read.values()}
        return tuple(sorted(regions - self._refused_regions - {""}))

    def _refuse_repeated(self, number: int, institution: Institution) -> None:
        if institution.licence_no is not None:
            first = self._rows_of.setdefault(institution.licence_no, number)
            if first != number:
                raise ValueError(f"登记号与第 {first} 行重复")


def _insert(tx: Connection, records: Iterable[Mapping[str, object]]) -> None:
    pending = list(records)
    for start in range(0, len(pending), _BATCH):
        tx.execute(insert(institutions), pending[start : start + _BATCH])


def _row(number: int, institution: Institution) -> dict[str, object]:
    return {
        "row": number,
        "name": institution.name,
        "name_key": name_key(institution.name),
        "usci": institution.usci,
        "licence_no": institution.licence_no,
        "region": institution.region,
        "level": institution.level,
        "departments": "\n".join(institution.departments),
        "address": institution.address,
        "legal_representative": institution.legal_representative,
        "phones": "".join(f" {phone} " for phone in institution.phones),
        "valid_from": institution.valid_from,
        "valid_until": institution.valid_until,
    }
