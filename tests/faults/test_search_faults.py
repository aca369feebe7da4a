"""Elasticsearch is stopped, comes back, and breaks off in the middle of an answer."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from cluewatch.bootstrap import Services
from cluewatch.projection import Projection
from documents.tables import index_queue
from domain.errors import RetryableError
from storage import leases
from storage.leases import WorkState
from tests.faults.conftest import Home, Settled, Untroubled
from tests.faults.door import Door
from tests.faults.feed import captures, groups, hasten, work_all

pytestmark = [pytest.mark.faults, pytest.mark.elasticsearch]


@pytest.fixture
def door(elasticsearch_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """The way to the node, and names of indices that no other test has."""
    monkeypatch.setenv("CLUEWATCH_SEARCH__PREFIX", f"faults-{secrets.token_hex(4)}")
    made = Door(elasticsearch_url)
    yield made
    made.close()


@pytest.fixture
def services(home: Home, door: Door) -> Iterator[Services]:
    """A home whose index is behind the door; it leaves no document there."""
    made = home(search=door.url)
    yield made
    door.close()
    door.open()
    made.index.rebuild([])


def waiting(services: Services) -> int:
    with services.truth.read() as tx:
        return leases.depth(tx, index_queue)[WorkState.READY]


def test_while_elasticsearch_is_away_all_else_goes_on(
    services: Services, door: Door, untroubled: Untroubled, settled: Settled
) -> None:
    for number, group in enumerate(groups(captures("faults", 6), 2)):
        with services.evidence_writer("test") as writer:
            writer.record(group)
        if number == 1:
            door.close()
            work_all(services)
            assert waiting(services) > 0
            door.open()
        hasten(services)
        work_all(services)
    assert settled(services) == untroubled("faults", 6)


def test_answers_that_break_off_index_nothing_twice(
    services: Services, door: Door, untroubled: Untroubled, settled: Settled
) -> None:
    for number, group in enumerate(groups(captures("faults", 6), 2)):
        with services.evidence_writer("test") as writer:
            writer.record(group)
        door.answers_left = number
        work_all(services)
        door.close()
        door.open()
        hasten(services)
        work_all(services)
    assert settled(services) == untroubled("faults", 6)


def test_a_rebuild_that_breaks_off_leaves_the_old_index(
    services: Services, door: Door, settled: Settled
) -> None:
    with services.evidence_writer("test") as writer:
        writer.record(captures("faults", 6))
    work_all(services)
    for answers in (1, 3, 5):
        door.answers_left = answers
        with pytest.raises(RetryableError):
            Projection(services, owner="test").rebuild(lambda _: None)
        door.close()
        door.open()
        assert services.index.count() == 6
    assert settled(services).indexed == 6
