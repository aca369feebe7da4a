"""The crawlers' share of the truth on each engine, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from crawlers.tables import metadata
from storage.database import Database


@pytest.fixture
def tx(empty_database: Database) -> Iterator[Connection]:
    """An open transaction with empty tables."""
    with empty_database.write() as opened:
        metadata.create_all(opened)
        yield opened
