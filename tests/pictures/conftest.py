"""One reader for all tests of a module: loading the models takes a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from classifiers.pictures.reader import ChildReader


@pytest.fixture(scope="module")
def reader() -> Iterator[ChildReader]:
    """A reader with its child process."""
    wired = ChildReader()
    yield wired
    wired.close()
