"""A database with the tables of cases and of control."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.settings import config_path, load_settings
from documents import tables as documents
from storage.database import Database
from tests.tickets.cases import FILED, CountingIds, one_clue, subject, walk
from tickets import outcome_tables, subject_tables, tables
from tickets.control import tables as control
from tickets.issue import issue


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """On each engine (`postgres_url` is a fixture of tests.engines)."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    else:
        opened = Database(request.getfixturevalue("postgres_url"))
    with opened.write() as tx:
        for metadata in (
            tables.metadata,
            outcome_tables.metadata,
            subject_tables.metadata,
            control.metadata,
        ):
            metadata.create_all(tx)
        documents.index_queue.create(tx)
    yield opened
    opened.close()


@pytest.fixture
def ids() -> CountingIds:
    """Ids in order."""
    return CountingIds()


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A city with one clinic's case and one salon's in different districts."""
    monkeypatch.setenv("CLUEWATCH_HOME", str(tmp_path / "home"))
    risk = tmp_path / "risk.yml"
    shipped = Path(__file__).parents[2] / "tickets" / "control" / "risk.yml"
    risk.write_text(shipped.read_text("utf-8").replace("at: 25", "at: 5"), "utf-8")
    values = {"agency": {"region": "990100"}, "control": {"risk": str(risk)}}
    configuration.write(config_path(), values)
    wired = Services(load_settings())
    wired.prepare()
    ids = CountingIds()
    with wired.truth.write() as tx:
        for n, (slug, region) in enumerate(
            (("cure_rate", "990101"), ("unlicensed_practice", "990102"))
        ):
            who = subject(f"示范诊所{n}", region=region)
            clue = one_clue(tx, ids, slug, who=who, page=f"p{n}")
            for ticket in issue(
                tx, clue=clue, desk=wired.desk, ids=ids, at=wired.clock.now(), automatic=True
            ):
                walk(tx, ticket, *FILED, at=wired.clock.now())
    yield wired
    wired.close()
