"""Fresh loopback sites and databases for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawling.loopback import JumpingClock, Web, Yard


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def web(clock: JumpingClock) -> Iterator[Web]:
    made = Web(clock)
    yield made
    made.close()


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    made = Yard.make(tmp_path)
    yield made
    made.truth.close()
    made.frontier.close()
