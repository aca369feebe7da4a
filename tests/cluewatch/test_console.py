"""The console as its users meet it: signing in, finding, judging, and what each may not see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from cluewatch.console.access import COOKIE
from cluewatch.console.app import create_app
from domain.people import Role
from evidence.tables import capture_requests
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in
from tickets import clues, ledger, worklist
from tickets.worklist import ClueFilter

OWN = "a password of my own"
PUBLIC = {"/login", "/healthz", "/readyz", "/metrics"}


def client_for(services: Services, *roles: Role, offices: tuple[str, ...] = ()) -> TestClient:
    """A browser in which a user with these roles is signed in."""
    name = "-".join(roles)
    with services.truth.write() as tx:
        at = services.clock.now()
        once = accounts.create(
            tx, id=name, name=name, roles=roles, offices=offices, at=at, actor="test"
        )
        user = next(user for user in accounts.all_users(tx) if user.name == name)
        accounts.change_password(tx, user=user, old=once, new=OWN, at=at)
    client = TestClient(create_app(services), base_url="http://127.0.0.1:8470")
    answer = client.post("/login", data={"name": name, "password": OWN})
    assert answer.status_code == 200
    assert COOKIE in client.cookies
    return client


def form_token(client: TestClient, path: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


@pytest.fixture
def case(services: Services, tmp_path: Path) -> str:
    """A clue in the store; returns its id."""
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    bring_in(services, tmp_path, "n.html", NOTICE, "http://gov.test/notice.html")
    with services.truth.read() as tx:
        (entry,) = worklist.clues(tx, ClueFilter()).entries
    return entry.id


def test_every_route_but_sign_in_asks_for_a_session(services: Services) -> None:
    app = create_app(services)
    client = TestClient(app, base_url="http://127.0.0.1:8470", follow_redirects=False)
    routes = {p: m for p, m in app.openapi()["paths"].items() if p not in PUBLIC}
    assert len(routes) > 10
    for route, methods in routes.items():
        path = re.sub(r"{\w+}", "x", route)
        for method in methods:
            answer = client.request(method, path, data={} if method == "post" else None)
            assert (answer.status_code, answer.headers.get("location")) == (303, "/login"), path


def test_a_one_time_password_must_be_replaced_first(services: Services) -> None:
    with services.truth.write() as tx:
        at = services.clock.now()
        once = accounts.create(tx, id="1", name="li", roles=[Role.ANALYST], at=at, actor="t")
    client = TestClient(create_app(services), base_url="http://127.0.0.1:8470")
    landed = client.post("/login", data={"name": "li", "password": once})
    assert landed.url.path == "/password"
    assert client.get("/search").url.path == "/password"


def test_a_wrong_password_says_nothing_of_the_name(services: Services) -> None:
    client = TestClient(create_app(services), base_url="http://127.0.0.1:8470")
    client_for(services, Role.ANALYST)
    known = client.post("/login", data={"name": "analyst", "password": "x"})
    unknown = client.post("/login", data={"name": "nobody", "password": "x"})
    assert known.status_code == unknown.status_code == 401
    assert known.text == unknown.text


def test_an_analyst_finds_the_words_marked_on_the_original(services: Services, case: str) -> None:
    client = client_for(services, Role.ANALYST)
    hits = client.get("/search", params={"q": "根治 且 判定:CLUE"}).text
    assert "<mark>根治</mark>" in hits
    document = re.search(r'href="(/documents/[0-9a-f]+)"', hits)
    assert document
    text = client.get(document[1]).text
    assert 'class="finding' in text
    assert "广告法" in text
    assert "qinghe.test" not in client.get("/search", params={"q": "判定:CLEAR"}).text


def test_a_bad_expression_is_explained_with_its_place(services: Services, case: str) -> None:
    answer = client_for(services, Role.ANALYST).get("/search", params={"q": "(根治"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


def test_a_reviewer_issues_and_sends_and_the_office_sees_only_its_own(
    services: Services, case: str
) -> None:
    reviewer = client_for(services, Role.REVIEWER)
    lead = "990100-market-supervision"
    office = client_for(services, Role.OFFICE, offices=(lead,))
    assert office.get(f"/clues/{case}").status_code == 404
    token = form_token(reviewer, f"/clues/{case}")
    issued = reviewer.post(f"/clues/{case}/moves", data={"form_token": token, "move": "issue"})
    assert issued.status_code == 200
    with services.truth.read() as tx:
        (ticket,) = ledger.of_clue(tx, case)
    assert ticket.lead == lead
    assert office.get(f"/tickets/{ticket.id}").status_code == 404
    sent = reviewer.post(
        f"/tickets/{ticket.id}/moves", data={"form_token": token, "move": "approve"}
    )
    assert "已移送" in sent.text
    assert office.get(f"/tickets/{ticket.id}").status_code == 200
    assert ticket.number in office.get("/tickets").text
    own = form_token(office, f"/tickets/{ticket.id}")
    taken = office.post(f"/tickets/{ticket.id}/moves", data={"form_token": own, "move": "receive"})
    assert "已签收" in taken.text
    refused = office.post(f"/tickets/{ticket.id}/moves", data={"form_token": own, "move": "recall"})
    assert refused.status_code == 403


def test_a_form_without_its_token_is_refused(services: Services, case: str) -> None:
    reviewer = client_for(services, Role.REVIEWER)
    answer = reviewer.post(f"/clues/{case}/moves", data={"form_token": "x", "move": "issue"})
    assert answer.status_code == 403
    with services.truth.read() as tx:
        assert clues.get(tx, case).state.value == "待研判"


@pytest.mark.parametrize(
    ("role", "denied"),
    [
        (Role.OFFICE, "/search?q=a"),
        (Role.ANALYST, "/operations"),
        (Role.OPERATOR, "/clues"),
        (Role.AUDITOR, "/tickets"),
        (Role.SYSADMIN, "/search?q=a"),
        (Role.SECADMIN, "/clues"),
    ],
)
def test_what_a_role_lacks_is_denied(services: Services, role: Role, denied: str) -> None:
    assert client_for(services, role).get(denied).status_code == 403


def test_hostile_text_is_shown_as_text(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    nasty = "&lt;script&gt;alert(1)&lt;/script&gt;"
    html = ADVERT.replace("牛皮癣治疗", nasty).replace("青禾医院-", f"{nasty}")
    bring_in(services, tmp_path, "x.html", html, "http://bad.test/%22%3E%3Cscript%3E")
    client = client_for(services, Role.ANALYST, Role.OPERATOR)
    pages = [client.get(path).text for path in ("/search?q=根治", "/clues", "/")]
    document = re.search(r'href="(/documents/[0-9a-f]+)"', pages[0])
    clue = re.search(r'href="(/clues/[0-9a-f-]+)"', pages[1])
    assert document
    assert clue
    pages += [client.get(document[1]).text, client.get(clue[1]).text]
    assert all("<script>" not in page for page in pages)
    assert any("&lt;script&gt;" in page for page in pages)


def test_pages_forbid_scripts_and_framing(services: Services) -> None:
    headers = TestClient(create_app(services)).get("/login").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_a_reviewer_asks_for_another_seal_with_a_purpose(services: Services, case: str) -> None:
    client = client_for(services, Role.REVIEWER)
    form = {"form_token": form_token(client, f"/clues/{case}"), "purpose": "移送前复核"}
    assert client.post(f"/clues/{case}/seals", data={**form, "purpose": ""}).status_code == 422
    assert client.post(f"/clues/{case}/seals", data=form).status_code == 200
    with services.truth.read() as tx:
        rows = tx.execute(select(capture_requests).order_by(capture_requests.c.requested_at)).all()
    assert [(row.actor, row.purpose) for row in rows] == [(None, None), ("reviewer", "移送前复核")]
    assert rows[0].snapshot_id == rows[1].snapshot_id
    assert "正在固证" in client.get(f"/clues/{case}").text
    office = client_for(services, Role.OFFICE, offices=("x",))
    assert office.post(f"/clues/{case}/seals", data=form).status_code == 403
