"""Schema history of the two databases; `upgrade` brings either to the newest version.

The truth history covers every package's tables but the frontier's; on PostgreSQL both histories
live in one database with a version table each.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from domain.errors import PermanentError
from storage.database import Database

_HERE = Path(__file__).parent


class History(StrEnum):
    """Which of the two schemas."""

    TRUTH = "truth"
    FRONTIER = "frontier"

    @property
    def version_table(self) -> str:
        """Where the database remembers its version."""
        return f"schema_version_{self.value}"


def upgrade(database: Database, history: History) -> None:
    """Bring the schema to the newest version; does nothing when it is there already."""
    with database.write() as tx:
        if current(tx, history) != _newest(history):
            command.upgrade(config(history, tx), "head")


def check(database: Database, history: History) -> None:
    """Raises PermanentError when the schema is not the one that this program was written for."""
    with database.read() as tx:
        found = current(tx, history)
    if found != _newest(history):
        raise PermanentError(
            f"数据库版本为 {found or '空'}，程序需要 {_newest(history)}；请运行 cluewatch init",
            at=history.value,
        )


def versions(history: History) -> Path:
    """The directory of a history's migrations."""
    return _HERE / history.value / "versions"


def current(tx: Connection, history: History) -> str | None:
    """The version that the database says it has, None when it is empty."""
    context = MigrationContext.configure(tx, opts={"version_table": history.version_table})
    return context.get_current_revision()


def config(history: History, tx: Connection | None) -> Config:
    """Alembic's configuration for one history, on an open transaction."""
    settings = Config()
    settings.set_main_option("script_location", str(_HERE / history.value))
    settings.set_main_option("version_locations", str(versions(history)))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = tx
    settings.attributes["version_table"] = history.version_table
    return settings


def _newest(history: History) -> str | None:
    return ScriptDirectory.from_config(config(history, None)).get_current_head()
