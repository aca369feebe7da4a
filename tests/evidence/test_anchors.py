"""Daily anchors: what they cover, and what they show that a chain alone cannot."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from evidence import anchors, ledger
from evidence.anchors import merkle_root
from evidence.tables import ledger as table
from evidence.verify import verify
from storage.database import Database

MORNING = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def enter(database: Database, writer: str, number: int, at: datetime) -> None:
    acts = [
        ledger.Act(actor="甲", action="read", subject=f"{writer}{each}") for each in range(number)
    ]
    with database.write() as tx:
        ledger.extend(tx, writer=writer, acts=acts, at=at)


def anchor(database: Database, at: datetime) -> bool:
    with database.write() as tx:
        due = anchors.due(tx, at)
        return due is not None and anchors.put(tx, due, at=at)


def found(directory: Path, database: Database) -> list[str]:
    return [each.message for each in verify(directory=directory, database=database).problems]


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    both = recursive_root(leaves[:half]) + recursive_root(leaves[half:])
    return hashlib.sha256(b"\1" + both).digest()


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_the_root_is_that_of_rfc_6962(leaves: list[bytes]) -> None:
    assert merkle_root(iter(leaves)) == f"sha256:{recursive_root(leaves).hex()}"


def test_a_day_is_anchored_once_it_is_over(database: Database) -> None:
    enter(database, "w1", 3, MORNING)
    enter(database, ledger.ACCESS, 2, MORNING)
    assert not anchor(database, MORNING)
    evening_in_utc = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)  # midnight in China
    assert anchor(database, evening_in_utc)
    assert not anchor(database, evening_in_utc)
    with database.read() as tx:
        [made] = anchors.all_anchors(tx)
    assert made.day.isoformat() == "2026-03-03"
    assert [(each.writer, each.first, each.last) for each in made.stretches] == [
        (ledger.ACCESS, 1, 2),
        ("w1", 1, 3),
    ]
    assert made.entries == 5


def test_the_next_anchor_goes_on_where_the_last_one_ended(
    database: Database, directory: Path
) -> None:
    enter(database, "w1", 3, MORNING)
    assert anchor(database, MORNING + DAY)
    enter(database, "w1", 2, MORNING + DAY)
    assert anchor(database, MORNING + 2 * DAY)
    assert anchor(database, MORNING + 3 * DAY)
    with database.read() as tx:
        made = list(anchors.all_anchors(tx))
    assert [each.entries for each in made] == [3, 3, 1]
    assert not found(directory, database)


def test_a_chain_that_was_cut_short_is_found(database: Database, directory: Path) -> None:
    enter(database, "w1", 3, MORNING)
    anchor(database, MORNING + DAY)
    with database.write() as tx:
        tx.execute(delete(table).where(table.c.writer == "w1", table.c.seq == 3))
    assert any("截短" in message for message in found(directory, database))


def test_a_chain_that_was_written_anew_is_found(database: Database, directory: Path) -> None:
    enter(database, "w1", 3, MORNING)
    anchor(database, MORNING + DAY)
    with database.write() as tx:
        tx.execute(delete(table).where(table.c.writer == "w1"))
    enter(database, "w1", 3, MORNING + timedelta(hours=1))
    assert found(directory, database) == ["2026-03-03 锚定之后，台账被改动、截短或重写"]


def test_two_workers_make_one_anchor(database: Database) -> None:
    enter(database, "w1", 1, MORNING)
    at = MORNING + DAY
    with database.read() as tx:
        due = anchors.due(tx, at)
    assert due is not None
    with database.write() as tx:
        assert anchors.put(tx, due, at=at)
    with database.write() as tx:
        assert not anchors.put(tx, due, at=at)


def test_a_quiet_system_needs_no_anchor(database: Database, later: Callable[..., None]) -> None:
    later(days=1)
    assert not anchor(database, MORNING)
