"""Pictures that were asked for: fetched besides the documents, kept as evidence, capped apart."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from crawlers import source_store
from crawlers.engine import crawl
from crawlers.frontier.tables import hosts
from documents import pictures
from documents.pictures import DocumentPicture, PictureState
from domain.captures import CaptureRequest, RequestReason
from evidence import requests
from evidence.tables import snapshots
from tests.crawling.loopback import Web, Yard, page, source

PNG = (200, {"Content-Type": "image/png"}, b"\x89PNG\r\n\x1a\n" + bytes(60))


def want(yard: Yard, web: Web, *urls: str) -> None:
    """As the pipeline asks when it has judged a page."""
    with yard.truth.write() as tx:
        for place, url in enumerate(urls):
            one = DocumentPicture(
                document_id=f"d{place}", place=0, url=url, state=PictureState.WANTED
            )
            pictures.want(tx, [one])
            requests.ask(
                tx,
                CaptureRequest(
                    id=f"p{place}",
                    reason=RequestReason.PICTURE,
                    url=url,
                    source_id="a.test",
                    requested_at=web.clock.now(),
                ),
            )


def outcomes(yard: Yard) -> Counter[tuple[str, str]]:
    """(path, outcome) of every snapshot."""
    with yard.truth.read() as tx:
        rows = tx.execute(select(snapshots.c.url, snapshots.c.outcome)).all()
    return Counter((url.split("/", 3)[3], outcome) for url, outcome in rows)


@pytest.fixture
def watched(web: Web, yard: Yard) -> Web:
    """A site of three pages, and a host that only serves pictures."""
    site = web.site("a.test", "127.34.0.1")
    site.pages |= {"/": page("首页", "/1.html", "/2.html")}
    site.pages |= {f"/{n}.html": page("一二"[n - 1] * 3) for n in (1, 2)}
    web.site("img.test", "127.34.0.2")
    with yard.truth.write() as tx:
        source_store.put(tx, source("a.test", web.url("a.test")))
    return web


def test_pictures_are_kept_wherever_they_lie_and_never_followed(watched: Web, yard: Yard) -> None:
    watched.sites["a.test"].pages["/k1.png"] = PNG
    watched.sites["img.test"].pages |= {
        "/k2.png": PNG,
        "/wall.jpg": page("图片请到站内观看"),
        "/robots.txt": (200, {}, b"User-agent: *\nDisallow: /private/"),
        "/private/k3.png": PNG,
    }
    images = ("/k2.png", "/wall.jpg", "/private/k3.png")
    want(
        yard,
        watched,
        watched.url("a.test", "/k1.png"),
        *(watched.url("img.test", path) for path in images),
    )
    crawl(yard.config(watched))
    found = outcomes(yard)
    assert found["k1.png", "ok"] == found["k2.png", "ok"] == 1
    assert found["wall.jpg", "bad_content"] == 1
    assert "/private/k3.png" not in watched.paths("img.test")
    with yard.truth.read() as tx:
        (denied,) = pictures.of_document(tx, "d3")
    assert denied.state is PictureState.UNREAD
    assert min(watched.distances("a.test")) >= 2


def test_the_cap_of_pictures_holds_back_pictures_and_no_page(watched: Web, yard: Yard) -> None:
    site = watched.sites["a.test"]
    site.pages |= {f"/p/{n}.png": PNG for n in range(6)}
    want(yard, watched, *(watched.url("a.test", f"/p/{n}.png") for n in range(6)))
    crawl(yard.config(watched, pictures_a_day=4))
    asked = Counter(path.startswith("/p/") for path in watched.paths("a.test"))
    assert asked == {True: 4, False: 4}  # three pages and robots.txt
    with yard.frontier.read() as tx:
        row = tx.execute(select(hosts).where(hosts.c.host == "a.test")).one()
    assert (row.fetched_today, row.pictures_today) == (4, 4)
    watched.clock.jump(watched.clock.now() + timedelta(days=1))
    crawl(yard.config(watched, worker="w2", pictures_a_day=4))
    assert sum(path.startswith("/p/") for path in watched.paths("a.test")) == 6
