"""Sheets from analysts and complaint desks: lists of addresses and complaint exports."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook

from crawlers.canonical import split
from crawlers.discovery.records import CandidateKind, Lead
from crawlers.importers.columns import SEARCHED_ROWS, Columns, complaint_mapping
from crawlers.importers.records import ImportOptions, ImportRecord, SheetRow
from crawlers.importers.scrub import scrub
from domain.errors import PermanentError
from domain.pages import IdentifierKind
from language.charset import to_text
from language.identifiers import identifiers
from storage.spreadsheets import check_workbook

RESULT = "导入结果"
"""The heading of the column that an import writes into a sheet."""
MAX_ROWS = 100_000
_MAX_CELLS = 200
_MAX_CELL = 100_000
_DAMAGED = (KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError,
            zipfile.BadZipFile, zlib.error, ParseError)  # fmt: skip
_ADDRESS = re.compile(r"https?://[^\s\"'<>，。；、（）\u4e00-\u9fff]+", re.IGNORECASE)
_BARE = re.compile(r"\A(?:[\w-]+\.)+[a-zA-Z]{2,}(?::\d+)?(?:/\S*)?\Z", re.ASCII)
_ACCOUNT = re.compile(
    r"(?:微信)?公众号(?:名称|叫|为|是|名为)?\s*[：:]?\s*[“\"「『【《]([^”\"」』】》]{2,30})[”\"」』】》]"
)
_LEADS = {
    IdentifierKind.PHONE: CandidateKind.PHONE,
    IdentifierKind.WECHAT: CandidateKind.ACCOUNT,
}
Rows = Iterator[tuple[SheetRow, list[str] | str]]


def read_sheet(path: Path, *, options: ImportOptions, is_xlsx: bool) -> Iterator[ImportRecord]:
    """Every address in a sheet as one to visit; from a complaint export also whom it is about.

    A row of no use is an error that names it. In a complaint export only the columns of the
    mapping are read, so that the person who complains stays in the file.
    """
    try:
        mapping = complaint_mapping(options.mapping)
    except PermanentError as error:
        yield ImportRecord(record=path.name, error=f"{path.name}：{error}")
        return
    found = False
    for place, rows in _sheets(path, is_xlsx=is_xlsx):
        for record in _records(place, rows, mapping, told=options.mapping is not None):
            found = True
            yield record
    if not found:
        yield ImportRecord(record=path.name, error=f"{path.name}：表格里没有可用的行")


def _records(place: str, rows: Rows, mapping: Columns, *, told: bool) -> Iterator[ImportRecord]:
    head = list(islice(rows, SEARCHED_ROWS))
    headings = ((row, mapping.columns(cells)) for row, cells in head if isinstance(cells, list))
    start, columns = next(((row.number, c) for row, c in headings if c), (0, None))
    if columns is None and told:
        reason = f"{place}：前 {SEARCHED_ROWS} 行里没有对应表所说的表头"
        yield ImportRecord(record=place, error=reason)
        return
    for row, cells in chain(head, rows):
        where = f"{place} 第 {row.number} 行" if row.number else place
        if isinstance(cells, str):
            yield ImportRecord(record=where, error=f"{where}：{cells}", row=row)
        elif columns is None:
            yield from _addresses(cells, where, row)
        elif row.number > start:
            yield from _complaint(cells, columns, where, row)


def text_rows(text: str) -> Iterator[list[str] | str]:
    """The rows of a CSV or tab-separated text; a row that cannot be read is the reason."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text))
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"这一行无法读取（{error}）"


def delimiter(text: str) -> str:
    """The sign between the cells of the first line."""
    first = text.partition("\n")[0]
    return max(",\t;", key=lambda sign: (first.count(sign), sign == ","))


