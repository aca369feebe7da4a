"""Sources as a spreadsheet: one row each, the same columns out and in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from crawlers.sources import EntryError, read_entry
from domain.errors import PermanentError
from domain.sources import KIND_TITLES, RISK_TITLES, Source

COLUMNS: dict[str, str] = {
    "id": "编号",
    "kind": "性质",
    "title": "名称",
    "operator": "经营者",
    "region": "区划",
    "start_urls": "起始网址",
    "hosts": "主机",
    "risk": "风险",
    "delay": "间隔（秒）",
    "daily_cap": "每日上限",
    "hours": "访问时段",
    "expected_pages": "预期页数",
}
"""Key → heading, in the order of the columns; those from 主机 on may be empty or left out."""

_KEYS = {heading: key for key, heading in COLUMNS.items()}
_NEEDED = frozenset({"id", "kind", "title", "region", "start_urls"})
_LISTS = frozenset({"start_urls", "hosts"})
_BETWEEN = re.compile(r"[\s、，,;；]+")
_SLUGS = {
    "kind": {title: slug for slug, title in KIND_TITLES.items()},
    "risk": {title: slug for slug, title in RISK_TITLES.items()},
}


@frozen(kw_only=True)
class SheetRow:
    """One row of a sheet (counted from 1, as spreadsheets do): a source, or what is wrong."""

    row: int
    source: Source | None = None
    error: str = ""


def read(rows: Iterable[Sequence[str]]) -> Iterator[SheetRow]:
    """The sources of a sheet; a wrong row is told and the others are read. Empty rows pass.

    Raises PermanentError when the first row is not the head.
    """
    numbered = enumerate(rows, start=1)
    _, head = next(numbered, (1, []))
    keys = [_KEYS.get(cell.strip()) for cell in head]
    missing = [COLUMNS[key] for key in COLUMNS if key in _NEEDED - set(keys)]
    if missing:
        raise PermanentError(f"首行应为表头，缺少：{'、'.join(missing)}")
    seen: dict[str, int] = {}
    for place, cells in numbered:
        written = {
            key: cell.strip()
            for key, cell in zip(keys, cells, strict=False)
            if key is not None and cell.strip()
        }
        if written:
            yield _row(place, written, seen)


def row_of(source: Source) -> tuple[str, ...]:
    """A source as a row of the sheet."""
    hours = source.hours
    values: dict[str, str] = {
        "id": source.id,
        "kind": KIND_TITLES[source.kind],
        "title": source.title,
        "operator": source.operator or "",
        "region": source.region,
        "start_urls": " ".join(source.start_urls),
        "hosts": " ".join(source.hosts),
        "risk": RISK_TITLES[source.risk],
        "delay": f"{source.delay:g}",
        "daily_cap": str(source.daily_cap),
        "hours": f"{hours.opens}-{hours.closes}" if hours else "",
        "expected_pages": str(source.expected_pages),
    }
    return tuple(values[key] for key in COLUMNS)


def _row(place: int, written: dict[str, str], seen: dict[str, int]) -> SheetRow:
    try:
        source = read_entry({key: _value(key, text) for key, text in written.items()})
    except EntryError as error:
        return SheetRow(row=place, error=f"{COLUMNS.get(error.key, error.key)}：{error.words}")
    if source.id in seen:
        return SheetRow(row=place, error=f"编号与第 {seen[source.id]} 行相同")
    seen[source.id] = place
    return SheetRow(row=place, source=source)


def _value(key: str, text: str) -> object:
    if key in _LISTS:
        return tuple(part for part in _BETWEEN.split(text) if part)
    return _SLUGS.get(key, {}).get(text, text)
