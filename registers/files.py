"""Rows of a list that an authority gave: CSV, XLSX or JSON, all taken as hostile."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path, PurePath

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from domain.errors import PermanentError

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 512 * 1024 * 1024
MAX_MEMBERS = 2_000
MAX_ROWS = 300_000
MAX_COLUMNS = 64

Cells = tuple[str, ...]


def contents(path: Path) -> bytes:
    """The bytes of a list. Raises PermanentError when it is unreadable or over MAX_BYTES."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PermanentError(f"文件超过 {MAX_BYTES // 1024 // 1024} MB", at=path.name)
        return path.read_bytes()
    except OSError as error:
        raise PermanentError(f"文件无法读取（{error.strerror}）", at=path.name) from error


def rows(data: bytes, name: str) -> Iterator[tuple[int, Cells]]:
    """Row number in the file `name`, counted from 1, and its cells as text, without empty rows.

    The rows of a JSON list are its objects, behind a row 1 that holds the keys. Raises
    PermanentError when the bytes are not what the suffix of `name` says, or exceed a limit.
    """
    read = _READERS.get(PurePath(name).suffix.lower())
    if read is None:
        raise PermanentError("只能导入 CSV、XLSX 或 JSON 文件", at=name)
    for number, cells in enumerate(read(data, name), start=1):
        if number > MAX_ROWS:
            raise PermanentError(f"超过 {MAX_ROWS} 行，请分成几个文件", at=name)
        if any(cells):
            yield number, cells


def _csv(data: bytes, name: str) -> Iterator[Cells]:
    reader = csv.reader(io.StringIO(_decoded(data, name), newline=""), strict=True)
    try:
        for row in reader:
            yield tuple(cell.strip() for cell in row[:MAX_COLUMNS])
    except csv.Error as error:
        raise PermanentError(f"CSV 格式有误（{error}）", at=f"{name}:{reader.line_num}") from error


def _decoded(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PermanentError("文字编码既不是 UTF-8 也不是 GB18030", at=name)


def _xlsx(data: bytes, name: str) -> Iterator[Cells]:
    _check_archive(data, name)
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=True, keep_links=False
        )
        sheet = book.worksheets[0]
        # With bounds of our own, the size that the sheet states of itself is not believed.
        for row in sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True):
            yield tuple(_text(cell) for cell in row)
    except (
        InvalidFileException,
        KeyError,
        ValueError,
        IndexError,
        SyntaxError,
        TypeError,
    ) as error:
        raise PermanentError("XLSX 文件已损坏或不是工作簿", at=name) from error


def _check_archive(data: bytes, name: str) -> None:
    """Refuse what would grow without bound. zipfile never yields more than a member declares."""
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise PermanentError("XLSX 文件已损坏或不是工作簿", at=name) from error
    if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
        raise PermanentError("XLSX 解压后过大，拒绝读取", at=name)


def _json(data: bytes, name: str) -> Iterator[Cells]:
    try:
        records = json.loads(_decoded(data, name))
    except (ValueError, RecursionError) as error:
        raise PermanentError(f"JSON 格式有误（{error}）", at=name) from error
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise PermanentError("JSON 应为对象的数组", at=name)
    keys = list(dict.fromkeys(key for record in records for key in record))[:MAX_COLUMNS]
    yield tuple(keys)
    for record in records:
        yield tuple(_text(record.get(key)) for key in keys)


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case datetime() | date():
            return cell.strftime("%Y-%m-%d")
        case float() if cell.is_integer():
            return str(int(cell))
        case list():
            return "、".join(_text(part) for part in cell)
        case _:
            return str(cell).strip()


_Reader = Callable[[bytes, str], Iterator[Cells]]
_READERS: dict[str, _Reader] = {".csv": _csv, ".xlsx": _xlsx, ".json": _json}
