"""The quarterly form as rows and as a spreadsheet that offices fill in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from domain.errors import PermanentError
from storage.spreadsheets import workbook
from tickets.control.return_form import Cell, Form

COLUMNS = ("id", "section", "title", "unit", "origin", "value")
_HEADS = ("栏目编号", "部分", "项目", "单位", "来源", "数值")


def rows(form: Form, numbers: Mapping[str, int]) -> Iterator[dict[str, object]]:
    """One row a cell; `value` None: not entered yet, or nothing to divide by."""
    values = form.whole(numbers)
    for section in form.sections:
        for cell in section.cells:
            yield {
                "id": cell.id,
                "section": section.title,
                "title": cell.title,
                "unit": cell.unit,
                "origin": _origin(cell),
                "value": values[cell.id],
            }


def write(target: Path, form: Form, numbers: Mapping[str, int]) -> None:
    """Write the form as XLSX. Raises PermanentError when the file cannot be written."""
    lines = (
        ["" if row[column] is None else str(row[column]) for column in COLUMNS]
        for row in rows(form, numbers)
    )
    try:
        target.write_bytes(workbook("量化统计表", _HEADS, lines))
    except OSError as error:
        raise PermanentError(f"文件无法写入（{error.strerror}）", at=str(target)) from error


def entries(form: Form, lines: Iterable[Sequence[str]], name: str) -> dict[str, int]:
    """What a filled-in sheet enters: cells of the system and empty ones are passed over.

    Raises PermanentError (file:row) for an unknown cell or a value that is no whole number.
    """
    found: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        words = dict(zip(COLUMNS, (text.strip() for text in line), strict=False))
        cell_id, value = words.get("id", ""), words.get("value", "").replace(",", "")
        if number == 1 or not cell_id:
            continue
        try:
            cell = form.get(cell_id)
        except PermanentError as error:
            raise PermanentError(str(error), at=f"{name}:{number}") from None
        if not cell.entered or not value:
            continue
        if not (value.isascii() and value.isdigit()):
            raise PermanentError(f"“{cell.title}”的值“{value}”不是整数", at=f"{name}:{number}")
        found[cell_id] = int(value)
    return found


def _origin(cell: Cell) -> str:
    if cell.counted:
        return "系统统计"
    return "填写" if cell.entered else "比率"
