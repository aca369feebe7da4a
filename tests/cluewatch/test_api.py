"""The API: tokens, scopes, districts, pages, tags and rates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from cluewatch.accounts import store as accounts
from cluewatch.accounts import tokens
from cluewatch.api.app import create_api
from cluewatch.api.limits import RateLimit
from cluewatch.bootstrap import Services
from cluewatch.console.app import create_app
from crawlers import source_store
from documents import store as documents
from domain.errors import NotFound, PermanentError, RetryableError
from domain.people import GRANTS, Permission, Role, User
from domain.sources import Source, SourceKind
from evidence import ledger
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in
from tickets import worklist
from tickets.worklist import ClueFilter

OWN = "a password of my own"
_P = Permission
ALL_SCOPES = GRANTS[Role.ANALYST] | GRANTS[Role.OPERATOR]
ENDPOINTS = {
    "/search?q=*": _P.SEARCH,
    "/documents/x": _P.READ_DOCUMENT,
    "/saved-searches": _P.SEARCH,
    "/saved-searches/x": _P.SEARCH,
    "/saved-searches/x/alerts": _P.SEARCH,
    "/clues": _P.READ_CLUE,
    "/clues/x": _P.READ_CLUE,
    "/tickets": _P.READ_TICKET,
    "/tickets/x": _P.READ_TICKET,
    "/sources": _P.READ_OPERATIONS,
    "/sources/x": _P.READ_OPERATIONS,
}


def user_named(
    services: Services, *roles: Role, offices: tuple[str, ...] = (), region: str = ""
) -> User:
    name = "-".join(roles)
    with services.truth.write() as tx:
        at = services.clock.now()
        once = accounts.create(
            tx,
            id=name,
            name=name,
            roles=roles,
            offices=offices,
            region=region,
            at=at,
            actor="test",
        )
        user = next(user for user in accounts.all_users(tx) if user.name == name)
        accounts.change_password(tx, user=user, old=once, new=OWN, at=at)
    return user


def token_of(services: Services, user: User, *scopes: Permission, days: int = 1) -> str:
    with services.truth.write() as tx:
        return tokens.issue(
            tx,
            id=services.ids.new(),
            name="test",
            user=user,
            scopes=scopes or [scope for scope in ALL_SCOPES if user.may(scope)],
            days=days,
            at=services.clock.now(),
            actor="test",
        )


def client_with(services: Services, secret: str, **limits: RateLimit) -> TestClient:
    return TestClient(
        create_api(services, **limits),
        headers={"Authorization": f"Bearer {secret}"},
        base_url="http://127.0.0.1:8470",
        raise_server_exceptions=False,
    )


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


def test_the_console_carries_the_api(services: Services) -> None:
    secret = token_of(services, user_named(services, Role.ANALYST))
    client = TestClient(create_app(services), base_url="http://127.0.0.1:8470")
    assert client.get("/api/v1/clues").status_code == 401
    answer = client.get("/api/v1/clues", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()) == (200, {"entries": [], "after": None})
    assert answer.headers["Cache-Control"] == "private, no-cache"
    described = client.get("/api/v1/openapi.json").json()
    assert described["servers"] == [{"url": "/api/v1"}]


def test_every_endpoint_is_in_the_table(services: Services) -> None:
    paths = {path.replace("{", "").split("?")[0] for path in ENDPOINTS}
    described = create_api(services).openapi()["paths"]
    assert {part.split("/{")[0] for part in described} == {p.split("/x")[0] for p in paths}
    assert len(described) == len(ENDPOINTS)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_each_endpoint_needs_its_scope(services: Services, path: str) -> None:
    services.index.ensure()
    user = user_named(services, Role.ANALYST, Role.OPERATOR)
    needed = ENDPOINTS[path]
    others = [scope for scope in ALL_SCOPES if scope is not needed]
    refused = client_with(services, token_of(services, user, *others)).get(path)
    assert (refused.status_code, needed.value in refused.json()["detail"]) == (403, True)
    assert refused.headers["content-type"] == "application/problem+json"
    allowed = client_with(services, token_of(services, user, needed)).get(path)
    assert allowed.status_code == (404 if "/x" in path else 200)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic YTpi", "Bearer é"])
def test_no_valid_token(services: Services, header: str | None) -> None:
    client = TestClient(create_api(services), base_url="http://127.0.0.1:8470")
    given = {} if header is None else {"Authorization": header.encode()}
    answer = client.get("/clues", headers=given)  # type: ignore[arg-type] # bytes are sent as they are
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_token_ends_with_its_time_its_revocation_and_its_users_roles(services: Services) -> None:
    user = user_named(services, Role.ANALYST)
    secret = token_of(services, user, _P.SEARCH, days=1)
    now = services.clock.now()
    with services.truth.write() as tx:
        found = tokens.bearer(tx, secret=secret, at=now)
        assert found is not None
        assert found.may(_P.SEARCH)
        assert not found.may(_P.READ_CLUE)
        assert not evolve(found, user=evolve(user, roles=frozenset())).may(_P.SEARCH)
        assert tokens.bearer(tx, secret=secret, at=now + timedelta(days=1)) is None
        assert tokens.bearer(tx, secret=f"{secret}x", at=now) is None
        accounts.disable(tx, name=user.name, disabled=True, at=now, actor="test")
        assert tokens.bearer(tx, secret=secret, at=now) is None
        accounts.disable(tx, name=user.name, disabled=False, at=now, actor="test")
        assert tokens.bearer(tx, secret=secret, at=now) is not None
        (listed,) = tokens.all_tokens(tx)
        assert listed.seen_at == now
        tokens.revoke(tx, id=listed.id, at=now, actor="test")
        assert tokens.bearer(tx, secret=secret, at=now) is None
        with pytest.raises(NotFound):
            tokens.revoke(tx, id=listed.id, at=now, actor="test")
        dump = "\n".join(str(row) for row in tx.exec_driver_sql("SELECT * FROM api_tokens"))
    assert secret not in dump


@pytest.mark.parametrize(
    ("scopes", "days"),
    [((_P.MANAGE_USERS,), 1), ((_P.SEARCH, _P.READ_OPERATIONS), 1), ((_P.SEARCH,), 0)],
)
def test_what_cannot_be_granted_is_refused(
    services: Services, scopes: tuple[Permission, ...], days: int
) -> None:
    user = user_named(services, Role.ANALYST)
    with pytest.raises(PermanentError):
        token_of(services, user, *scopes, days=days)


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


def test_a_token_has_a_rate_and_strangers_a_lower_one(services: Services) -> None:
    now = [0.0]

    def limit(burst: int) -> RateLimit:
        return RateLimit(burst=burst, per_second=0.5, clock=lambda: now[0])

    secret = token_of(services, user_named(services, Role.ANALYST))
    client = client_with(services, secret, limit=limit(3), strangers=limit(1))
    answers = [client.get("/clues") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers.get("RateLimit-Remaining") for answer in answers[:3]] == ["2", "1", "0"]
    assert answers[-1].headers["Retry-After"] == "2"
    now[0] += 2
    assert client.get("/clues").status_code == 200
    stranger = {"Authorization": "Bearer wrong"}
    assert [client.get("/clues", headers=stranger).status_code for _ in range(2)] == [401, 429]


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 5))
def test_no_more_pass_than_the_bucket_holds(pauses: list[float], burst: int) -> None:
    now, passed = 0.0, 0
    limit = RateLimit(burst=burst, per_second=1.0, clock=lambda: now)
    for pause in pauses:
        now += pause
        passed += limit.take("a").passes
    assert passed <= burst + now + 1e-6
    assert limit.take("b").passes


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
