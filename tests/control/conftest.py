"""A database with the tables of cases and of control."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from documents import tables as documents
from storage.database import Database
from tests.tickets.cases import CountingIds
from tickets import outcome_tables, subject_tables, tables
from tickets.control import tables as control


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """On each engine (`postgres_url` is a fixture of tests.engines)."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    else:
        opened = Database(request.getfixturevalue("postgres_url"))
    with opened.write() as tx:
        for metadata in (
            tables.metadata,
            outcome_tables.metadata,
            subject_tables.metadata,
            control.metadata,
        ):
            metadata.create_all(tx)
        documents.index_queue.create(tx)
    yield opened
    opened.close()


@pytest.fixture
def ids() -> CountingIds:
    """Ids in order."""
    return CountingIds()
