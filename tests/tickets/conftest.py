"""A database, ids and a desk for every test here."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import tables as documents
from evidence.tables import metadata as evidence
from storage.database import Database
from tests.tickets.cases import DESK, CountingIds
from tickets import outcome_tables, subject_tables
from tickets.desk import Desk
from tickets.tables import metadata


@pytest.fixture
def database(empty_database: Database) -> Database:
    """The tables of this package on each engine."""
    with empty_database.write() as tx:
        metadata.create_all(tx)
        outcome_tables.metadata.create_all(tx)
        subject_tables.metadata.create_all(tx)
        documents.index_queue.create(tx)
        evidence.create_all(tx)
    return empty_database


@pytest.fixture
def ids() -> CountingIds:
    """Ids in order."""
    return CountingIds()


@pytest.fixture(scope="session")
def desk() -> Desk:
    """The shipped offices, routes and clocks."""
    return DESK


@pytest.fixture
def package(tmp_path: Path) -> list[Path]:
    """Two files to deliver."""
    (tmp_path / "letter.docx").write_bytes(b"letter")
    (tmp_path / "bundle.zip").write_bytes(b"bundle" * 1000)
    return [tmp_path / "letter.docx", tmp_path / "bundle.zip"]
