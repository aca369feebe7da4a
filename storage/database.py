"""One database by URL: SQLite on one machine, PostgreSQL on many; the same statements on both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url

from domain.errors import ConfigError, StoreUnavailable

# What passes without anyone changing a statement (sqlite.org/rescode.html).
_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)


class Durability(StrEnum):
    """SQLite's synchronous mode: truth must survive a power cut, a frontier may lose its tail."""

    FULL = "FULL"
    NORMAL = "NORMAL"


class Database:
    """Short transactions on one engine.

    Every store method takes the open connection as its first argument, so the caller decides
    what commits together. On SQLite a writing transaction begins IMMEDIATE: it waits for other
    writers up to `busy_seconds` instead of failing half-way.
    """

    def __init__(
        self, url: str, *, durability: Durability = Durability.FULL, busy_seconds: float = 30.0
    ) -> None:
        self.url = url
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            self.engine = _sqlite(url, parsed.database, durability, busy_seconds)
        elif parsed.get_backend_name() == "postgresql":
            self.engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True
            )
        else:
            raise ConfigError(f"database {parsed.get_backend_name()!r} is not supported")
        event.listen(self.engine, "handle_error", _sorted)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded engine (one writer at a time, no SKIP LOCKED)."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        opened = self.engine.connect().execution_options(writing=True)
        with opened as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; nothing written in it is kept."""
        with self.engine.connect() as connection:
            yield connection
            connection.rollback()

    def close(self) -> None:
        """Return all connections."""
        self.engine.dispose()


def _sqlite(url: str, path: str | None, durability: Durability, busy_seconds: float) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # The driver's own transaction handling is off (isolation_level None): it would begin late
    # and never IMMEDIATE. SQLAlchemy's begin event opens each transaction instead.
    engine = create_engine(url, connect_args={"timeout": busy_seconds, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={durability}")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _sorted(context: ExceptionContext) -> None:
    """Tell an outage from a wrong statement. Raises StoreUnavailable."""
    error = context.original_exception
    if _passes(error) or context.is_disconnect:
        words = str(error).strip().splitlines()
        raise StoreUnavailable(f"数据库暂不可用：{words[0] if words else error!r}") from error


def _passes(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING
    return isinstance(error, psycopg.OperationalError)
