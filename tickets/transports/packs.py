"""Packs for offices without a network: what waits for an office as one ZIP, with a list of its
cases, a list of every address in them, and a form that is filled in and read back (`replies`)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

from attrs import frozen
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from domain.errors import PermanentError
from storage.spreadsheets import text_cell
from tickets.letter_file import printable
from tickets.outcome_codes import OutcomeCode
from tickets.reply_form import COLUMNS

PACK = "pack"
CASES_SHEET, LINKS_SHEET, CODES_SHEET = "回执", "链接清单", "办理结果"
_LIST_NAME = "清单与回执.xlsx"
_FIRST_ZIP_DAY = (1980, 1, 1, 0, 0, 0)
_CHUNK = 256 * 1024


@frozen(kw_only=True)
class PackCase:
    """One package of the pack, as its list shows it. `key` is the delivery's."""

    key: str
    number: str
    kind: str
    role: str
    subject: str
    types: str
    due: date | None


@frozen(kw_only=True)
class PackLink:
    """One address of a case: hundreds of posts of one account are one list, not hundreds."""

    number: str
    url: str
    seen: str


def waiting(shelf: Path, office: str) -> list[str]:
    """Keys of the packages on an office's shelf that no pack has taken, in order."""
    folder = shelf / office
    if not folder.is_dir():
        return []
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def write_pack(
    shelf: Path,
    office: str,
    target: Path,
    *,
    cases: Sequence[PackCase],
    links: Iterable[PackLink],
    codes: Sequence[OutcomeCode],
) -> int:
    """Write the packages of `cases` with their lists as a ZIP; returns how many.

    The ZIP appears whole or not at all. Nothing leaves the shelf: see `taken`. Raises
    PermanentError when there is nothing to pack or the target exists.
    """
    if not cases:
        raise PermanentError("没有等待取走的离线包", at=office)
    if target.exists():
        raise PermanentError("目标文件已存在", at=str(target))
    unfinished = target.with_name(f".{target.name}.part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as pack:
            pack.writestr(_member(_LIST_NAME), _workbook(cases, links, codes))
            for case in cases:
                for file in sorted((shelf / office / case.key).iterdir()):
                    _add(pack, file, f"{case.number}/{case.key}/{file.name}")
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(cases)


def taken(shelf: Path, office: str, keys: Iterable[str]) -> None:
    """The pack has been handed over: its packages leave the shelf for the office's `.taken`."""
    done = shelf / office / ".taken"
    done.mkdir(exist_ok=True)
    for key in keys:
        (shelf / office / key).rename(done / key)


def _workbook(
    cases: Sequence[PackCase], links: Iterable[PackLink], codes: Sequence[OutcomeCode]
) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = CASES_SHEET
    results = DataValidation(
        type="list",
        formula1=f"'{CODES_SHEET}'!$A$2:$A${len(codes) + 1}",
        allow_blank=True,
        showErrorMessage=True,
    )
    sheet.add_data_validation(results)
    results.add(f"G2:G{len(cases) + 1}")
    sheet.freeze_panes = "A2"
    _row(sheet, [column.title for column in COLUMNS], bold=True)
    for case in cases:
        due = case.due.isoformat() if case.due else ""
        about = f"{case.kind}（{case.role}）"
        _row(sheet, [case.number, case.key, case.subject, case.types, about, due])
    listed = book.create_sheet(LINKS_SHEET)
    _row(listed, ["编号", "网址", "采集时间"], bold=True)
    for link in links:
        _row(listed, [link.number, link.url, link.seen])
    _code_list(book.create_sheet(CODES_SHEET), codes)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _code_list(sheet: Worksheet, codes: Sequence[OutcomeCode]) -> None:
    """What may be written as a result, with the columns that it needs."""
    _row(sheet, ["办理结果", "须填写", "可填写", "原因"], bold=True)
    columns = {column.name: column.title for column in COLUMNS}
    columns["words"] = columns["measures"]
    for code in codes:
        needs = [f"{columns[name]}（{label}）" for name, label in code.needs.items()]
        may = [f"{columns[name]}（{label}）" for name, label in code.may.items()]
        reasons = [reason.title for reason in code.reasons]
        _row(sheet, [code.title, *("；".join(part) for part in (needs, may, reasons))])


def _row(sheet: Worksheet, values: Sequence[str], *, bold: bool = False) -> None:
    """Text cells only: what a page says can never become a formula."""
    cells = []
    for value in values:
        cell = text_cell(sheet, printable(value))
        if bold:
            cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, date_time=_FIRST_ZIP_DAY)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _add(pack: zipfile.ZipFile, file: Path, name: str) -> None:
    with file.open("rb") as source, pack.open(_member(name), "w", force_zip64=True) as entry:
        while chunk := source.read(_CHUNK):
            entry.write(chunk)
