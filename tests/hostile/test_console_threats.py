"""What a hostile page, form or visitor may try against the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import frozen
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import String, Text, select, update
from starlette.testclient import TestClient

from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from cluewatch.console.access import COOKIE, RULES
from cluewatch.console.app import create_app
from cluewatch.migrations import History
from cluewatch.schema import METADATA
from documents.tables import documents
from domain.people import Role
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.conftest import services as services  # noqa: PLC0414 - a fixture here as well
from tests.cluewatch.console_visitors import ADDRESS, OWN, form_token, visitor
from tickets import ledger, worklist
from tickets.request_forms import AssistanceKind
from tickets.tables import clues, tickets
from tickets.worklist import ClueFilter

SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
ESCAPED = SCRIPT.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
JAVASCRIPT = "javascript:alert(1)//"
SHOWN = frozenset(
    {
        "actor", "address", "answer", "excerpt", "external_no", "handler", "last_error", "name",
        "note", "number", "origin", "party", "purpose", "question", "quote", "reason", "receipt",
        "signer", "supervised", "title", "unit", "words",
    }
)  # fmt: skip
CREW = (
    (Role.ANALYST, Role.REVIEWER, Role.OPERATOR),
    (Role.SECADMIN,),
    (Role.AUDITOR,),
    (Role.SYSADMIN,),
)


@frozen(kw_only=True)
class Case:
    """One document, clue and ticket."""

    document_id: str
    clue_id: str
    ticket_id: str

    def path(self, route: str) -> str:
        """The address of this case under a route."""
        filled = route
        for name in ("document_id", "clue_id", "ticket_id"):
            filled = filled.replace(f"{{{name}}}", getattr(self, name))
        return filled


@pytest.fixture
def case(services: Services, tmp_path: Path) -> Case:
    """An advertisement whose every word is hostile, with a ticket on the desk."""
    services.index.ensure()
    hostile = SCRIPT.replace("<", "&lt;")
    html = ADVERT.replace("青禾医院", f"青禾医院{hostile}").replace("牛皮癣治疗", hostile)
    bring_in(services, tmp_path, "a.html", html, "http://qinghe.test/%22%3E%3Cscript%3E")
    with services.truth.write() as tx:
        (entry,) = worklist.clues(tx, ClueFilter()).entries
        tx.execute(update(clues).values(region="990102"))
        document_id = tx.execute(select(documents.c.id)).scalar_one()
    reviewer = visitor(services, Role.REVIEWER)
    form = {"form_token": form_token(reviewer), "move": "issue"}
    assert reviewer.post(f"/clues/{entry.id}/moves", data=form).status_code == 200
    with services.truth.write() as tx:
        tx.execute(update(tickets).values(region="990102"))
        (ticket,) = ledger.of_clue(tx, entry.id)
    return Case(document_id=document_id, clue_id=entry.id, ticket_id=ticket.id)


def test_stored_xss_in_every_shown_field(services: Services, case: Case) -> None:
    crew = [visitor(services, *roles) for roles in CREW]
    poisoned = set(poison(services))
    assert {"clues.title", "subjects.name", "ticket_events.note"} <= poisoned
    seen = 0
    for client in crew:
        for method, route in RULES:
            if method != "GET" or route.endswith((".xlsx", ".png", ".zip", ".jsonl")):
                continue
            query = {"since": case.document_id} if route.endswith("/changes") else {"q": "根治"}
            answer = client.get(case.path(route), params=query)
            assert answer.status_code < 500, (route, answer.status_code)
            seen += ESCAPED[:12] in answer.text or "&lt;script&gt;" in answer.text
            assert active(answer.text) == [], route
    assert seen > 5


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/%2e%2e/settings.py",
        "/static//etc/passwd", "/static/....//app.py", "/static/..%5capp.py", "/../../etc/passwd",
        "/clues/..%2f..%2fetc%2fpasswd/screenshot.png", "/clues/..%2f..%2fx/bundle.zip?purpose=ab",
    ],
)  # fmt: skip
def test_path_traversal(services: Services, path: str) -> None:
    services.index.ensure()
    answer = visitor(services, Role.REVIEWER).get(path)
    assert answer.status_code in (400, 404)
    assert "root:" not in answer.text
    assert "import annotations" not in answer.text


def test_header_injection(services: Services, case: Case) -> None:
    reviewer = visitor(services, Role.REVIEWER, name="another")
    reviewer.follow_redirects = False
    split = "x\r\nSet-Cookie: a=b\r\n\r\n<p>"
    form = {"form_token": form_token(reviewer), "answer": "lawful", "place": "1", "type": split}
    answers = [
        reviewer.post(f"/review/{case.document_id}", data=form),
        reviewer.get("/search", params={"q": split}),
        reviewer.get(f"/clues/{case.clue_id}/bundle.zip", params={"purpose": split}),
    ]
    for answer in answers:
        assert "set-cookie" not in answer.headers
        assert not any("\r" in value or "\n" in value for value in answer.headers.values())


@pytest.mark.parametrize("elsewhere", ["http://evil.test/", "//evil.test/", "/\\evil.test/"])
def test_open_redirect(services: Services, case: Case, elsewhere: str) -> None:
    reviewer = visitor(services, Role.REVIEWER, name="another")
    reviewer.follow_redirects = False
    told = {name: elsewhere for name in ("next", "type", "into", "return", "url")}
    form = {**told, "form_token": form_token(reviewer), "answer": "lawful", "place": "1"}
    stranger = TestClient(create_app(services), base_url=ADDRESS, follow_redirects=False)
    answers = [
        reviewer.post(f"/review/{case.document_id}", data=form, params=told),
        reviewer.get("/", params=told, headers={"host": "evil.test"}),
        stranger.get("/clues", params=told, headers={"host": "evil.test"}),
        stranger.get(f"/{elsewhere}"),
        reviewer.post("/login", data={"name": "another", "password": OWN, **told}, params=told),
        reviewer.post("/logout", data={"form_token": form["form_token"]}, params=told),
    ]
    for answer in answers:
        place = answer.headers.get("location", "/")
        assert re.match(r"/(?![/\\])", place), place


def test_session_fixation(services: Services) -> None:
    visitor(services, Role.ANALYST)
    known = "a-token-that-the-attacker-knows"
    victim = TestClient(create_app(services), base_url=ADDRESS, cookies={COOKIE: known})
    victim.post("/login", data={"name": "analyst-", "password": OWN})
    tokens = {cookie.value for cookie in victim.cookies.jar if cookie.name == COOKIE}
    attacker = TestClient(create_app(services), base_url=ADDRESS, cookies={COOKIE: known})
    attacker.follow_redirects = False
    assert len(tokens - {known}) == 1
    assert attacker.get("/").headers["location"] == "/login"


def test_brute_force_of_a_password(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor(services, Role.ANALYST)
    client = TestClient(create_app(services), base_url=ADDRESS)
    for _ in range(accounts.MAX_FAILURES):
        assert client.post("/login", data={"name": "analyst-", "password": "x"}).status_code == 401
    right = {"name": "analyst-", "password": OWN}
    assert client.post("/login", data=right).status_code == 401
    now = services.clock.now()
    later = now + accounts.LOCKED_FOR + timedelta(seconds=1)
    monkeypatch.setattr(services.clock, "now", lambda: later)
    assert client.post("/login", data=right).status_code == 200


def test_district_escape_per_endpoint(services: Services, case: Case) -> None:
    crew = (Role.ANALYST, Role.REVIEWER, Role.OPERATOR)
    inside = visitor(services, *crew, region="990100")
    outside = visitor(services, *crew, region="980000")
    form = {
        "form_token": form_token(outside), "move": "issue", "purpose": "核对证据", "place": "1",
        "answer": "lawful", "number": "定2026", "words": "研判意见", "code": "立案", "asked": "x",
        "kind": next(iter(AssistanceKind)).value,
    }  # fmt: skip
    tried = 0
    for method, route in RULES:
        path = case.path(route)
        if path == route or "{" in path:
            continue
        query = {"since": case.document_id, "purpose": "核对证据"}
        data = {**form, "move": "approve" if "ticket" in route else "issue"}
        given = {"params": query} if method == "GET" else {"data": data}
        answer = outside.request(method, path, **given)  # type: ignore[arg-type] # by name
        assert answer.status_code == 404, (method, route, answer.status_code)
        assert "青禾" not in answer.text
        tried += 1
    assert tried >= 9
    assert inside.get(case.path("/clues/{clue_id}")).status_code == 200


def poison(services: Services) -> Iterator[str]:
    """Put the attack into every column whose words somebody will see; yields their names."""
    with services.truth.write() as tx:
        for metadata in METADATA[History.TRUTH]:
            for table in metadata.sorted_tables:
                for column in table.c:
                    named = column.name in SHOWN or column.name == "url"
                    free = not column.primary_key and not column.unique
                    if not (named and free and isinstance(column.type, (String, Text))):
                        continue
                    words = JAVASCRIPT if column.name == "url" else SCRIPT
                    if table.name in ("users", "snapshots", "ledger", "numbers"):
                        continue  # keys of other things, or part of a chain
                    tx.execute(update(table).values({column.name: words[: column.type.length]}))
                    yield f"{table.name}.{column.name}"


def active(page: str) -> list[str]:
    """What on a page would run: scripts not of ours, handlers, addresses that are programs."""
    found = []
    for node in LexborHTMLParser(page).css("*"):
        attributes = {name: value or "" for name, value in node.attributes.items()}
        if node.tag == "script" and not attributes.get("src", "").startswith("/static/"):
            found.append(f"<script {attributes}>")
        found += [f"{node.tag} {name}" for name in attributes if name.startswith("on")]
        places = (attributes.get(name, "") for name in ("href", "src", "action", "formaction"))
        found += [place for place in places if place.strip().lower().startswith("javascript:")]
    return found
