"""The engines on which the stores are tried."""

from __future__ import annotations

import pytest

from storage.database import Database


@pytest.fixture
def database(empty_database: Database) -> Database:
    """An empty database of each engine."""
    return empty_database
