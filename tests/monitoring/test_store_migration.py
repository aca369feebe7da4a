"""SQLite to PostgreSQL: complete, resumable, compared row by row, never over anybody's data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, update

from cluewatch import store_migration
from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from cluewatch.settings import load_settings
from cluewatch.store_migration import Moved
from crawlers.frontier import reports
from documents.tables import documents
from domain.errors import PermanentError
from domain.people import Role
from evidence.tables import outbox
from evidence.verify import verify
from storage import copying, leases
from storage.database import Database
from tests.monitoring.conftest import AT
from tickets import worklist
from tickets.tables import subjects
from tickets.worklist import ClueFilter

pytestmark = pytest.mark.postgres


@pytest.fixture
def target(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()


def quiet(_table: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def moved(home: Path, target: Database) -> list[Moved]:
    return list(store_migration.migrate(home, target, progress=quiet))


def test_everything_arrives_and_work_goes_on(
    home: Path, target: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {move.table.table: move.table for move in moved(home, target)}
    assert found["frontier_urls"].rows == 2500
    assert found["clues"].rows == 1
    assert found["account_log"].rows == 2
    with target.read() as tx:
        assert not inspect(tx).has_table("store_migration")

    monkeypatch.setenv("CLUEWATCH_DATABASE__URL", postgres_url)
    services = Services(load_settings())
    services.prepare()
    assert services.truth.engine.dialect.name == "postgresql"
    report = verify(directory=services.settings.evidence_directory, database=services.truth)
    assert report.problems == ()
    with services.frontier.read() as tx:
        assert reports.conservation(tx).balanced
    with services.truth.write() as tx:
        (clue,) = worklist.clues(tx, ClueFilter()).entries
        assert clue.url == "http://qinghe.test/npx.html"
        # The sequences go on behind what was copied.
        accounts.create(tx, id="zhao", name="zhao", roles=[Role.ANALYST], at=AT, actor="t")
    services.close()


def test_an_interrupted_move_is_taken_up_again(home: Path, target: Database) -> None:
    seen: list[int] = []

    def cut(table: str, done: int, _total: int) -> None:
        if table == "frontier_urls":
            seen.append(done)
            if done == 1000:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(store_migration.migrate(home, target, progress=cut))
    again: dict[str, list[int]] = {}

    def note(table: str, done: int, _total: int) -> None:
        again.setdefault(table, []).append(done)

    found = list(store_migration.migrate(home, target, progress=note))
    assert seen == [0, 1000]
    assert again["frontier_urls"] == [1000, 2000, 2500]
    assert again["clues"] == [1], "what was copied is not copied again"
    assert len(found) > 40


def test_a_target_with_data_is_refused_and_left_alone(home: Path, target: Database) -> None:
    moved(home, target)
    with pytest.raises(PermanentError, match="目标库不是空的"):
        moved(home, target)


def test_a_row_that_changed_meanwhile_is_found(home: Path, target: Database) -> None:
    with closing(store_migration.migrate(home, target, progress=quiet)) as moves:
        next(moves)
        with target.write() as tx:
            tx.execute(update(subjects).values(name="另一家医院"))
        with pytest.raises(PermanentError, match=r"subjects.*两边的内容不同"):
            list(moves)


def test_a_missing_row_is_found(home: Path, target: Database) -> None:
    source = Database(f"sqlite:///{home / 'truth.db'}")
    moved(home, target)
    with target.write() as tx:
        tx.execute(documents.delete())
    with (
        source.read() as here,
        target.read() as there,
        pytest.raises(PermanentError, match="行数不符：源 2，目标 0"),
    ):
        copying.compare(here, there, documents)
    source.close()


def test_a_row_that_postgresql_refuses_is_named(home: Path, target: Database) -> None:
    source = Database(f"sqlite:///{home / 'truth.db'}")
    with source.write() as tx:
        tx.execute(update(subjects).values(name="a\0b"))
    source.close()
    with pytest.raises(PermanentError, match=r"subjects.*目标库拒收这一行"):
        moved(home, target)


def test_nobody_may_be_at_work(home: Path, target: Database) -> None:
    source = Database(f"sqlite:///{home / 'truth.db'}")
    with source.write() as tx:
        tx.execute(outbox.insert().values(id="x", topic="snapshot", subject="y", created_at=AT))
        leases.claim(tx, outbox, owner="process-a-1", limit=1, seconds=600)
    source.close()
    with pytest.raises(PermanentError, match="process-a-1"):
        moved(home, target)


def test_sqlite_is_no_target(home: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(PermanentError, match="PostgreSQL"):
        moved(home, database)
    database.close()
