"""Rows of a list that an authority gave: CSV, XLSX or JSON, all taken as hostile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import PurePath

from domain.errors import PermanentError
from storage import spreadsheets

Cells = tuple[str, ...]


def rows(data: bytes, name: str) -> Iterator[tuple[int, Cells]]:
    """Row number in the file `name`, counted from 1, and its cells as text, without empty rows.

    The rows of a JSON list are its objects, behind a row 1 that holds the keys. Raises
    PermanentError when the bytes are not what the suffix of `name` says, or exceed a limit.
    """
    read = _READERS.get(PurePath(name).suffix.lower())
    if read is None:
        raise PermanentError("只能导入 CSV、XLSX 或 JSON 文件", at=name)
    for number, row in enumerate(read(data, name), start=1):
        cells = tuple(cell.strip() for cell in row)
        if any(cells):
            yield number, cells


def _json(data: bytes, name: str) -> Iterator[list[str]]:
    try:
        records = json.loads(spreadsheets.decoded(data, name))
    except (ValueError, RecursionError) as error:
        raise PermanentError(f"JSON 格式有误（{error}）", at=name) from error
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise PermanentError("JSON 应为对象的数组", at=name)
    if len(records) > spreadsheets.MOST_ROWS:
        raise PermanentError(f"超过 {spreadsheets.MOST_ROWS} 行，请分成几个文件", at=name)
    keys = list(dict.fromkeys(key for record in records for key in record))
    keys = keys[: spreadsheets.MOST_COLUMNS]
    yield keys
    for record in records:
        yield [spreadsheets.text(record.get(key)) for key in keys]


_Reader = Callable[[bytes, str], Iterator[list[str]]]
_READERS: dict[str, _Reader] = {
    ".csv": spreadsheets.csv_rows,
    ".xlsx": spreadsheets.xlsx_rows,
    ".json": _json,
}
