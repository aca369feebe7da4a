"""The migrations add up to the tables that the packages declare, on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, text

from cluewatch import migrations
from cluewatch.migrations import History
from cluewatch.schema import METADATA
from domain.errors import PermanentError
from storage.database import Database


def differences(database: Database, history: History) -> list[object]:
    """What autogenerate would still change; tables of the other history do not count."""
    declared = MetaData()
    for metadata in METADATA[history]:
        for table in metadata.tables.values():
            table.to_metadata(declared)
    ours = set(declared.tables)

    def include(_item: object, name: str | None, kind: str, *_rest: object) -> bool:
        return kind != "table" or name in ours

    with database.read() as tx:
        options = {"version_table": history.version_table, "include_object": include}
        context = MigrationContext.configure(tx, opts=options)
        return list(compare_metadata(context, declared))


@pytest.mark.parametrize("history", list(History))
def test_migrated_schema_is_the_declared_one(history: History, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    migrations.upgrade(database, history)
    assert differences(database, history) == []
    migrations.upgrade(database, history)
    migrations.check(database, history)
    database.close()


def test_an_empty_database_is_refused_with_the_remedy(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(PermanentError, match="cluewatch init"):
        migrations.check(database, History.TRUTH)
    database.close()


@pytest.mark.postgres
def test_both_histories_share_one_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.write() as tx:
        tx.execute(text("DROP SCHEMA public CASCADE"))
        tx.execute(text("CREATE SCHEMA public"))
    for history in History:
        migrations.upgrade(database, history)
    for history in History:
        assert differences(database, history) == []
    database.close()
