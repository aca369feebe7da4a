"""Frozen records to JSON and back, one way for every store."""

from __future__ import annotations

from typing import Any, TypeVar

from cattrs.preconf.json import make_converter

R = TypeVar("R")

_converter = make_converter()


def to_json(record: object) -> str:
    """JSON of an attrs record (or a list of them): keys as the fields, moments in ISO form."""
    return _converter.dumps(record, ensure_ascii=False)


def from_json(kind: type[R], text: str) -> R:
    """The record that `to_json` wrote. Raises an exception of cattrs when it does not fit."""
    return _converter.loads(text, kind)


def to_plain(record: object) -> object:
    """Dictionaries, lists and scalars of a record, for JSON output of commands and pages."""
    return _converter.unstructure(record)


def to_row(record: object) -> dict[str, Any]:
    """The fields of one record as `to_plain` gives them: a line of a listing."""
    row: dict[str, Any] = _converter.unstructure(record)
    return row
