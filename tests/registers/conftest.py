"""A register to import into."""

from __future__ import annotations

import pytest

from registers.book import RegisterBook
from registers.tables import metadata
from storage.database import Database
from tests.registers.numbers import OTHER_REGION, REGION


@pytest.fixture
def database(empty_database: Database) -> Database:
    """An empty register on each engine."""
    with empty_database.write() as tx:
        metadata.create_all(tx)
    return empty_database


@pytest.fixture
def book(database: Database) -> RegisterBook:
    """The register, knowing the divisions of the sources `here` and `there`."""
    regions = {"here": REGION, "there": OTHER_REGION}
    return RegisterBook(database, region_of_source=regions.get)
