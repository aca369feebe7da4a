"""Which files the database names: all that a copy of the evidence must hold, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen
from sqlalchemy import Connection, func, select

from evidence import seal_store, warc_files
from evidence.seal_files import folder_of
from evidence.tables import deletions, snapshots


@frozen(kw_only=True)
class Holding:
    """One file. Of a WARC only the first `length` bytes are named: its writer may be at work
    behind them. None: the whole file."""

    path: Path
    length: int | None


def holdings(tx: Connection, directory: Path) -> Iterator[Holding]:
    """Every WARC as far as its snapshots reach, and every file of every seal."""
    ends = (
        select(snapshots.c.warc, func.max(snapshots.c.offset + snapshots.c.length))
        .group_by(snapshots.c.warc)
        .order_by(snapshots.c.warc)
    )
    for name, end in tx.execute(ends):
        yield Holding(path=warc_files.path_of(directory, name), length=end)
    folders = sorted({folder_of(directory, seal) for seal in seal_store.all_seals(tx)})
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file():
                yield Holding(path=path, length=None)


def count_deletions(tx: Connection) -> int:
    """How many snapshots were ever deleted; what is copied while it grows does not fit together."""
    return tx.scalar(select(func.count()).select_from(deletions)) or 0
