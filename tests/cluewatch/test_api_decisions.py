"""The API: reviews and moves, within the caller's reach, on what the caller has seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cluewatch.bootstrap import Services
from documents import reviews
from domain.people import Role
from domain.reviews import Decision
from domain.tickets import TicketState
from tests.cluewatch.api_callers import client_with, token_of, user_named
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.test_console_review import QUOTE, waiting
from tickets import ledger, worklist
from tickets.worklist import ClueFilter, TicketFilter


@pytest.fixture
def reviewer(services: Services) -> TestClient:
    return client_with(services, token_of(services, user_named(services, Role.REVIEWER)))


@pytest.fixture
def clue(services: Services, tmp_path: Path) -> str:
    """The id of a clue."""
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    with services.truth.read() as tx:
        return worklist.clues(tx, ClueFilter()).entries[0].id


def test_a_review_is_kept_once(services: Services, reviewer: TestClient, tmp_path: Path) -> None:
    waiting(services, tmp_path, "one")
    waiting(services, tmp_path, "two", "请关注我们的公众号。")
    first = reviewer.get("/review-queue", params={"limit": 1}).json()
    rest = reviewer.get("/review-queue", params={"after": first["after"]}).json()
    (document,) = (one["document_id"] for one in rest["entries"])
    path = f"/documents/{document}/reviews"
    (finding,) = reviewer.get(f"/documents/{document}").json()["findings"]
    span = {key: finding[key] for key in ("type", "start", "end")}
    made = reviewer.post(path, json={"confirmed": [span], "note": "清楚"})
    assert made.status_code == 201
    (entry,) = made.json()["entries"]
    assert (entry["decision"], entry["quote"], entry["note"]) == ("confirmed", QUOTE, "清楚")
    assert reviewer.get(f"/clues/{entry['clue_id']}").status_code == 200
    assert reviewer.post(path, json={}).status_code == 409
    assert reviewer.get(path).json() == made.json()
    (last,) = (one["document_id"] for one in first["entries"])
    rejected = reviewer.post(f"/documents/{last}/reviews", json={"reason": "not_advertising"})
    assert rejected.json()["entries"][0]["reason"] == "not_advertising"
    assert reviewer.get("/review-queue").json() == {"entries": [], "after": None}
    with services.truth.read() as tx:
        decisions = [review.decision for review in reviews.latest(tx)]
    assert decisions == [Decision.REJECTED, Decision.CONFIRMED]


def test_a_clue_becomes_a_ticket_that_its_office_works(
    services: Services, reviewer: TestClient, clue: str
) -> None:
    assert reviewer.post(f"/clues/{clue}/moves", json={"move": "issue"}).json()["state"] == "已立单"
    assert reviewer.post(f"/clues/{clue}/moves", json={"move": "review"}).status_code == 409
    with services.truth.read() as tx:
        (ticket,) = worklist.tickets(tx, TicketFilter()).entries
    path = f"/tickets/{ticket.id}"
    office = user_named(services, Role.OFFICE, offices=(ticket.lead,))
    handler = client_with(services, token_of(services, office))
    assert handler.post(f"{path}/moves", json={"move": "receive"}).status_code == 404
    assert reviewer.post(f"{path}/moves", json={"move": "approve"}).status_code == 200
    tag = handler.get(path).headers["ETag"]
    assert handler.post(f"{path}/moves", json={"move": "recall"}).status_code == 403
    received = handler.post(f"{path}/moves", json={"move": "receive"}, headers={"If-Match": tag})
    assert received.json()["state"] == "已签收"
    late = handler.post(f"{path}/moves", json={"move": "accept"}, headers={"If-Match": tag})
    assert late.status_code == 412
    told = {"number": "示市监定〔2026〕1号", "words": "属虚假宣传"}
    assert handler.post(f"{path}/opinion", json=told).status_code == 200
    unnamed = handler.post(f"{path}/moves", json={"move": "return", "note": "不归我们"})
    assert unnamed.status_code == 409
    back = {"move": "return", "note": "不归我们", "reason": "管辖"}
    assert handler.post(f"{path}/moves", json=back).json()["state"] == "退回"
    with services.truth.read() as tx:
        assert ledger.get(tx, ticket.id).state is TicketState.RETURNED


def test_nobody_hands_out_the_work_of_another_office(
    services: Services, reviewer: TestClient, clue: str
) -> None:
    reviewer.post(f"/clues/{clue}/moves", json={"move": "issue"})
    with services.truth.read() as tx:
        (ticket,) = worklist.tickets(tx, TicketFilter()).entries
    path = f"/tickets/{ticket.id}"
    reviewer.post(f"{path}/moves", json={"move": "approve"})
    office = user_named(services, Role.OFFICE, offices=(ticket.lead,))
    handler = client_with(services, token_of(services, office))
    order = {"office": "another", "handler": "张三"}
    assert handler.post(f"{path}/handler", json=order).status_code == 403
    assert reviewer.post(f"{path}/handler", json=order).status_code in {404, 409}


def test_only_a_merge_names_another_clue(reviewer: TestClient, clue: str) -> None:
    order = {"move": "review", "into": clue}
    assert reviewer.post(f"/clues/{clue}/moves", json=order).status_code == 422
    assert reviewer.post(f"/clues/{clue}/moves", json={"move": "merge"}).status_code == 409
