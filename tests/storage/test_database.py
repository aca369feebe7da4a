"""Transactions: all or nothing, one writer waits for another, readers see one moment."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, update

from domain.errors import ConfigError, StoreUnavailable
from storage.database import Database, Durability
from storage.upsert import upsert

metadata = MetaData()
counters = Table(
    "counters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("value", Integer, nullable=False),
)


@pytest.fixture
def ready(database: Database) -> Database:
    with database.write() as tx:
        metadata.create_all(tx)
        tx.execute(insert(counters).values(id=1, value=0))
    return database


def value(database: Database) -> int:
    with database.read() as tx:
        found: int = tx.execute(select(counters.c.value).where(counters.c.id == 1)).scalar_one()
        return found


def test_a_write_that_raises_leaves_nothing(ready: Database) -> None:
    with pytest.raises(RuntimeError), ready.write() as tx:
        tx.execute(update(counters).values(value=7))
        raise RuntimeError
    assert value(ready) == 0


def test_a_write_is_seen_once_the_block_has_ended(ready: Database) -> None:
    with ready.write() as tx:
        tx.execute(update(counters).values(value=7))
        assert value(ready) == 0
    assert value(ready) == 7


def test_what_a_read_writes_is_not_kept(ready: Database) -> None:
    with ready.read() as tx:
        tx.execute(update(counters).values(value=7))
    assert value(ready) == 0


def test_writers_wait_for_each_other_and_lose_no_update(ready: Database) -> None:
    def add() -> None:
        for _ in range(20):
            with ready.write() as tx:
                found = tx.execute(
                    select(counters.c.value).where(counters.c.id == 1).with_for_update()
                ).scalar_one()
                tx.execute(update(counters).values(value=found + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(ready) == 80


def test_a_read_sees_one_moment_although_others_write(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    with database.write() as tx:
        metadata.create_all(tx)
        tx.execute(insert(counters).values(id=1, value=0))
    with database.read() as reader:
        wanted = select(counters.c.value)
        assert reader.execute(wanted).scalar_one() == 0
        with database.write() as tx:
            tx.execute(update(counters).values(value=7))
        assert reader.execute(wanted).scalar_one() == 0
    assert value(database) == 7
    database.close()


def test_a_writer_gives_up_when_another_holds_on_too_long(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'truth.db'}"
    one, two = Database(url), Database(url, busy_seconds=0.05)
    with one.write() as tx:
        metadata.create_all(tx)
        with pytest.raises(StoreUnavailable, match="locked"), two.write():
            pass
    one.close()
    two.close()


@pytest.mark.parametrize(("durability", "level"), [(Durability.FULL, 2), (Durability.NORMAL, 1)])
def test_truth_is_synchronised_fully_and_a_frontier_as_asked(
    tmp_path: Path, durability: Durability, level: int
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'deep' / 'truth.db'}", durability=durability)
    with database.read() as tx:
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar_one() == level
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    database.close()


def test_other_engines_are_refused() -> None:
    with pytest.raises(ConfigError, match="mysql"):
        Database("mysql://localhost/truth")


def test_upsert_meets_what_is_there(ready: Database) -> None:
    with ready.write() as tx:
        again = upsert(tx, counters).values(id=1, value=5)
        tx.execute(again.on_conflict_do_nothing())
    assert value(ready) == 0
    with ready.write() as tx:
        more = {"value": counters.c.value + 5}
        tx.execute(again.on_conflict_do_update(index_elements=["id"], set_=more))
    assert value(ready) == 5
