"""Moments come back as the moment they were, and sort in SQL as they do in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, delete, insert, select
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.exc import StatementError

from storage.columns import Moment
from storage.database import Database
from storage.records import from_json, to_json, to_plain

metadata = MetaData()
moments = Table("moments", metadata, Column("id", Integer, primary_key=True), Column("at", Moment))

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
aware = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001 - hypothesis wants naive bounds
    timezones=zones,
)


@given(aware)
def test_the_text_kept_by_sqlite_is_of_one_width_and_exact(moment: datetime) -> None:
    kept = Moment().process_bind_param(moment, SQLiteDialect())
    assert len(kept) == len("2026-01-01T00:00:00.000000Z")
    assert Moment().process_result_value(kept, SQLiteDialect()) == moment


def test_sorted_and_compared_in_sql_as_in_time(database: Database) -> None:
    start = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    kept = [start + timedelta(microseconds=n * 333_333) for n in range(20)] + [
        datetime(1999, 1, 1, tzinfo=UTC)
    ]
    with database.write() as tx:
        metadata.create_all(tx)
        tx.execute(insert(moments), [{"id": n, "at": at} for n, at in enumerate(kept)])
        found = tx.execute(select(moments.c.at).order_by(moments.c.at)).scalars().all()
        later = tx.execute(select(moments.c.at).where(moments.c.at > kept[3])).scalars().all()
    assert found == sorted(kept)
    assert all(at.tzinfo is not None for at in found)
    assert sorted(later) == kept[4:20]


def test_naive_moments_are_refused_and_none_stays_none(database: Database) -> None:
    with database.write() as tx:
        metadata.create_all(tx)
        tx.execute(insert(moments).values(id=1, at=None))
        assert tx.execute(select(moments.c.at)).scalar_one() is None
        tx.execute(delete(moments))
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the point of the test
    with pytest.raises(StatementError, match="naive"), database.write() as tx:
        tx.execute(insert(moments).values(id=1, at=naive))


@frozen(kw_only=True)
class Part:
    span: tuple[int, int]


@frozen(kw_only=True)
class Record:
    at: datetime
    parts: tuple[Part, ...]
    words: str | None = None


@given(aware, st.lists(st.tuples(st.integers(), st.integers())), st.none() | st.text())
def test_records_come_back_equal(
    at: datetime, spans: list[tuple[int, int]], words: str | None
) -> None:
    record = Record(at=at, parts=tuple(Part(span=span) for span in spans), words=words)
    assert from_json(Record, to_json(record)) == record
    assert isinstance(to_plain(record), dict)
