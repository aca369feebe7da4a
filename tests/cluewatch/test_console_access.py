"""Who may enter where: every route with every role, forms that were not ours, other districts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from starlette.testclient import TestClient

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.console import app as console_app
from cluewatch.console.access import RULES, Door, guard
from cluewatch.console.app import create_app
from cluewatch.console.spreadsheets import spreadsheet
from domain.people import GRANTS, Permission, Role, User
from evidence import ledger
from evidence.tables import ledger as ledger_table
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.console_visitors import ADDRESS, form_token, visitor
from tickets import tables, worklist
from tickets.worklist import ClueFilter

ENDS_THE_SESSION = ("POST", "/logout")


def routes() -> Iterator[tuple[str, str]]:
    """(method, path) of every route of the console's parts."""
    for part in console_app._PARTS:
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods or ():
                yield method, route.path


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    assert sorted(routes()) == sorted(RULES)


def test_what_is_open_is_the_sign_in_page_and_the_health_checks() -> None:
    opened = {rule for rule, need in RULES.items() if need is Door.OPEN}
    health = {("GET", "/healthz"), ("GET", "/readyz")}
    assert opened == {*health, ("GET", "/login"), ("POST", "/login")}


def test_every_route_admits_exactly_the_roles_that_hold_its_permission(
    services: Services,
) -> None:
    services.index.ensure()
    for role in Role:
        client = visitor(services, role)
        client.follow_redirects = False
        token = form_token(client)
        for (method, path), need in RULES.items():
            if (method, path) == ENDS_THE_SESSION:
                continue
            data = {"form_token": token} if method == "POST" else None
            answer = client.request(method, re.sub(r"{\w+}", "x", path), data=data)
            denied = isinstance(need, Permission) and need not in GRANTS[role]
            assert (answer.status_code == 403) == denied, (role, method, path)


def test_a_form_without_the_token_of_its_session_changes_nothing(services: Services) -> None:
    client = visitor(services, Role.REVIEWER, Role.OPERATOR, Role.ANALYST)
    other = form_token(visitor(services, Role.ANALYST, name="another"))
    for method, path in RULES:
        if method == "POST" and path != "/login":
            for token in ("", "x", other):
                answer = client.post(re.sub(r"{\w+}", "x", path), data={"form_token": token})
                assert answer.status_code == 403, (path, token)
    assert client.get("/account").status_code == 200


def test_a_route_without_a_rule_is_closed_to_everyone(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = APIRouter()

    @router.get("/forgotten")
    def forgotten() -> str:
        return "open"

    app = create_app(services)
    app.include_router(router, dependencies=[Depends(guard)])
    assert TestClient(app, base_url=ADDRESS).get("/forgotten").status_code == 403


DIVISION = st.from_regex(r"[0-9]{6}", fullmatch=True)


@given(st.from_regex(r"[1-9][1-9]([0-9][1-9]|00)00", fullmatch=True), DIVISION)
def test_a_district_takes_in_what_lies_below_it_and_nothing_else(own: str, division: str) -> None:
    user = User(id="u", name="u", roles=frozenset({Role.ANALYST}), region=own)
    significant = own[:2] if own[2:] == "0000" else own[:4]
    assert scope.inside(user, division) == division.startswith(significant)
    assert not scope.inside(user, "")
    assert scope.inside(User(id="v", name="v", roles=user.roles), division)


def test_another_district_sees_nothing_of_a_case(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    with services.truth.write() as tx:
        (entry,) = worklist.clues(tx, ClueFilter()).entries
        tx.execute(update(tables.clues).values(region="990102"))
        document = tx.execute(select(tables.sightings.c.document_id)).scalars().one()
    whole = visitor(services, Role.REVIEWER)
    token = form_token(whole)
    whole.post(f"/clues/{entry.id}/moves", data={"form_token": token, "move": "issue"})
    with services.truth.write() as tx:
        tx.execute(update(tables.tickets).values(region="990102"))
        (ticket,) = tx.execute(select(tables.tickets.c.id)).scalars()
    own = visitor(services, Role.REVIEWER, region="990100")
    other = visitor(services, Role.REVIEWER, region="980000")
    for path in (f"/clues/{entry.id}", f"/tickets/{ticket}"):
        assert [c.get(path).status_code for c in (whole, own, other)] == [200, 200, 404], path
    for path, shown in (("/clues", entry.id), ("/tickets", ticket)):
        assert [shown in c.get(path).text for c in (whole, own, other)] == [True, True, False]
    assert whole.get(f"/documents/{document}").status_code == 200
    assert other.get(f"/documents/{document}").status_code == 404
    assert "qinghe.test" in whole.get("/search?q=根治").text
    assert "qinghe.test" not in other.get("/search?q=根治").text
    token = form_token(other)
    for path, move in ((f"/clues/{entry.id}", "issue"), (f"/tickets/{ticket}", "approve")):
        answer = other.post(f"{path}/moves", data={"form_token": token, "move": move})
        assert answer.status_code == 404
    with services.truth.read() as tx:
        seen = tx.execute(
            select(ledger_table.c.actor, ledger_table.c.subject).where(
                ledger_table.c.writer == ledger.ACCESS
            )
        ).all()
    assert {("reviewer-", entry.id), ("reviewer-990100", ticket), ("reviewer-", document)} <= {
        tuple(row) for row in seen
    }
    assert not [row for row in seen if row.actor == "reviewer-980000"]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_no_cell_of_a_spreadsheet_is_a_formula(values: list[str]) -> None:
    hostile = [f"{sign}{value}" for value in values for sign in ("=", "+", "-", "@", "")]
    response = spreadsheet("表", ["列"] * len(hostile), [hostile])
    sheet = openpyxl.load_workbook(io.BytesIO(response.body)).active
    assert sheet is not None
    assert all(cell.data_type != "f" and cell.quotePrefix for cell in sheet[2])
