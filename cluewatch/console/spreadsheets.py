"""Lists as XLSX files in which no cell can become a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from itertools import islice
from urllib.parse import quote

from openpyxl import Workbook
from starlette.responses import Response

from cluewatch.console.rendering import moment
from storage.spreadsheets import text_cell

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000


def spreadsheet(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[str | datetime]]
) -> Response:
    """A workbook of one sheet for download, of at most MOST_ROWS rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append([text_cell(sheet, head) for head in heads])
    for row in islice(rows, MOST_ROWS):
        sheet.append([text_cell(sheet, _words(value)) for value in row])
    file = BytesIO()
    book.save(file)
    return Response(
        file.getvalue(),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(title)}.xlsx"},
    )


def _words(value: str | datetime) -> str:
    return moment(value) if isinstance(value, datetime) else value
