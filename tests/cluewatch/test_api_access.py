"""The API: who may enter where, tokens and their ends, rates."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from attrs import evolve
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from cluewatch.accounts import store as accounts
from cluewatch.accounts import tokens
from cluewatch.api import cases, deciding, searching
from cluewatch.api.app import create_api
from cluewatch.api.limits import RateLimit
from cluewatch.bootstrap import Services
from cluewatch.console.app import create_app
from domain.errors import NotFound, PermanentError
from domain.people import Permission, Role
from tests.cluewatch.api_callers import ALL_SCOPES, client_with, token_of, user_named

_P = Permission
ENDPOINTS = {
    ("GET", "/search"): _P.SEARCH,
    ("GET", "/documents/{document_id}"): _P.READ_DOCUMENT,
    ("GET", "/saved-searches"): _P.SEARCH,
    ("POST", "/saved-searches"): _P.SAVE_SEARCH,
    ("GET", "/saved-searches/{search_id}"): _P.SEARCH,
    ("DELETE", "/saved-searches/{search_id}"): _P.SAVE_SEARCH,
    ("GET", "/saved-searches/{search_id}/alerts"): _P.SEARCH,
    ("GET", "/clues"): _P.READ_CLUE,
    ("GET", "/clues/{clue_id}"): _P.READ_CLUE,
    ("POST", "/clues/{clue_id}/moves"): _P.REVIEW_CLUE,
    ("GET", "/review-queue"): _P.REVIEW_CLUE,
    ("GET", "/documents/{document_id}/reviews"): _P.REVIEW_CLUE,
    ("POST", "/documents/{document_id}/reviews"): _P.REVIEW_CLUE,
    ("GET", "/tickets"): _P.READ_TICKET,
    ("GET", "/tickets/{ticket_id}"): _P.READ_TICKET,
    ("POST", "/tickets/{ticket_id}/moves"): _P.MOVE_TICKET,
    ("POST", "/tickets/{ticket_id}/handler"): _P.MOVE_TICKET,
    ("POST", "/tickets/{ticket_id}/opinion"): _P.MOVE_TICKET,
    ("GET", "/sources"): _P.READ_OPERATIONS,
    ("GET", "/sources/{source_id}"): _P.READ_OPERATIONS,
}
BODIES = {
    "saved-searches": {"name": "n", "expression": "根治"},
    "handler": {"office": "o", "handler": "h"},
    "opinion": {"number": "文号", "words": "属实"},
    "moves": {"move": "merge"},
    "reviews": {},
}


def test_the_console_carries_the_api(services: Services) -> None:
    secret = token_of(services, user_named(services, Role.ANALYST))
    client = TestClient(create_app(services), base_url="http://127.0.0.1:8470")
    assert client.get("/api/v1/clues").status_code == 401
    answer = client.get("/api/v1/clues", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()) == (200, {"entries": [], "after": None})
    assert answer.headers["Cache-Control"] == "private, no-cache"
    described = client.get("/api/v1/openapi.json").json()
    assert described["servers"] == [{"url": "/api/v1"}]


def test_every_endpoint_is_in_the_table() -> None:
    there = {
        (method, route.path)
        for part in (searching, cases, deciding)
        for route in part.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert there == set(ENDPOINTS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=" ".join)
def test_each_endpoint_needs_its_scope(services: Services, endpoint: tuple[str, str]) -> None:
    services.index.ensure()
    method, template = endpoint
    path = re.sub(r"{\w+}", "x", template)
    last = path.rpartition("/")[2]
    body = {
        **BODIES.get(last, {}),
        **({"move": "receive"} if "tickets" in path and last == "moves" else {}),
    }
    params = {"q": "*"} if path == "/search" else {}
    user = user_named(services, Role.REVIEWER, Role.OPERATOR)
    needed = ENDPOINTS[endpoint]

    def status(*scopes: Permission) -> tuple[int, str]:
        client = client_with(services, token_of(services, user, *scopes))
        json = body if method == "POST" else None
        answer = client.request(method, path, params=params, json=json)
        return answer.status_code, answer.text

    refused, words = status(*(scope for scope in ALL_SCOPES if scope is not needed))
    assert (refused, needed.value in words) == (403, True)
    allowed, _ = status(needed)
    assert allowed in ((404,) if "x" in path.split("/") else (200, 201))


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
