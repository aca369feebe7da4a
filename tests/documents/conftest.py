"""A store to put documents into."""

from __future__ import annotations

import pytest

from documents.tables import metadata
from storage.database import Database


@pytest.fixture
def database(empty_database: Database) -> Database:
    """An empty document store on each engine."""
    with empty_database.write() as tx:
        metadata.create_all(tx)
    return empty_database
