"""Browsers of users who are signed in, for the tests of the console."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from cluewatch.console.app import create_app
from domain.people import Role

OWN = "a password of my own"
ADDRESS = "http://127.0.0.1:8470"


def visitor(
    services: Services,
    *roles: Role,
    offices: tuple[str, ...] = (),
    region: str = "",
    name: str | None = None,
) -> TestClient:
    """A browser in which a new user with these roles is signed in."""
    name = name or "-".join((*roles, region))
    at = services.clock.now()
    with services.truth.write() as tx:
        once = accounts.create(
            tx, id=name, name=name, roles=roles, offices=offices, region=region, at=at, actor="t"
        )
        user = accounts.by_name(tx, name=name)
        accounts.change_password(tx, user=user, old=once, new=OWN, at=at)
    client = TestClient(create_app(services), base_url=ADDRESS)
    answer = client.post("/login", data={"name": name, "password": OWN})
    assert answer.status_code == 200
    return client


def form_token(client: TestClient) -> str:
    """The token that every form of this session carries."""
    found = re.search(r'name="form_token" value="([^"]+)"', client.get("/account").text)
    assert found
    return found[1]