def _sheets(path: Path, *, is_xlsx: bool) -> Iterator[tuple[str, Rows]]:
    if not is_xlsx:
        text, _, _ = to_text(path.read_bytes())
        yield path.name, _limited(text_rows(text.lstrip("\ufeff")), None)
        return
    try:
        with path.open("rb") as stream:
            check_workbook(stream, path.name)
            book = load_workbook(stream, read_only=True, data_only=True)
            for sheet in book.worksheets:
                rows = sheet.iter_rows(values_only=True, max_col=_MAX_CELLS)
                cells = (["" if cell is None else str(cell) for cell in row] for row in rows)
                yield f"{path.name} {sheet.title}", _limited(_undamaged(cells), sheet.title)
            book.close()
    except PermanentError as error:
        yield path.name, iter([(SheetRow(sheet=None, number=0), error.message)])
    except _DAMAGED as error:
        yield path.name, iter([(SheetRow(sheet=None, number=0), f"电子表格损坏（{error}）")])


def _undamaged(rows: Iterator[list[str]]) -> Iterator[list[str] | str]:
    try:
        yield from rows
    except _DAMAGED as error:
        yield f"电子表格损坏（{error}）"


def _limited(rows: Iterator[list[str] | str], sheet: str | None) -> Rows:
    for number, cells in enumerate(rows, start=1):
        if number > MAX_ROWS:
            yield SheetRow(sheet=sheet, number=number), f"超过 {MAX_ROWS} 行，其余未读"
            return
        yield SheetRow(sheet=sheet, number=number), cells


def _addresses(row: Sequence[str], where: str, place: SheetRow) -> Iterator[ImportRecord]:
    cells = [cell.strip()[:_MAX_CELL] for cell in row[:_MAX_CELLS] if cell.strip()]
    if not cells or cells[0].startswith("#"):
        return
    usable = _usable(cells)
    if not usable and place.number > 1:
        reason = f"{where}：没有可用的网址（{cells[0][:60]}）"
        yield ImportRecord(record=where, error=reason, row=place)
    yield from (ImportRecord(record=where, url=url, request=True, row=place) for url in usable)


def _complaint(
    row: Sequence[str], columns: dict[str, int], where: str, place: SheetRow
) -> Iterator[ImportRecord]:
    told = {
        field: row[column].strip()[:_MAX_CELL] if column < len(row) else ""
        for field, column in columns.items()
    }
    if not any(told.values()):
        return
    case = told.get("case_no", "")[:60]
    named = f"{where}（{case}）" if case else where
    usable = _usable([told.get("url", ""), told.get("text", "")])
    leads = dict.fromkeys(_leads(told))
    for url in usable:
        yield ImportRecord(record=named, url=url, request=True, row=place)
    for lead in leads:
        yield ImportRecord(record=named, lead=lead, row=place)
    if not usable and not leads:
        reason = f"{named}：既没有网址，也没有可查的名称、电话或微信号"
        yield ImportRecord(record=named, error=reason, row=place)


def _leads(told: dict[str, str]) -> Iterator[Lead]:
    name = told.get("name", "")
    if 2 <= len(name) <= 60:
        yield Lead(kind=CandidateKind.NAME, value=name)
    for account in _ACCOUNT.findall(told.get("text", "")):
        yield Lead(kind=CandidateKind.ACCOUNT, value=account.strip())
    # A number in free text may well be that of whoever complains; a hotline is not.
    for field in ("phone", "text"):
        for one in identifiers(told.get(field, "")):
            hotline = one.value.startswith(("400", "800"))
            if one.kind in _LEADS and (
                field == "phone" or hotline or one.kind is not IdentifierKind.PHONE
            ):
                yield Lead(kind=_LEADS[one.kind], value=one.value)


def _usable(cells: Sequence[str]) -> list[str]:
    addresses = [url for cell in cells for url in _ADDRESS.findall(cell)]
    if not addresses and _BARE.match(cells[0]):
        addresses = [f"http://{cells[0]}"]
    clean = (scrub(url, ()).url for url in addresses if split(url) is not None)
    return list(dict.fromkeys(clean))
