"""What the projector does when the index is away, refuses a document, forgets or is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import frozen

from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.projection import Projection
from cluewatch.sealing import SealWork
from cluewatch.settings import config_path, load_settings
from cluewatch.workers import drain, process_steps
from documents import store as documents
from documents.tables import index_queue
from domain.errors import CluewatchError, RetryableError, Unindexable
from domain.ports import SearchIndex
from domain.queries import Equals, Everything, Histogram, SearchDocument, SearchRequest, Text
from indexer.values import months_before
from storage import leases
from storage.leases import WorkState
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in

NOW = datetime(2026, 3, 31, 20, tzinfo=UTC)


@frozen
class Refusing:
    """An index that answers `error` to whatever is added."""

    error: CluewatchError

    def add(self, _rows: Iterable[SearchDocument]) -> None:
        raise self.error


def waiting(services: Services) -> dict[WorkState, int]:
    with services.truth.read() as tx:
        return leases.depth(tx, index_queue)


def queue_again(services: Services) -> list[str]:
    with services.truth.write() as tx:
        ids = [document.id for document in documents.iterate(tx)]
        for id_ in ids:
            documents.enqueue_index(tx, id_)
    return ids


def put_index(services: Services, index: object) -> None:
    services.__dict__["index"] = index


@pytest.fixture
def two(services: Services, tmp_path: Path) -> Services:
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    bring_in(services, tmp_path, "n.html", NOTICE, "http://gov.test/notice.html")
    return services


def test_while_the_index_is_away_nothing_is_lost(two: Services) -> None:
    index = two.index
    queue_again(two)
    put_index(two, Refusing(RetryableError("连不上")))
    projection = Projection(two, owner="test")
    assert [projection.work() for _ in range(3)] == [0, 0, 0]
    assert waiting(two)[WorkState.READY] == 2
    put_index(two, index)
    queue_again(two)  # now, not after the pause
    assert projection.work() == 2
    assert waiting(two)[WorkState.DONE] == 2


def test_one_refused_document_holds_nobody_up(two: Services) -> None:
    index = two.index
    refused, other = queue_again(two)
    put_index(two, Refusing(Unindexable("拒收", at=refused)))
    projection = Projection(two, owner="test")
    projection.work()
    put_index(two, index)
    assert projection.work() == 1
    with two.truth.read() as tx:
        (parked,) = leases.parked(tx, index_queue)
    assert (parked["id"], "拒收" in parked["last_error"]) == (refused, True)
    assert other != refused


def answers(index: SearchIndex) -> list[object]:
    queries = (Everything(), Text(words="永不复发"), Equals(field="verdict", value="CLUE"))
    facets = ("verdict", "type", "site", "month", "office", "region")
    return [
        index.search(SearchRequest(query=q, facets=facets, histogram=Histogram())) for q in queries
    ]


def test_a_lost_index_is_made_again_with_the_same_answers(two: Services) -> None:
    before = answers(two.index)
    shutil.rmtree(two.settings.index_directory)
    del two.__dict__["index"]
    two.index.ensure()
    assert two.index.count() == 0
    counts: list[int] = []
    assert Projection(two, owner="test").rebuild(counts.append) == 2
    assert counts[-1] == 2
    assert answers(two.index) == before


def test_months_that_are_not_kept_leave_the_index_and_stay_out(
    two: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUEWATCH_SEARCH__MONTHS", "2")
    later = Services(load_settings())
    projection = Projection(later, owner="test")
    projection.rebuild(lambda _: None)
    assert later.index.count() == 2
    put_clock(later, days=70)
    queue_again(later)
    drain((projection.work,))
    assert later.index.count() == 0
    assert projection.rebuild(lambda _: None) == 2
    assert later.index.count() == 0
    later.close()


@frozen
class Later:
    """The system's clock, put forward."""

    clock: object
    by: timedelta

    def now(self) -> datetime:
        moment: datetime = self.clock.now() + self.by  # type: ignore[attr-defined]
        return moment

    def close(self) -> None:
        """Nothing is open."""


def put_clock(services: Services, *, days: int) -> None:
    services.__dict__["clock"] = Later(services.clock, timedelta(days=days))


def test_months_are_counted_in_china() -> None:
    assert [months_before(NOW, n) for n in (0, 1, 4, 16)] == [
        "2026-04",
        "2026-03",
        "2025-12",
        "2024-12",
    ]


def test_the_offices_that_have_a_ticket_are_in_the_index(
    services: Services, tmp_path: Path
) -> None:
    no_browser = {"executable": str(tmp_path / "none")}  # the ticket leaves with 未完成固证
    configuration.write(config_path(), {"dispatch": {"automatic": True}, "browser": no_browser})
    automatic = Services(load_settings())
    automatic.index.ensure()
    bring_in(automatic, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    SealWork(automatic, owner="test").work()
    drain(process_steps(automatic))
    request = SearchRequest(query=Everything(), facets=("office",))
    ((_, offices),) = automatic.index.search(request).facets
    assert offices
    office, _ = offices[0]
    found = automatic.index.search(SearchRequest(query=Equals(field="office", value=office)))
    assert found.total == 1
    automatic.close()
