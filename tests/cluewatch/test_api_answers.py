"""The API: what it finds and shows, page by page, and only within the caller's reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cluewatch.bootstrap import Services
from crawlers import source_store
from documents import store as documents
from domain.errors import RetryableError
from domain.people import Role
from domain.sources import Source, SourceKind
from evidence import ledger
from tests.cluewatch.api_callers import client_with, token_of, user_named
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in
from tickets import worklist
from tickets.worklist import ClueFilter


@pytest.fixture
def analyst(services: Services) -> TestClient:
    user = user_named(services, Role.ANALYST, Role.OPERATOR)
    return client_with(services, token_of(services, user))


@pytest.fixture
def pages(services: Services, tmp_path: Path) -> Iterator[None]:
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    bring_in(services, tmp_path, "n.html", NOTICE, "http://gov.test/notice.html")
    yield


@pytest.mark.usefixtures("pages")
def test_searching_and_reading(services: Services, analyst: TestClient) -> None:
    answer = analyst.get("/search", params={"q": "永不复发", "facet": "verdict", "limit": 1})
    first = answer.json()
    assert (first["total"], len(first["hits"]), first["histogram"]) == (2, 1, [])
    counted = {count["value"]: count["count"] for count in first["facets"]["verdict"]}
    assert counted["CLUE"] == 1
    params: dict[str, Any] = {"q": "永不复发", "after": first["after"], "histogram": "month"}
    second = analyst.get("/search", params=params).json()
    assert sum(bar["count"] for bar in second["histogram"]) == 2
    hits = [*first["hits"], *second["hits"]]
    assert {hit["site"] for hit in hits} == {"qinghe.test", "gov.test"}
    document = analyst.get(f"/documents/{hits[0]['id']}").json()
    (mark, *_) = hits[0]["highlights"]
    assert document["text"][mark["start"] : mark["end"]] == "永不复发"
    with services.truth.read() as tx:
        read = [entry for entry in ledger.chain(tx, ledger.ACCESS) if entry.action == "read"]
    assert [entry.subject for entry in read] == [document["id"]]


@pytest.mark.usefixtures("pages")
def test_clues_are_found_and_shown(services: Services, analyst: TestClient) -> None:
    (entry,) = analyst.get("/clues").json()["entries"]
    clue = analyst.get(f"/clues/{entry['id']}").json()
    assert (clue["number"], clue["subject"]["name"]) == (entry["number"], "青禾医院")
    assert clue["findings"]
    with services.truth.read() as tx:
        (known,) = worklist.clues(tx, ClueFilter()).entries
    assert known.id == clue["id"]


@pytest.mark.usefixtures("pages")
def test_an_office_sees_nothing_that_has_not_reached_it(services: Services) -> None:
    user = user_named(services, Role.OFFICE, offices=("somewhere",))
    client = client_with(services, token_of(services, user))
    with services.truth.read() as tx:
        (clue,) = worklist.clues(tx, ClueFilter()).entries
    assert client.get("/clues").json()["entries"] == []
    assert client.get("/tickets").json()["entries"] == []
    assert client.get(f"/clues/{clue.id}").status_code == 404


def test_sources_page_by_id(services: Services, analyst: TestClient) -> None:
    with services.truth.write() as tx:
        for n in range(5):
            source = Source(
                id=f"s{n}",
                kind=SourceKind.HOSPITAL_SITE,
                title="青禾医院",
                region="990100",
                start_urls=("http://qinghe.test/",),
                hosts=("qinghe.test",),
            )
            source_store.put(tx, source)
    seen, after = [], None
    while True:
        params = {"limit": 2, **({"after": after} if after else {})}
        page = analyst.get("/sources", params=params).json()
        seen += [entry["id"] for entry in page["entries"]]
        after = page["after"]
        if after is None:
            break
    assert seen == [f"s{n}" for n in range(5)]
    assert analyst.get("/sources/s3").json()["title"] == "青禾医院"


def test_saved_searches_are_their_owners(services: Services, analyst: TestClient) -> None:
    wanted = {"name": "复发", "expression": "永不复发"}
    made = analyst.post("/saved-searches", json=wanted)
    assert (made.status_code, made.json()["name"]) == (201, "复发")
    path = f"/saved-searches/{made.json()['id']}"
    other = client_with(services, token_of(services, user_named(services, Role.ANALYST)))
    assert other.get(path).json() == made.json()
    assert other.delete(path).status_code == 403
    assert analyst.delete(path).status_code == 204
    assert analyst.get(path).status_code == 404
    refused = analyst.post("/saved-searches", json={**wanted, "expression": "根治 电话:1"})
    assert (refused.status_code, "没有“电话”" in refused.json()["detail"]) == (400, True)
    assert analyst.post("/saved-searches", json={**wanted, "more": 1}).status_code == 422


def test_alerts_page(services: Services, analyst: TestClient, tmp_path: Path) -> None:
    services.index.ensure()
    made = analyst.post("/saved-searches", json={"name": "n", "expression": "永不复发"}).json()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    bring_in(services, tmp_path, "n.html", NOTICE, "http://gov.test/notice.html")
    path = f"/saved-searches/{made['id']}/alerts"
    first = analyst.get(path, params={"limit": 1}).json()
    rest = analyst.get(path, params={"limit": 5, "after": first["after"]}).json()
    sites = [entry["url"][:11] for entry in (*first["entries"], *rest["entries"])]
    assert (sites, rest["after"]) == (["http://gov.", "http://qing"], None)
    for mark in ("x", "[1,2]", '["2026-01-01",""]', "[[],{}]", "1"):
        assert analyst.get(path, params={"after": mark}).status_code == 400


def test_a_known_answer_is_not_sent_again(analyst: TestClient) -> None:
    first = analyst.get("/saved-searches")
    tag = first.headers["ETag"]
    for wanted in (tag, f'"other", W/{tag}', "*"):
        again = analyst.get("/saved-searches", headers={"If-None-Match": wanted})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    analyst.post("/saved-searches", json={"name": "n", "expression": "根治"})
    changed = analyst.get("/saved-searches", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_an_index_that_is_away_is_said_to_be(services: Services, analyst: TestClient) -> None:
    class Away:
        def search(self, _request: object) -> None:
            raise RetryableError("连不上 Elasticsearch")

    services.__dict__["index"] = Away()
    answer = analyst.get("/search", params={"q": "根治"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "连不上" in answer.json()["detail"]


def test_documents_of_another_district_do_not_exist(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    user = user_named(services, Role.ANALYST, Role.OPERATOR, region="990200")
    client = client_with(services, token_of(services, user))
    with services.truth.read() as tx:
        (document,) = documents.iterate(tx)
        (clue,) = worklist.clues(tx, ClueFilter()).entries
    assert client.get("/search", params={"q": "*"}).json()["total"] == 0
    assert client.get("/clues").json()["entries"] == []
    for path in (f"/documents/{document.id}", f"/clues/{clue.id}"):
        assert client.get(path).status_code == 404
