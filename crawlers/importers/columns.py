"""Which column of a complaint export holds what (complaints.yml, or the user's own mapping)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from attrs import frozen

from domain.errors import ConfigError
from language.normalise import normalise
from storage.datafiles import Strict, read, shipped

_REMARK = re.compile(r"\(.*?\)|[\s:*_]")
SEARCHED_ROWS = 10


class _Headings(Strict):
    """A field of a complaint and the headings that mean it."""

    url: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    case_no: tuple[str, ...] = ()


@frozen(kw_only=True)
class Columns:
    """Headings by field, in the spelling that they are compared in."""

    fields: Mapping[str, frozenset[str]]

    def columns(self, cells: Sequence[str]) -> dict[str, int] | None:
        """Field → column when these cells are the heading row of a complaint export, else None.

        That needs two known columns, one of them the complaint's words or whom it is about.
        """
        found: dict[str, int] = {}
        for column, cell in enumerate(cells):
            heading = _plain(cell)
            for field, headings in self.fields.items():
                if heading in headings:
                    found.setdefault(field, column)
        return found if len(found) > 1 and found.keys() & {"text", "name"} else None


def complaint_mapping(path: Path | None) -> Columns:
    """The user's mapping `{field: [heading, …]}`, else the one that is shipped.

    Raises ConfigError naming file and line.
    """
    return _shipped() if path is None else _load(read(path).validated(_Headings), str(path))


@cache
def _shipped() -> Columns:
    source = shipped("crawlers.importers", "complaints.yml")
    return _load(read(source).validated(_Headings), source.name)


def _load(headings: _Headings, name: str) -> Columns:
    fields = {field: _set(listed) for field, listed in headings if listed}
    if not fields.keys() & {"text", "name"}:
        raise ConfigError("对应表至少要有 text 或 name 一项", at=name)
    return Columns(fields=fields)


def _set(headings: Iterable[str]) -> frozenset[str]:
    return frozenset(_plain(heading) for heading in headings)


def _plain(heading: str) -> str:
    return _REMARK.sub("", normalise(heading).text)
