"""A database, ids and a desk for every test here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from documents import tables as documents
from evidence.tables import metadata as evidence
from storage.database import Database
from tests.tickets.cases import DESK, CountingIds
from tickets import outcome_tables, subject_tables
from tickets.desk import Desk
from tickets.tables import metadata


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The tables of this package on each engine (`postgres_url` is a fixture of tests.engines)."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    else:
        opened = Database(request.getfixturevalue("postgres_url"))
    with opened.write() as tx:
        metadata.create_all(tx)
        outcome_tables.metadata.create_all(tx)
        subject_tables.metadata.create_all(tx)
        documents.index_queue.create(tx)
        evidence.create_all(tx)
    yield opened
    opened.close()


@pytest.fixture
def ids() -> CountingIds:
    """Ids in order."""
    return CountingIds()


@pytest.fixture(scope="session")
def desk() -> Desk:
    """The shipped offices, routes and clocks."""
    return DESK
