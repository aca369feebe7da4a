"""Which column of a list holds what: told by its headings, or by a mapping file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import frozen
from pydantic import Field

from domain.errors import ConfigError, PermanentError
from language.normalise import normalise
from registers.files import Cells
from registers.kinds import Kind
from storage.datafiles import Strict, read

_SEARCHED_ROWS = 10
_REMARK = re.compile(r"\(.*?\)|[\s:*_]")


class _MappingFile(Strict):
    """A mapping file: `columns` are headings or column numbers (from 1), `fixed` holds for every
    row, `header_row` 0 says that the list has no headings."""

    kind: str
    columns: dict[str, str | int] = Field(default_factory=dict)
    fixed: dict[str, str] = Field(default_factory=dict)
    header_row: int | None = Field(default=None, ge=0)


@frozen(kw_only=True)
class ColumnMapping:
    """What a mapping file says about one list of one register."""

    columns: Mapping[str, str | int]
    fixed: Mapping[str, str]
    header_row: int | None = None


NO_MAPPING = ColumnMapping(columns={}, fixed={})


@frozen(kw_only=True)
class Headings:
    """The columns of one file: field → column, what is fixed, and headings without a field.

    `titles` are the headings as written, by field, for messages.
    """

    columns: Mapping[str, int]
    titles: Mapping[str, str]
    fixed: Mapping[str, str]
    unknown: tuple[str, ...]

    def cells(self, row: Cells) -> dict[str, str]:
        """One row by field; a filled cell wins over what is fixed."""
        found = {f: row[place] for f, place in self.columns.items() if place < len(row)}
        return {**self.fixed, **{f: cell for f, cell in found.items() if cell}}


def load_mapping(path: Path, kind: Kind) -> ColumnMapping:
    """Read a mapping file. Raises ConfigError with its line when it does not fit the register."""
    data = read(path)
    content = data.validated(_MappingFile)
    if content.kind != kind.key:
        raise ConfigError(f"映射用于“{content.kind}”而非“{kind.key}”", at=data.at("kind"))
    for part, named in (("columns", content.columns), ("fixed", content.fixed)):
        for key in named:
            if key not in kind.fields:
                raise ConfigError(f"登记簿没有字段“{key}”", at=data.at(part, key))
    if content.header_row == 0 and not all(isinstance(c, int) for c in content.columns.values()):
        raise ConfigError("没有表头时，列须以列号（从 1 起）指明", at=data.at("columns"))
    return ColumnMapping(
        columns=content.columns, fixed=content.fixed, header_row=content.header_row
    )


def find_headings(
    rows: Iterable[tuple[int, Cells]], kind: Kind, mapping: ColumnMapping, *, file: str
) -> Headings:
    """The first of the leading rows that names 名称 and one more field (titles stand above it).

    Consumes `rows` up to and including it; none at all when the mapping says that the list has no
    headings. Raises PermanentError when there is none, when two columns claim the same field, or
    when a column of the mapping is missing.
    """
    if mapping.header_row == 0:
        return _headings({}, {}, (), mapping)
    for searched, (number, cells) in enumerate(rows, start=1):
        if mapping.header_row is not None:
            if number >= mapping.header_row:
                return _of_row(number, cells, kind, mapping, file)
            continue
        headings = _of_row(number, cells, kind, mapping, file)
        if "name" in headings.columns and len(headings.columns) > 1:
            return headings
        if searched == _SEARCHED_ROWS:
            break
    title = kind.fields["name"].title
    raise PermanentError(f"没有找到表头：需要“{title}”和至少一个其他已知列", at=file)


def _of_row(number: int, cells: Cells, kind: Kind, mapping: ColumnMapping, file: str) -> Headings:
    known = {_key(h): key for key, one in kind.fields.items() for h in reversed(one.headings)}
    mapped = {_key(c): key for key, c in mapping.columns.items() if isinstance(c, str)}
    taken = {c - 1 for c in mapping.columns.values() if isinstance(c, int)}
    columns: dict[str, int] = {}
    unknown = []
    for place, cell in enumerate(cells):
        field = mapped.get(_key(cell)) or known.get(_key(cell))
        if not cell or place in taken:
            continue
        if field is None or (field in mapping.columns and _key(cell) not in mapped):
            unknown.append(cell)
        elif field in columns:
            raise PermanentError(f"“{cell}”与另一列含义相同", at=f"{file}:{number}")
        else:
            columns[field] = place
    _check_mapped(columns, mapping, number, file)
    titles = {field: cells[place] for field, place in columns.items()}
    return _headings(columns, titles, tuple(unknown), mapping)


def _check_mapped(
    columns: Mapping[str, int], mapping: ColumnMapping, number: int, file: str
) -> None:
    if mapping.header_row is None and "name" not in columns:
        return  # a title row above the headings
    for field, column in mapping.columns.items():
        if isinstance(column, str) and field not in columns:
            raise PermanentError(f"表头没有映射所指的列“{column}”", at=f"{file}:{number}")


def _headings(
    columns: dict[str, int],
    titles: dict[str, str],
    unknown: tuple[str, ...],
    mapping: ColumnMapping,
) -> Headings:
    numbered = {f: c - 1 for f, c in mapping.columns.items() if isinstance(c, int)}
    words = {field: f"第 {place + 1} 列" for field, place in numbered.items()}
    return Headings(
        columns={**columns, **numbered},
        titles={**titles, **words},
        fixed=mapping.fixed,
        unknown=unknown,
    )


def _key(heading: str) -> str:
    return _REMARK.sub("", normalise(heading).text)
