"""A home of its own for every test, and one reader for all: loading its models takes a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers.pictures.reader import SECONDS, ChildReader
from cluewatch.bootstrap import Services
from tests.homes import AGENCY, home


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
    monkeypatch.setattr(reader, "seconds", SECONDS)
    with home(tmp_path / "home", monkeypatch, agency=AGENCY) as wired:
        wired.__dict__["picture_reader"] = reader
        yield wired
        wired.__dict__.pop("picture_reader")
