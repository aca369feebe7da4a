"""A home of its own for every test, and one reader for all: loading its models takes a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers.pictures.reader import SECONDS, ChildReader
from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.settings import config_path, load_settings


@pytest.fixture(scope="session")
def reader() -> Iterator[ChildReader]:
    """A reader with its child process."""
    wired = ChildReader()
    yield wired
    wired.close()


@pytest.fixture
def services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: ChildReader
) -> Iterator[Services]:
    """Wired and migrated, with an agency."""
    monkeypatch.setenv("CLUEWATCH_HOME", str(tmp_path / "home"))
    agency = {
        "name": "示范市监测中心",
        "contact": "a@b.test",
        "legal_basis": "测试",
        "region": "990100",
    }
    configuration.write(config_path(), {"agency": agency})
    wired = Services(load_settings())
    wired.prepare()
    monkeypatch.setattr(reader, "seconds", SECONDS)
    wired.__dict__["picture_reader"] = reader
    yield wired
    wired.__dict__.pop("picture_reader")
    wired.close()
