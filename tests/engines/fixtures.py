"""Fixtures that give tests a real server, or say what to install.

A URL in TEST_ELASTICSEARCH_URL or TEST_DATABASE_URL is used as it is; tests leave nothing in it.
A machine without the engines fails the tests, unless ALLOW_NO_ELASTICSEARCH=1 or
ALLOW_NO_POSTGRES=1 says that they may be skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy.engine import URL

from storage.database import Database
from tests.engines import elasticsearch, postgres
from tests.engines.postgres import Cluster


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """The URL of a node; use a random index prefix and remove what you made."""
    given = os.environ.get("TEST_ELASTICSEARCH_URL")
    if given:
        yield given
        return
    missing = elasticsearch.missing_tools()
    if missing:
        _absent("ELASTICSEARCH", f"no {', '.join(missing)} to assemble it", elasticsearch.PACKAGES)
    with elasticsearch.running_node() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """The server that `postgres_url` makes its schemas in."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield postgres.server_url(given)
        return
    with postgres.running_cluster(_programs()) as cluster:
        yield cluster.url


@pytest.fixture
def postgres_cluster() -> Iterator[Cluster]:
    """A cluster of this test alone, which it may stop, crash and start again; commits last."""
    with postgres.running_cluster(_programs(), lasting=True) as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """A URL whose connections see an empty schema of this test alone, dropped afterwards."""
    with postgres.own_schema(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables, on each engine."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'truth.db'}", busy_seconds=10)
    else:
        opened = Database(request.getfixturevalue("postgres_url"))
    yield opened
    opened.close()


def _programs() -> Path:
    programs = postgres.binaries()
    if programs is None:
        _absent("POSTGRES", "no initdb and postgres programs", postgres.PACKAGES)
    return programs


def _absent(engine: str, reason: str, packages: str) -> NoReturn:
    message = f"{reason}; install the Debian packages: {packages}"
    if os.environ.get(f"ALLOW_NO_{engine}") == "1":
        pytest.skip(f"ALLOW_NO_{engine}=1: {message}")
    pytest.fail(f"{message} (or name a server by URL, or set ALLOW_NO_{engine}=1 to skip)")
