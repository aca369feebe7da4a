"""From SQLite to PostgreSQL: both databases, resumable, every row compared at the end.

What has been copied is noted in the target in the transaction that copies it; the note goes away
when both sides are found equal. Nobody may work meanwhile: the sources are locked for writing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

from attrs import frozen
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, inspect, select

from cluewatch import health, migrations
from cluewatch.migrations import History
from cluewatch.queues import QUEUES
from cluewatch.schema import METADATA
from cluewatch.settings import FRONTIER_FILE, TRUTH_FILE
from crawlers.frontier import tables as frontier
from domain.errors import PermanentError
from storage import copying, leases
from storage.copying import Comparison
from storage.database import Database

FILES = {History.TRUTH: TRUTH_FILE, History.FRONTIER: FRONTIER_FILE}

_metadata = MetaData()
_copied = Table(
    "store_migration",
    _metadata,
    Column("table_name", String(64), primary_key=True),
    Column("origin", String(1000), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("last_key", Text),
)

Progress = Callable[[str, int, int], None]
"""Gets the table and how many of its rows are there, of how many."""


@frozen(kw_only=True)
class Moved:
    """One table that is the same on both sides."""

    history: History
    table: Comparison


def migrate(home: Path, target: Database, *, progress: Progress) -> Generator[Moved]:
    """Copy the databases of a home directory into an empty PostgreSQL, then compare them.

    Yields each table once it is found equal. Raises PermanentError: the target is not empty, the
    source is at work or not of this version, a row is refused, or the sides differ.
    """
    if target.is_sqlite:
        raise PermanentError("目标须为 PostgreSQL 地址", at=target.url)
    _check_rest(home)
    origin = str(home.absolute())
    with ExitStack() as open_:
        sources = {}
        for history, name in FILES.items():
            database = _source(home / name, history)
            open_.callback(database.close)
            sources[history] = open_.enter_context(database.write())
        _check_leases(sources)
        _prepare(target, origin)
        for history, source in sources.items():
            for table in _tables(history):
                _copy(source, target, table, progress)
        for history, source in sources.items():
            for table in _tables(history):
                with target.read() as tx:
                    yield Moved(history=history, table=copying.compare(source, tx, table))
    with target.write() as tx:
        _metadata.drop_all(tx)


def _check_rest(home: Path) -> None:
    if health.read(home / "logs") is not None:
        raise PermanentError("这个主目录正在运行（cluewatch run）；请先停止", at=str(home))


def _source(path: Path, history: History) -> Database:
    if not path.is_file():
        raise PermanentError("没有这个数据库文件", at=str(path))
    database = Database(f"sqlite:///{path.absolute()}")
    migrations.check(database, history)
    return database


def _check_leases(sources: dict[History, Connection]) -> None:
    truth, crawl = sources[History.TRUTH], sources[History.FRONTIER]
    owners = {owner for table in QUEUES.values() for owner in leases.owners(truth, table)}
    alive = frontier.hosts.c.lease_until > leases.database_time(crawl)
    owners |= set(crawl.scalars(select(frontier.hosts.c.lease_owner).where(alive)))
    if owners:
        raise PermanentError(f"还有进程在工作：{'、'.join(sorted(owners))}；请先停止")


def _tables(history: History) -> Iterator[Table]:
    for metadata in METADATA[history]:
        yield from metadata.sorted_tables


def _prepare(target: Database, origin: str) -> None:
    """Bring the schema to our version, and see that nothing but our own beginning is there."""
    for history in History:
        migrations.upgrade(target, history)
    with target.write() as tx:
        if inspect(tx).has_table(_copied.name):
            others = set(tx.scalars(select(_copied.c.origin))) - {origin}
            if others:
                raise PermanentError(f"目标库已开始接收另一来源：{others.pop()}")
        else:
            _begin(tx, origin)


def _begin(tx: Connection, origin: str) -> None:
    tables = [table for history in History for table in _tables(history)]
    full = next((t for t in tables if tx.execute(select(t).limit(1)).first()), None)
    if full is not None:
        raise PermanentError("目标库不是空的", at=full.name)
    _metadata.create_all(tx)
    rows = [{"table_name": table.name, "origin": origin, "rows": 0} for table in tables]
    tx.execute(_copied.insert(), rows)


def _copy(source: Connection, target: Database, table: Table, progress: Progress) -> None:
    total = copying.count(source, table)
    mine = _copied.c.table_name == table.name
    with target.read() as tx:
        noted = tx.execute(select(_copied).where(mine)).one()
    done, after = noted.rows, tuple(json.loads(noted.last_key)) if noted.last_key else None
    progress(table.name, done, total)
    for rows in copying.chunks(source, table, after=after):
        done += len(rows)
        last = json.dumps(copying.key_of(table, rows[-1]))
        with target.write() as tx:
            copying.put(tx, table, rows)
            tx.execute(_copied.update().where(mine).values(rows=done, last_key=last))
        progress(table.name, done, total)
    with target.write() as tx:
        copying.set_sequence(tx, table)
