"""Codes of the authenticator and recovery codes: each works once, wrong ones lock the account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import Connection, select

from cluewatch.accounts import second_factor, sessions, store, tables
from cluewatch.accounts.sessions import Session
from domain.errors import PermanentError
from domain.people import Role
from storage.database import Database

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OWN = "a password of my own"


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'people.db'}")
    with database.write() as connection:
        tables.metadata.create_all(connection)
        once = store.create(
            connection, id="u", name="li", roles=[Role.ANALYST], at=NOW, actor="test"
        )
        user = store.by_name(connection, name="li")
        store.change_password(connection, user=user, old=once, new=OWN, at=NOW)
        yield connection
    database.close()


def code(at: datetime) -> str:
    return pyotp.TOTP(SECRET).at(at)


def enrolled(tx: Connection) -> tuple[str, ...]:
    user = store.by_name(tx, name="li")
    return second_factor.enrol(tx, user=user, secret=SECRET, code=code(NOW), at=NOW)


def opened(tx: Connection, at: datetime) -> Session:
    token = store.login(tx, name="li", password=OWN, at=at)
    assert token is not None
    session = sessions.find(tx, token=token, at=at)
    assert session is not None
    return session


def test_a_login_with_a_second_factor_waits_for_its_code(tx: Connection) -> None:
    assert opened(tx, NOW).verified
    enrolled(tx)
    later = NOW + timedelta(minutes=5)
    session = opened(tx, later)
    assert not session.verified
    assert second_factor.verify(tx, session=session, code=code(later), at=later)
    assert [s.verified for s in sessions.of_user(tx, user_id="u") if s.id == session.id] == [True]


def test_a_code_works_once_and_only_around_its_time(tx: Connection) -> None:
    enrolled(tx)
    session = opened(tx, NOW)
    assert not second_factor.verify(tx, session=session, code=code(NOW), at=NOW)
    later = NOW + timedelta(minutes=5)
    assert not second_factor.verify(tx, session=session, code=code(NOW), at=later)
    assert second_factor.verify(
        tx, session=session, code=code(later), at=later + timedelta(seconds=30)
    )


def test_a_recovery_code_opens_one_session(tx: Connection) -> None:
    first, *others = enrolled(tx)
    session = opened(tx, NOW)
    assert second_factor.verify(tx, session=session, code=f" {first.upper()} ", at=NOW)
    assert not second_factor.verify(tx, session=session, code=first, at=NOW)
    assert second_factor.unused_recovery_codes(tx, user_id="u") == len(others)
    assert first not in str(tx.execute(select(tables.recovery_codes)).all())


def test_wrong_codes_lock_the_account_and_end_its_sessions(tx: Connection) -> None:
    enrolled(tx)
    session = opened(tx, NOW)
    for _ in range(store.MAX_FAILURES):
        assert not second_factor.verify(tx, session=session, code="000000", at=NOW)
    assert sessions.of_user(tx, user_id="u") == []
    assert store.login(tx, name="li", password=OWN, at=NOW) is None
    assert store.login(tx, name="li", password=OWN, at=NOW + store.LOCKED_FOR)


def test_the_right_password_alone_does_not_forget_wrong_codes(tx: Connection) -> None:
    enrolled(tx)
    for _ in range(store.MAX_FAILURES):
        session = opened(tx, NOW)
        assert not second_factor.verify(tx, session=session, code="000000", at=NOW)
    assert store.login(tx, name="li", password=OWN, at=NOW) is None


def test_a_secret_is_in_force_only_after_its_first_code(tx: Connection) -> None:
    user = store.by_name(tx, name="li")
    with pytest.raises(PermanentError, match="验证码"):
        second_factor.enrol(tx, user=user, secret=SECRET, code="000000", at=NOW)
    assert opened(tx, NOW).verified


def test_a_closed_account_has_no_session_and_gets_none(tx: Connection) -> None:
    opened(tx, NOW)
    store.disable(tx, name="li", disabled=True, at=NOW, actor="sec")
    assert sessions.of_user(tx, user_id="u") == []
    assert store.login(tx, name="li", password=OWN, at=NOW) is None
    store.disable(tx, name="li", disabled=False, at=NOW, actor="sec")
    assert opened(tx, NOW).user.name == "li"


def test_a_user_ends_only_their_own_sessions(tx: Connection) -> None:
    mine = opened(tx, NOW)
    sessions.end(tx, user_id="somebody else", session_id=mine.id)
    assert [s.id for s in sessions.of_user(tx, user_id="u")] == [mine.id]
    sessions.end(tx, user_id="u", session_id=mine.id)
    assert sessions.of_user(tx, user_id="u") == []
