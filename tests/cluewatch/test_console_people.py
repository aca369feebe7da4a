"""Accounts through the pages: the second factor, new users, sessions ended; work put back."""

from __future__ import annotations

import re

import pyotp
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from cluewatch.accounts import sessions
from cluewatch.bootstrap import Services
from cluewatch.console.app import create_app
from domain.people import Role
from evidence import outbox
from evidence.tables import outbox as outbox_table
from storage import leases
from storage.leases import WorkState
from tests.cluewatch.console_visitors import ADDRESS, OWN, form_token, visitor


def signed_in_again(services: Services, name: str) -> TestClient:
    client = TestClient(create_app(services), base_url=ADDRESS)
    client.post("/login", data={"name": name, "password": OWN})
    return client


def test_a_second_factor_from_its_picture_to_the_next_login(services: Services) -> None:
    services.index.ensure()
    client = visitor(services, Role.ANALYST, name="li")
    page = client.get("/account/second-factor").text
    secret = re.search(r'name="secret" value="([A-Z2-7]+)"', page)
    assert secret
    assert "<svg" in page
    code = pyotp.TOTP(secret[1]).at(services.clock.now())
    sent = {"form_token": form_token(client), "secret": secret[1], "code": code}
    refused = client.post("/account/second-factor", data={**sent, "password": "guess"})
    assert refused.status_code == 422
    shown = client.post("/account/second-factor", data={**sent, "password": OWN}).text
    recovery = re.findall(r"<code>(\w+-\w+)</code>", shown)
    assert len(recovery) == 10
    again = signed_in_again(services, "li")
    assert again.get("/search").url.path == "/login/code"
    assert again.get("/password").url.path == "/login/code"
    partial = again.get("/review", headers={"HX-Request": "true"})
    assert (partial.status_code, partial.headers["hx-redirect"]) == (401, "/login/code")
    token = re.search(r'name="form_token" value="([^"]+)"', again.get("/login/code").text)
    assert token
    wrong = again.post("/login/code", data={"form_token": token[1], "code": "000000"})
    assert wrong.status_code == 401
    again.post("/login/code", data={"form_token": token[1], "code": recovery[0]})
    assert again.get("/search").url.path == "/search"


def test_the_security_administrator_adds_resets_and_closes_accounts(services: Services) -> None:
    secadmin = visitor(services, Role.SECADMIN)
    token = form_token(secadmin)
    new = {"form_token": token, "name": "wang", "role": "analyst", "region": "990100"}
    made = secadmin.post("/users", data=new).text
    once = re.search(r"一次性密码：<code>([^<]+)</code>", made)
    assert once
    newcomer = TestClient(create_app(services), base_url=ADDRESS)
    landed = newcomer.post("/login", data={"name": "wang", "password": once[1]})
    assert landed.url.path == "/password"
    closed = {"form_token": token, "change": "disable"}
    assert "已停用" in secadmin.post("/users/wang/sessions", data=closed).text
    assert newcomer.get("/").url.path == "/login"
    both = {"form_token": token, "name": "zhao", "role": ["auditor", "analyst"]}
    refused = secadmin.post("/users", data=both)
    assert (refused.status_code, "分设" in refused.text) == (422, True)
    auditor = visitor(services, Role.AUDITOR)
    log = auditor.get("/audit").text
    assert all(words in log for words in ("新增用户", "停用账号", "wang"))


def test_a_user_ends_a_session_left_open_elsewhere(services: Services) -> None:
    here = visitor(services, Role.ANALYST, name="li")
    elsewhere = signed_in_again(services, "li")
    token = form_token(here)
    with services.truth.read() as tx:
        newest = sessions.of_user(tx, user_id="li")[0]
    here.post("/account/sessions", data={"form_token": token, "ended": newest.id})
    assert elsewhere.get("/account").url.path == "/login"
    assert here.get("/account").url.path == "/account"


def test_an_operator_puts_parked_work_back_and_the_system_administrator_cannot(
    services: Services,
) -> None:
    with services.truth.write() as tx:
        outbox.post(tx, topic="snapshot", subjects=["s"], at=services.clock.now())
        tx.execute(update(outbox_table).values(work_state="parked", last_error="页面读不懂"))
        (row,) = leases.parked(tx, outbox_table)
    operator = visitor(services, Role.OPERATOR)
    assert "页面读不懂" in operator.get("/operations").text
    sent = {"queue": "待研判", "work": row["id"]}
    sysadmin = visitor(services, Role.SYSADMIN)
    assert "重新入队" not in sysadmin.get("/operations").text
    operator.post("/operations/retries", data={"form_token": form_token(operator), **sent})
    with services.truth.write() as tx:
        assert leases.depth(tx, outbox_table)[WorkState.READY] == 1
        assert not leases.retry(tx, outbox_table, row["id"])


@pytest.mark.parametrize("region", ["99", "99010x", "9901000"])
def test_a_district_has_six_digits(services: Services, region: str) -> None:
    secadmin = visitor(services, Role.SECADMIN)
    sent = {"form_token": form_token(secadmin), "name": "w", "role": "analyst", "region": region}
    assert secadmin.post("/users", data=sent).status_code == 422
