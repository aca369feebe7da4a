"""Lists as XLSX files in which no cell can become a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from io import BytesIO
from typing import TypeVar
from urllib.parse import quote

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from starlette.responses import Response

from cluewatch.console.rendering import moment
from tickets.worklist import Page

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000
PAGE_ROWS = 500
_CELL_LIMIT = 32_767
E = TypeVar("E")


def spreadsheet(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[str | datetime]]
) -> Response:
    """A workbook of one sheet for download."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append([_cell(sheet, head) for head in heads])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file = BytesIO()
    book.save(file)
    return Response(
        file.getvalue(),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(title)}.xlsx"},
    )


def every(fetch: Callable[[str | None], Page[E]]) -> Iterator[E]:
    """All entries of a list that is read page by page, up to MOST_ROWS."""
    after: str | None = None
    for _ in range(MOST_ROWS // PAGE_ROWS):
        found = fetch(after)
        yield from found.entries
        after = found.after
        if after is None:
            return


def _cell(sheet: WriteOnlyWorksheet, value: str | datetime) -> Cell:
    """Text stays text: typed as a string and marked so (quotePrefix), whatever it begins with."""
    text = moment(value) if isinstance(value, datetime) else value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)[:_CELL_LIMIT])
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell
