"""Spreadsheets that strangers send, read as rows of text within bounds, and cells of our own that
can never become a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

from domain.errors import PermanentError

MOST_BYTES = 64 * 1024 * 1024
MOST_UNPACKED = 512 * 1024 * 1024
MOST_MEMBERS = 2_000
MOST_ROWS = 300_000
MOST_COLUMNS = 200
_LONGEST_CELL = 32_000
_ZIP = b"PK\x03\x04"
_CHUNK = 1024 * 1024
_DAMAGED = "XLSX 文件已损坏或不是工作簿"


def contents(path: Path) -> bytes:
    """The bytes of a file. Raises PermanentError when it is unreadable or over MOST_BYTES."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PermanentError(f"文件超过 {MOST_BYTES // 1024 // 1024} MB", at=path.name)
        return path.read_bytes()
    except OSError as error:
        raise PermanentError(f"文件无法读取（{error.strerror}）", at=path.name) from error


def rows(path: Path, *, sheet: str | None = None) -> Iterator[list[str]]:
    """The rows of a CSV or XLSX file (see `rows_in`)."""
    return rows_in(contents(path), path.name, sheet=sheet)


def rows_in(data: bytes, name: str, *, sheet: str | None = None) -> Iterator[list[str]]:
    """The rows of CSV or XLSX bytes, told apart by how they begin (see the two below)."""
    return xlsx_rows(data, name, sheet=sheet) if data.startswith(_ZIP) else csv_rows(data, name)


def csv_rows(data: bytes, name: str) -> Iterator[list[str]]:
    """The rows of a CSV file in UTF-8 or GB 18030. Raises PermanentError (file:line)."""
    reader = csv.reader(io.StringIO(decoded(data, name), newline=""), strict=True)
    try:
        for row in _bounded(reader, name):
            yield row[:MOST_COLUMNS]
    except csv.Error as error:
        raise PermanentError(f"CSV 格式有误（{error}）", at=f"{name}:{reader.line_num}") from error


def xlsx_rows(data: bytes, name: str, *, sheet: str | None = None) -> Iterator[list[str]]:
    """The rows of the first sheet, or of the one named `sheet` when there is one.

    Numbers lose a needless ".0", days are ISO. Raises PermanentError for what is too large, is no
    workbook, or declares XML entities.
    """
    check_workbook(io.BytesIO(data), name)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        found = book[sheet] if sheet in book.sheetnames else book.worksheets[0]
        # With bounds of our own, the size that the sheet states of itself is not believed.
        bounds = {"max_row": MOST_ROWS + 1, "max_col": MOST_COLUMNS}
        cells = found.iter_rows(values_only=True, **bounds)
        yield from _bounded(([text(value) for value in row] for row in cells), name)
        book.close()
    except (
        InvalidFileException, OSError, KeyError, ValueError, IndexError, SyntaxError, TypeError,
    ) as error:  # fmt: skip
        raise PermanentError(_DAMAGED, at=name) from error


def check_workbook(file: io.BufferedIOBase, name: str) -> None:
    """Refuse what would grow without bound, or brings entities for the XML parser to expand.

    Raises PermanentError.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            whole = sum(member.file_size for member in members)
            # zipfile never yields more of a member than it declares.
            if len(members) > MOST_MEMBERS or whole > MOST_UNPACKED:
                raise PermanentError("XLSX 解压后过大，拒绝读取", at=name)
            for member in members:
                _check_entities(archive, member, name)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise PermanentError(_DAMAGED, at=name) from error


def decoded(data: bytes, name: str) -> str:
    """The text of bytes in UTF-8 or GB 18030. Raises PermanentError for anything else."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            found = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in found:
            return found
    raise PermanentError("文字编码既不是 UTF-8 也不是 GB18030", at=name)


def text(value: object) -> str:
    """A cell as text."""
    match value:
        case None:
            return ""
        case datetime() if value.time() != datetime.min.time():
            return str(value)
        case datetime() | date():
            return value.strftime("%Y-%m-%d")
        case float() if value.is_integer():
            return str(int(value))
        case list():
            return "、".join(text(part) for part in value)
        case _:
            return str(value)


def text_cell(sheet: Worksheet | WriteOnlyWorksheet, words: str) -> Cell:
    """A cell that stays text, whatever it begins with: typed as a string and marked so."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", words)[:_LONGEST_CELL])
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = True
    return cell


def workbook(title: str, heads: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """An XLSX file of one sheet, all of it text cells."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for line in chain((heads,), lines):
        sheet.append([text_cell(sheet, words) for words in line])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _bounded(found: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    for number, row in enumerate(found, start=1):
        if number > MOST_ROWS:
            raise PermanentError(f"超过 {MOST_ROWS} 行，请分成几个文件", at=name)
        yield row


def _check_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    with archive.open(member) as part:
        before = b""
        while chunk := part.read(_CHUNK):
            if b"<!DOCTYPE" in before + chunk or b"<!ENTITY" in before + chunk:
                raise PermanentError("XLSX 含有 XML 实体声明，拒绝读取", at=name)
            before = chunk[-16:]
