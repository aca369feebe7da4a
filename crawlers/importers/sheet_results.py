"""What became of each row, written into the sheet that the rows came from."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from crawlers.importers.records import ImportRecord, SheetRow
from crawlers.importers.sheets import RESULT, delimiter, text_rows
from domain.errors import PermanentError
from language.charset import to_text

_MAX_SIZE = 32 * 1024 * 1024
# Parts of a workbook that would be lost if it were written again.
_FRAGILE = ("xl/charts/", "xl/media/", "xl/drawings/", "xl/pivot", "xl/externalLinks/",
            "xl/vbaProject", "xl/slicers/", "xl/ctrlProps/", "xl/activeX/")  # fmt: skip


def write_results(path: Path, records: Iterable[ImportRecord]) -> Path | None:
    """Put the outcome of every row into a column 导入结果 of the sheet; where it was written.

    A workbook with pictures, charts or macros, which writing would lose, gets a copy beside it
    instead. None when the file is no sheet with rows. Raises PermanentError when the file cannot
    be written or read again; the sheet is then as it was.
    """
    words = _words(records)
    if not words:
        return None
    if path.stat().st_size > _MAX_SIZE:
        raise PermanentError(f"表格超过 {_MAX_SIZE >> 20} MB，结果没有写回", at=path.name)
    try:
        if zipfile.is_zipfile(path):
            return _into_workbook(path, words)
        return _into_text(path, words)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise PermanentError(f"结果没有写回表格（{error}）", at=path.name) from error


def _words(records: Iterable[ImportRecord]) -> dict[SheetRow, str]:
    by_row: dict[SheetRow, list[ImportRecord]] = defaultdict(list)
    for record in records:
        if record.row is not None and record.row.number:
            by_row[record.row].append(record)
    return {row: _outcome(of_row) for row, of_row in by_row.items()}


def _outcome(records: list[ImportRecord]) -> str:
    """Begins with our own words, so that no cell of ours is ever taken for a formula."""
    errors = [record.error.partition("：")[2] for record in records if record.error]
    requests = sum(record.request for record in records)
    leads = sum(record.lead is not None for record in records)
    said = [f"失败：{error}" for error in errors]
    said += [f"已排队采集 {requests} 个网址"] if requests else []
    said += [f"已登记 {leads} 条待核线索"] if leads else []
    return "；".join(said)


def _into_text(path: Path, words: Mapping[SheetRow, str]) -> Path:
    data = path.read_bytes()
    text, charset, _ = to_text(data)
    marked = text.startswith("\ufeff")
    text = text.lstrip("\ufeff")
    out = io.StringIO()
    ending = "\r\n" if b"\r\n" in data else "\n"
    writer = csv.writer(out, delimiter=delimiter(text), lineterminator=ending)
    rows = [row for row in text_rows(text) if isinstance(row, list)]
    width = max((len(row) for row in rows), default=0)
    known = rows[0].index(RESULT) if rows and RESULT in rows[0] else width
    for number, row in enumerate(rows, start=1):
        cells = row + [""] * (max(width, known + 1) - len(row))
        headed = number == 1 and SheetRow(sheet=None, number=1) not in words
        cells[known] = RESULT if headed else words.get(SheetRow(sheet=None, number=number), "")
        writer.writerow(cells if any(row) else row)
    encoded = out.getvalue().encode("gb18030" if charset == "gbk" else charset, "replace")
    mark = "\ufeff".encode(charset) if marked else b""
    return _replace(path, mark + encoded)


def _into_workbook(path: Path, words: Mapping[SheetRow, str]) -> Path:
    with zipfile.ZipFile(path) as archive:
        fragile = any(name.startswith(_FRAGILE) for name in archive.namelist())
    book = load_workbook(path)
    for sheet in book.worksheets:
        here = {row.number: text for row, text in words.items() if row.sheet == sheet.title}
        if here:
            _fill(sheet, here)
    packed = io.BytesIO()
    book.save(packed)
    book.close()
    target = path.with_name(f"{path.stem}.{RESULT}.xlsx") if fragile else path
    return _replace(target, packed.getvalue())


def _fill(sheet: Worksheet, words: Mapping[int, str]) -> None:
    first = min(words)
    headings = [
        (cell.row, cell.column)
        for row in sheet.iter_rows(max_row=max(1, first - 1))
        for cell in row
        if cell.value == RESULT
    ]
    column = headings[0][1] if headings else sheet.max_column + 1
    if not headings and first > 1:
        sheet.cell(row=first - 1, column=column, value=RESULT)
    for number, text in words.items():
        sheet.cell(row=number, column=column, value=text[:32_000])


def _replace(target: Path, data: bytes) -> Path:
    """All of the new file or all of the old one, whatever happens."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            Path(name).chmod(target.stat().st_mode & 0o777)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target
