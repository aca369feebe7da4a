"""Users and sessions. The database never holds a password or a session token in clear."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from attrs import frozen
from sqlalchemy import Connection, Row, delete, insert, select, update

from cluewatch.accounts.tables import account_log, sessions, users
from domain.errors import NotFound, PermanentError
from domain.people import Role, User

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
SESSION_IDLE = timedelta(hours=1)
SESSION_LONGEST = timedelta(hours=12)
LEAST_LENGTH = 12

_hasher = PasswordHasher()
# Verified when no such user exists, so that an answer takes as long as for a known name.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


@frozen(kw_only=True)
class Session:
    """A signed-in user. `form_token` must come back with every form (against forged requests)."""

    user: User
    form_token: str
    must_change: bool


def create(
    tx: Connection,
    *,
    id: str,
    name: str,
    roles: Iterable[Role],
    offices: Iterable[str] = (),
    at: datetime,
    actor: str,
) -> str:
    """Add a user and return the one-time password, which must be changed at the first login."""
    if tx.execute(select(users.c.id).where(users.c.name == name)).first():
        raise PermanentError("用户名已存在", at=name)
    granted = frozenset(roles)
    _keep_duties_apart(granted, name)
    password = secrets.token_urlsafe(12)
    tx.execute(
        insert(users).values(
            id=id,
            name=name,
            password=_hasher.hash(password),
            must_change=True,
            roles=" ".join(sorted(granted)),
            offices=" ".join(sorted(offices)),
            failures=0,
            created_at=at,
        )
    )
    _log(tx, at, actor, "create", name)
    return password


def reset_password(tx: Connection, *, name: str, at: datetime, actor: str) -> str:
    """Give an account a new one-time password, lift its lock and end its sessions."""
    row = _by_name(tx, name)
    if row is None:
        raise NotFound("没有这个用户", at=name)
    password = secrets.token_urlsafe(12)
    _set_password(tx, row.id, password, must_change=True)
    _log(tx, at, actor, "reset", name)
    return password


def change_password(tx: Connection, *, user: User, old: str, new: str, at: datetime) -> None:
    """Replace the password and end all sessions. Raises PermanentError with the reason."""
    row = tx.execute(select(users).where(users.c.id == user.id)).one()
    if not _matches(row.password, old):
        raise PermanentError("原密码不正确")
    if len(new) < LEAST_LENGTH:
        raise PermanentError(f"新密码至少 {LEAST_LENGTH} 个字符")
    if new == old:
        raise PermanentError("新密码不能与原密码相同")
    _set_password(tx, user.id, new, must_change=False)
    _log(tx, at, user.name, "change_password", user.name)


def login(tx: Connection, *, name: str, password: str, at: datetime) -> str | None:
    """Check the password and open a session; returns its token, or None when refused.

    A refusal is counted in the same transaction, so the caller must commit it and then answer;
    after `MAX_FAILURES` the account is locked for `LOCKED_FOR`.
    """
    row = _by_name(tx, name)
    if row is None:
        _matches(_NOBODY, password)
        return None
    if row.locked_until is not None and row.locked_until > at:
        _log(tx, at, name, "login_locked", name)
        return None
    if not _matches(row.password, password):
        failures = row.failures + 1
        locked = failures >= MAX_FAILURES
        tx.execute(
            update(users)
            .where(users.c.id == row.id)
            .values(
                failures=0 if locked else failures,
                locked_until=at + LOCKED_FOR if locked else None,
            )
        )
        _log(tx, at, name, "login_failed", name)
        return None
    tx.execute(update(users).where(users.c.id == row.id).values(failures=0, locked_until=None))
    token = secrets.token_urlsafe(32)
    tx.execute(
        insert(sessions).values(
            token_digest=_digest(token),
            user_id=row.id,
            form_token=secrets.token_urlsafe(32),
            opened_at=at,
            seen_at=at,
        )
    )
    _log(tx, at, name, "login", name)
    return token


def session(tx: Connection, *, token: str, at: datetime) -> Session | None:
    """The session behind a token; None when unknown or too old. Notes the visit."""
    digest = _digest(token)
    row = tx.execute(
        select(sessions.c.form_token, sessions.c.opened_at, sessions.c.seen_at, *users.c)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token_digest == digest)
    ).first()
    if row is None:
        return None
    if at - row.seen_at > SESSION_IDLE or at - row.opened_at > SESSION_LONGEST:
        tx.execute(delete(sessions).where(sessions.c.token_digest == digest))
        return None
    if at - row.seen_at > timedelta(minutes=1):
        tx.execute(update(sessions).where(sessions.c.token_digest == digest).values(seen_at=at))
    return Session(user=_user(row), form_token=row.form_token, must_change=row.must_change)


def logout(tx: Connection, *, token: str) -> None:
    """End one session."""
    tx.execute(delete(sessions).where(sessions.c.token_digest == _digest(token)))


def all_users(tx: Connection) -> list[User]:
    """Everyone with an account, by name."""
    return [_user(row) for row in tx.execute(select(users).order_by(users.c.name))]


def has_one_time_password(tx: Connection, *, name: str) -> bool:
    """Whether the user has not yet set a password of their own."""
    return bool(tx.execute(select(users.c.must_change).where(users.c.name == name)).scalar())


def _keep_duties_apart(roles: frozenset[Role], name: str) -> None:
    separate = roles & {Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR}
    if len(separate) > 1 or (separate and len(roles) > 1):
        raise PermanentError("系统管理员、安全管理员、审计员须分设，且不得兼任其他角色", at=name)


def _by_name(tx: Connection, name: str) -> Row[tuple[object, ...]] | None:
    return tx.execute(select(users).where(users.c.name == name)).first()


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(
        id=row.id,
        name=row.name,
        roles=frozenset(Role(role) for role in row.roles.split()),
        offices=frozenset(row.offices.split()),
    )


def _set_password(tx: Connection, user_id: str, password: str, *, must_change: bool) -> None:
    tx.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(
            password=_hasher.hash(password),
            must_change=must_change,
            failures=0,
            locked_until=None,
        )
    )
    tx.execute(delete(sessions).where(sessions.c.user_id == user_id))


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _log(tx: Connection, at: datetime, actor: str, action: str, subject: str) -> None:
    tx.execute(insert(account_log).values(at=at, actor=actor, action=action, subject=subject))
