"""The engines on which the stores are tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each engine (`postgres_url` is a fixture of tests.engines)."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'truth.db'}", busy_seconds=10)
    else:
        database = Database(request.getfixturevalue("postgres_url"))
    yield database
    database.close()
