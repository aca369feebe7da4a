"""Lists that authorities gave, imported as versions of the registers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from attrs import field, frozen, mutable
from sqlalchemy import Connection, delete, insert, select

from domain.errors import PermanentError
from domain.ids import derive_id
from registers.files import Cells, rows
from registers.headings import NO_MAPPING, ColumnMapping, Headings, find_headings
from registers.kinds import Kind, kind_of
from registers.names import core, grams, name_key, neighbours, place_key, plain_key
from registers.readers import Entry, identity, numbered_identity, read_entry
from registers.tables import covered, entries, imports, keys
from storage.records import to_json
from storage.spreadsheets import contents

_BATCH = 1000


@frozen(kw_only=True)
class RowError:
    """A row that was not imported: its number in the file, counted from 1, the heading of the
    column (the field's title where the list has none) and why."""

    row: int
    column: str
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


@frozen(kw_only=True)
class Held:
    """One list that is held: its register, file, day, when we got it, and how much of it."""

    id: str
    kind: str
    file: str
    as_of: date
    imported_at: datetime
    rows: int
    refused: int
    covered: tuple[str, ...]


def import_register(
    tx: Connection,
    kind_key: str,
    path: Path,
    *,
    as_of: date,
    at: datetime,
    complete: bool = False,
    mapping: ColumnMapping = NO_MAPPING,
) -> ImportReport:
    """Import a list (CSV, XLSX, JSON) as the version of one register for the day `as_of`.

    `complete` states that the file holds every record of each division (行政区划) in it; where the
    mapping fixes a division, of that division with all below it. A division with a refused row is
    not complete, nor is any when that row tells no division. The same file for the same day
    replaces its earlier import. Raises PermanentError when the file cannot be read as a whole and
    NotFound for an unknown register; refused rows are in the report.
    """
    kind = kind_of(kind_key)
    data = contents(path)
    found = rows(data, path.name)
    headings = find_headings(found, kind, mapping, file=path.name)
    reading = _Reading(kind=kind, headings=headings)
    for number, cells in found:
        reading.add(number, cells)
    regions = reading.whole_regions() if complete else ()
    version = _begin(
        tx,
        kind,
        identity=hashlib.sha256(data).hexdigest(),
        file=path.name,
        as_of=as_of,
        at=at,
        read=len(reading.read),
        refused=reading.refused,
    )
    _insert(tx, kind, reading.read, version=version, as_of=as_of)
    if regions:
        tx.execute(
            insert(covered), [{**version, "as_of": as_of, "region": region} for region in regions]
        )
    return ImportReport(
        rows=len(reading.read) + reading.refused,
        imported=len(reading.read),
        errors=tuple(reading.errors),
        unknown=headings.unknown,
        covered=regions,
    )


def record_entry(
    tx: Connection,
    kind_key: str,
    cells: Mapping[str, str],
    *,
    source: str,
    as_of: date,
    at: datetime,
) -> None:
    """Put one record of ours beside the imported lists; the same record for the same source and
    day replaces its earlier entry. Raises PermanentError when the register does not take it."""
    kind = kind_of(kind_key)
    entry = read_entry(kind, cells)
    if not isinstance(entry, Entry):
        flaws = "；".join(f"{flaw.column}：{flaw.reason}" for flaw in entry)
        raise PermanentError(f"不能记入{kind.title}：{flaws}", at=source)
    version = _begin(tx, kind, identity=source, file=source, as_of=as_of, at=at, read=1)
    _insert(tx, kind, {1: entry}, version=version, as_of=as_of)


def held(tx: Connection, kind_key: str | None = None) -> list[Held]:
    """All lists that are held, newest day first within each register."""
    wanted = select(imports).order_by(imports.c.kind, imports.c.as_of.desc(), imports.c.id)
    if kind_key is not None:
        wanted = wanted.where(imports.c.kind == kind_of(kind_key).key)
    regions: dict[str, list[str]] = {}
    for row in tx.execute(select(covered.c.import_id, covered.c.region).order_by(covered.c.region)):
        regions.setdefault(row.import_id, []).append(row.region)
    return [
        Held(**row, covered=tuple(regions.get(row["id"], ())))
        for row in tx.execute(wanted).mappings()
    ]


@mutable(kw_only=True)
class _Reading:
    """The rows of one file as they are read."""

    kind: Kind
    headings: Headings
    read: dict[int, Entry] = field(factory=dict)
    errors: list[RowError] = field(factory=list)
    refused: int = 0
    _refused_regions: set[str] = field(factory=set)
    _rows_of: dict[str, int] = field(factory=dict)

    def add(self, number: int, row: Cells) -> None:
        """Take one row in, or note why not."""
        cells = self.headings.cells(row)
        entry = read_entry(self.kind, cells)
        if isinstance(entry, Entry):
            first = self._first_row_of(number, entry)
            if first == number:
                self.read[number] = entry
                return
            self.errors.append(RowError(row=number, column="", reason=f"与第 {first} 行是同一记录"))
        else:
            titles = {one.title: self.headings.titles.get(k) for k, one in self.kind.fields.items()}
            for flaw in entry:
                column = titles.get(flaw.column) or flaw.column
                self.errors.append(RowError(row=number, column=column, reason=flaw.reason))
        self.refused += 1
        self._refused_regions.add(cells.get("region", "")[:6])

    def whole_regions(self) -> tuple[str, ...]:
        """Divisions of which no row was refused."""
        fixed = self.headings.fixed.get("region")
        if fixed is not None:
            return () if self.refused else (fixed,)
        if any(len(region) < 6 for region in self._refused_regions):
            return ()
        regions = {entry.region for entry in self.read.values()}
        return tuple(sorted(regions - self._refused_regions - {""}))

    def _first_row_of(self, number: int, entry: Entry) -> int:
        own = numbered_identity(self.kind, entry)
        return number if own is None else self._rows_of.setdefault(own, number)


def _begin(
    tx: Connection,
    kind: Kind,
    *,
    identity: str,
    file: str,
    as_of: date,
    at: datetime,
    read: int,
    refused: int = 0,
) -> dict[str, str]:
    """A version of a register in the place of its earlier import; returns what its rows carry."""
    version = {
        "import_id": derive_id("register", kind.key, identity, as_of.isoformat()),
        "kind": kind.key,
    }
    _forget(tx, version["import_id"])
    tx.execute(
        insert(imports).values(
            id=version["import_id"],
            kind=kind.key,
            file=file,
            as_of=as_of,
            imported_at=at,
            rows=read,
            refused=refused,
        )
    )
    return version


def _forget(tx: Connection, import_id: str) -> None:
    for table in (keys, entries, covered):
        tx.execute(delete(table).where(table.c.import_id == import_id))
    tx.execute(delete(imports).where(imports.c.id == import_id))


def _insert(
    tx: Connection,
    kind: Kind,
    read: Mapping[int, Entry],
    *,
    version: Mapping[str, str],
    as_of: date,
) -> None:
    pending = list(read.items())
    for start in range(0, len(pending), _BATCH):
        batch = pending[start : start + _BATCH]
        tx.execute(
            insert(entries),
            [
                {
                    **version,
                    "row": number,
                    "as_of": as_of,
                    "identity": identity(kind, entry),
                    "name": entry.name,
                    "region": entry.region,
                    "record": to_json(entry),
                }
                for number, entry in batch
            ],
        )
        tx.execute(
            insert(keys),
            [
                {**version, "row": number, "scheme": scheme, "value": value}
                for number, entry in batch
                for scheme, value in set(_keys(kind, entry))
            ],
        )


def _keys(kind: Kind, entry: Entry) -> Iterator[tuple[str, str]]:
    """All that a record can be looked up by."""
    yield from entry.numbers.items()
    yield from ((scheme, name_key(name)) for scheme, name in entry.parties.items())
    key = name_key(entry.name)
    yield "name", key
    if kind.subject == "name":
        yield "core", core(key)
        yield from (("gram", gram) for gram in grams(core(key)))
        yield from (("near", near) for near in neighbours(plain_key(key)))
    yield from (("phone", phone[:32]) for phone in entry.phones)
    place = place_key(entry.address)
    if place:
        yield "place", place
