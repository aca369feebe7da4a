"""Lists as XLSX files in which no cell can become a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from urllib.parse import quote

from starlette.responses import Response

from cluewatch.console.rendering import moment
from storage.spreadsheets import workbook

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000


def spreadsheet(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[str | datetime]]
) -> Response:
    """A workbook of one sheet for download, of at most MOST_ROWS rows."""
    lines = ([_words(value) for value in row] for row in islice(rows, MOST_ROWS))
    return Response(
        workbook(title, heads, lines),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(title)}.xlsx"},
    )


def _words(value: str | datetime) -> str:
    return moment(value) if isinstance(value, datetime) else value
