"""Callers of the API: users, their tokens, clients that carry them."""

from __future__ import annotations

from starlette.testclient import TestClient

from cluewatch.accounts import store as accounts
from cluewatch.accounts import tokens
from cluewatch.api.app import create_api
from cluewatch.api.limits import RateLimit
from cluewatch.bootstrap import Services
from domain.people import GRANTS, Permission, Role, User

OWN = "a password of my own"
ALL_SCOPES = GRANTS[Role.REVIEWER] | GRANTS[Role.OPERATOR]


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
