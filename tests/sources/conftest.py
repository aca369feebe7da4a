"""The crawlers' share of the truth on each engine, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from crawlers.tables import metadata
from storage.database import Database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def tx(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """An open transaction with empty tables (`postgres_url` is a fixture of tests.engines)."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    else:
        database = Database(request.getfixturevalue("postgres_url"))
    with database.write() as opened:
        metadata.create_all(opened)
        yield opened
    database.close()
