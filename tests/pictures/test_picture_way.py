"""The whole way on a loopback site: page crawled, picture asked for, redirected, fetched, read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers.pictures.reader import ChildReader
from cluewatch import intake, workers
from cluewatch.bootstrap import Services
from cluewatch.clock import SystemClock
from documents import store as documents
from domain.findings import Verdict
from tests.crawling.loopback import Web
from tests.homes import home
from tests.pictures.drawing import encoded, poster
from tests.pictures.saving import LINES, page


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web(SystemClock())  # type: ignore[arg-type]  # it is only asked for the time
    made.site("a.test", "127.37.0.1")
    made.site("cdn.test", "127.37.0.2")
    yield made
    made.close()


@pytest.fixture
def wired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: ChildReader
) -> Iterator[Services]:
    resolve = {"a.test": "127.37.0.1", "cdn.test": "127.37.0.2"}
    network = {"resolve": resolve, "allowed": ["127.37.0.0/16"]}
    with home(tmp_path / "home", monkeypatch, network=network) as made:
        made.__dict__["picture_reader"] = reader
        yield made
        made.__dict__.pop("picture_reader")


def test_a_crawled_page_of_one_picture_becomes_a_clue(wired: Services, web: Web) -> None:
    there = web.url("cdn.test", "/k.png")
    picture = (200, {"Content-Type": "image/png"}, encoded(poster(LINES), "PNG"))
    web.sites["cdn.test"].pages["/k.png"] = picture
    web.sites["a.test"].pages |= {
        "/zt.html": (200, {}, page("k.png")),
        "/img/k.png": (302, {"Location": there}, b""),
    }
    wired.index.ensure()
    url = web.url("a.test", "/zt.html")
    intake.crawl_now(wired, [url], whole_sites=False)
    workers.drain(workers.process_steps(wired))
    intake.crawl_now(wired, [], whole_sites=False)  # what the page asked for
    workers.drain(workers.all_steps(wired))
    assert web.paths("cdn.test") == ["/robots.txt", "/k.png"]
    with wired.truth.read() as tx:
        document = documents.by_url(tx, url)
        assert document is not None
        assessment = documents.assessment(tx, document.id)
    assert assessment is not None and assessment.verdict is Verdict.CLUE
    assert {f.picture.url for f in assessment.findings if f.picture} == {there}
