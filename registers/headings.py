"""Which column of a list holds what, told by its heading (headers.yml)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from attrs import frozen

from domain.errors import PermanentError
from language.normalise import normalise
from registers.files import Cells
from storage.datafiles import Strict, read

_SEARCHED_ROWS = 10
_REMARK = re.compile(r"\(.*?\)|[\s:*_]")


class _Headers(Strict):
    """headers.yml: a field and all its headings."""

    name: list[str]
    usci: list[str]
    licence_no: list[str]
    departments: list[str]
    level: list[str]
    address: list[str]
    region: list[str]
    valid_from: list[str]
    valid_until: list[str]
    legal_representative: list[str]
    phone: list[str]


@frozen(kw_only=True)
class Headings:
    """The heading row of one file: its row number, field → column, and headings without a field."""

    row: int
    columns: Mapping[str, int]
    unknown: tuple[str, ...]


def find_headings(rows: Iterable[tuple[int, Cells]], *, file: str) -> Headings:
    """The first of the leading rows that names 名称 and one more field (titles stand above it).

    Consumes `rows` up to and including it. Raises PermanentError when there is none, or when two
    columns claim the same field.
    """
    for searched, (number, cells) in enumerate(rows, start=1):
        headings = _of_row(number, cells, file)
        if "name" in headings.columns and len(headings.columns) > 1:
            return headings
        if searched == _SEARCHED_ROWS:
            break
    raise PermanentError("没有找到表头：需要“名称”和至少一个其他已知列", at=file)


def _of_row(number: int, cells: Cells, file: str) -> Headings:
    columns: dict[str, int] = {}
    unknown = []
    for place, cell in enumerate(cells):
        field = _fields().get(_key(cell))
        if field is None:
            unknown += [cell] if cell else []
        elif field in columns:
            raise PermanentError(f"“{cell}”与另一列含义相同", at=f"{file}:{number}")
        else:
            columns[field] = place
    return Headings(row=number, columns=columns, unknown=tuple(unknown))


@cache
def _fields() -> dict[str, str]:
    headers = read(files("registers") / "headers.yml").validated(_Headers)
    return {_key(heading): field for field, headings in headers for heading in headings}


def _key(heading: str) -> str:
    return _REMARK.sub("", normalise(heading).text)
