"""A register to import into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from registers.book import RegisterBook
from registers.tables import metadata
from storage.database import Database
from tests.registers.numbers import OTHER_REGION, REGION


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty register on each engine (`postgres_url` is a fixture of tests.engines)."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    else:
        database = Database(request.getfixturevalue("postgres_url"))
    with database.write() as tx:
        metadata.create_all(tx)
    yield database
    database.close()


@pytest.fixture
def book(database: Database) -> RegisterBook:
    """The register, knowing the divisions of the sources `here` and `there`."""
    regions = {"here": REGION, "there": OTHER_REGION}
    return RegisterBook(database, region_of_source=regions.get)
