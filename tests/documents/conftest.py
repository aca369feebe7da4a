"""A store to put documents into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from documents.tables import metadata
from storage.database import Database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty document store on each engine (`postgres_url` is a fixture of tests.engines)."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    else:
        database = Database(request.getfixturevalue("postgres_url"))
    with database.write() as tx:
        metadata.create_all(tx)
    yield database
    database.close()
