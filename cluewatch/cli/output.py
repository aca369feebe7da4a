"""How commands speak: tables for people, JSON lines for programs, errors with an exit code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_WHOLE = 24
"""Columns no wider than this are never folded; the long ones share what is left."""

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Exit(IntEnum):
    """Exit codes of interfaces.md."""

    DONE = 0
    PROBLEM = 1
    USAGE = 2
    PARTLY = 3


def emit_json(row: object) -> None:
    """One JSON document on one line."""
    typer.echo(json.dumps(row, ensure_ascii=False, default=str))


def listing(
    title: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, as_json: bool
) -> None:
    """A list of records: JSON lines, or a table of the named columns."""
    if as_json:
        for row in rows:
            emit_json(row)
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    for place, column in enumerate(columns):
        widest = max((cell_len(line[place]) for line in cells), default=0)
        narrow = widest <= _WHOLE
        table.add_column(column, overflow="fold", no_wrap=narrow, min_width=min(widest, 14))
    for line in cells:
        table.add_row(*map(escape, line))
    out.print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "、".join(str(v) for v in value)
    return str(value)
