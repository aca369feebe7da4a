"""A database with the tables of cases and of control."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluewatch.bootstrap import Services
from documents import tables as documents
from storage.database import Database
from tests.homes import AGENCY, home
from tests.tickets.cases import FILED, CountingIds, one_clue, subject, walk
from tickets import outcome_tables, subject_tables, tables
from tickets.control import tables as control
from tickets.issue import issue


@pytest.fixture
def database(empty_database: Database) -> Database:
    """On each engine."""
    with empty_database.write() as tx:
        for metadata in (
            tables.metadata,
            outcome_tables.metadata,
            subject_tables.metadata,
            control.metadata,
        ):
            metadata.create_all(tx)
        documents.index_queue.create(tx)
    return empty_database


@pytest.fixture
def ids() -> CountingIds:
    """Ids in order."""
    return CountingIds()


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A city with one clinic's case and one salon's in different districts."""
    risk = tmp_path / "risk.yml"
    shipped = Path(__file__).parents[2] / "tickets" / "control" / "risk.yml"
    risk.write_text(shipped.read_text("utf-8").replace("at: 25", "at: 5"), "utf-8")
    control = {"risk": str(risk)}
    with home(tmp_path / "home", monkeypatch, agency=AGENCY, control=control) as wired:
        _two_cases(wired)
        yield wired


def _two_cases(wired: Services) -> None:
    ids, cases = CountingIds(), (("cure_rate", "990101"), ("unlicensed_practice", "990102"))
    with wired.truth.write() as tx:
        for n, (slug, region) in enumerate(cases):
            who = subject(f"示范诊所{n}", region=region)
            clue = one_clue(tx, ids, slug, who=who, page=f"p{n}")
            for ticket in issue(
                tx, clue=clue, desk=wired.desk, ids=ids, at=wired.clock.now(), automatic=True
            ):
                walk(tx, ticket, *FILED, at=wired.clock.now())
