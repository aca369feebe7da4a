"""Accounts: one-time passwords, lock-out, sessions that end, duties kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from cluewatch.accounts import sessions, store, tables
from domain.errors import PermanentError
from domain.people import Permission, Role
from storage.database import Database

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'people.db'}")
    with database.write() as connection:
        tables.metadata.create_all(connection)
        yield connection
    database.close()


def person(tx: Connection, *roles: Role, name: str = "li") -> str:
    return store.create(tx, id=f"id-{name}", name=name, roles=roles, at=NOW, actor="test")


def test_a_one_time_password_opens_a_session_that_must_change_it(tx: Connection) -> None:
    password = person(tx, Role.ANALYST)
    token = store.login(tx, name="li", password=password, at=NOW)
    assert token is not None
    session = sessions.find(tx, token=token, at=NOW)
    assert session is not None
    assert session.must_change
    assert session.user.may(Permission.SEARCH)
    assert not session.user.may(Permission.MANAGE_USERS)


def test_changing_the_password_ends_all_sessions(tx: Connection) -> None:
    password = person(tx, Role.ANALYST)
    token = store.login(tx, name="li", password=password, at=NOW) or ""
    session = sessions.find(tx, token=token, at=NOW)
    assert session is not None
    store.change_password(tx, user=session.user, old=password, new="a much longer one", at=NOW)
    assert sessions.find(tx, token=token, at=NOW) is None
    assert store.login(tx, name="li", password=password, at=NOW) is None
    assert store.login(tx, name="li", password="a much longer one", at=NOW)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [("wrong", "a much longer one", "原密码"), (None, "short", "12"), (None, None, "相同")],
)
def test_a_bad_new_password_is_refused_with_its_reason(
    tx: Connection, old: str | None, new: str | None, reason: str
) -> None:
    password = person(tx, Role.ANALYST)
    user = store.all_users(tx)[0]
    with pytest.raises(PermanentError, match=reason):
        store.change_password(tx, user=user, old=old or password, new=new or password, at=NOW)


def test_five_failures_lock_the_account_for_a_while(tx: Connection) -> None:
    password = person(tx, Role.ANALYST)
    for _ in range(store.MAX_FAILURES):
        assert store.login(tx, name="li", password="guess", at=NOW) is None
    assert store.login(tx, name="li", password=password, at=NOW) is None
    assert store.login(tx, name="li", password=password, at=NOW + store.LOCKED_FOR)


def test_an_unknown_name_is_refused_like_a_wrong_password(tx: Connection) -> None:
    assert store.login(tx, name="nobody", password="guess", at=NOW) is None


def test_sessions_end_when_idle_and_after_their_longest_life(tx: Connection) -> None:
    password = person(tx, Role.ANALYST)
    token = store.login(tx, name="li", password=password, at=NOW) or ""
    assert sessions.find(tx, token=token, at=NOW + sessions.IDLE)
    late = NOW + sessions.IDLE * 2 + timedelta(seconds=1)
    assert sessions.find(tx, token=token, at=late) is None
    token = store.login(tx, name="li", password=password, at=NOW) or ""
    moment = NOW
    while moment < NOW + sessions.LONGEST:
        moment += sessions.IDLE / 2
        still = sessions.find(tx, token=token, at=moment)
    assert sessions.find(tx, token=token, at=moment + timedelta(minutes=1)) is None or still is None


def test_neither_passwords_nor_tokens_are_kept_in_clear(tx: Connection) -> None:
    password = person(tx, Role.ANALYST)
    token = store.login(tx, name="li", password=password, at=NOW) or ""
    rows = [*tx.execute(select(tables.users)), *tx.execute(select(tables.sessions))]
    assert password not in str(rows)
    assert token not in str(rows)


@pytest.mark.parametrize(
    "roles",
    [(Role.SYSADMIN, Role.AUDITOR), (Role.SECADMIN, Role.SYSADMIN), (Role.AUDITOR, Role.ANALYST)],
)
def test_the_three_duties_are_kept_apart(tx: Connection, roles: tuple[Role, ...]) -> None:
    with pytest.raises(PermanentError, match="分设"):
        person(tx, *roles)


def test_names_are_unique(tx: Connection) -> None:
    person(tx, Role.ANALYST)
    with pytest.raises(PermanentError, match="已存在"):
        store.create(tx, id="other", name="li", roles=[Role.ANALYST], at=NOW, actor="test")
