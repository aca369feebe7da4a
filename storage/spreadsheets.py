"""Spreadsheets that strangers send, as rows of text: XLSX and CSV, within bounds."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from io import StringIO
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from domain.errors import PermanentError

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_UNPACKED = 300 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 200
_XLSX = b"PK\x03\x04"
_CHUNK = 1024 * 1024


def rows(path: Path, *, sheet: str | None = None) -> Iterator[list[str]]:
    """The rows of the first sheet, or of the one named `sheet` when there is one, as text.

    Numbers lose a needless ".0", days are ISO. CSV may be UTF-8 or GB 18030. Raises PermanentError
    for what is too large, is no spreadsheet, or declares XML entities.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise PermanentError("文件过大", at=str(path))
        with path.open("rb") as opened:
            packed = opened.read(len(_XLSX)) == _XLSX
        found = _xlsx(path, sheet) if packed else _csv(path)
        for place, row in enumerate(found, start=1):
            if place > MOST_ROWS:
                raise PermanentError(f"超过 {MOST_ROWS} 行", at=str(path))
            yield row[:MOST_COLUMNS]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, InvalidFileException) as error:
        raise PermanentError(f"不是可以读取的表格：{error}", at=str(path)) from error


def _csv(path: Path) -> Iterator[list[str]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    if "\x00" in text:
        raise ValueError("二进制内容")
    try:
        yield from csv.reader(StringIO(text, newline=""))
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _xlsx(path: Path, sheet: str | None) -> Iterator[list[str]]:
    _refuse_bombs(path)
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        found = book[sheet] if sheet in book.sheetnames else book.worksheets[0]
        for row in found.iter_rows(max_col=MOST_COLUMNS, values_only=True):
            yield [_text(value) for value in row]
    finally:
        book.close()


def _refuse_bombs(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        left = LARGEST_UNPACKED
        for member in archive.infolist():
            with archive.open(member) as part:
                before = b""
                while chunk := part.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise PermanentError("解压后过大", at=str(path))
                    if b"<!DOCTYPE" in before + chunk or b"<!ENTITY" in before + chunk:
                        raise PermanentError("表格含有 XML 实体声明，拒绝读取", at=str(path))
                    before = chunk[-16:]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
