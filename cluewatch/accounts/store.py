"""Users: passwords, lock-out, the log. The database never holds a password in clear."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from attrs import frozen
from sqlalchemy import Connection, Row, func, insert, select, update

from cluewatch.accounts import sessions
from cluewatch.accounts.tables import account_log, users
from cluewatch.accounts.tables import sessions as session_table
from domain.errors import NotFound, PermanentError
from domain.people import Role, User

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
LEAST_LENGTH = 12

_hasher = PasswordHasher()
# Verified when no such user exists, so that an answer takes as long as for a known name.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


@frozen(kw_only=True)
class Account:
    """An account as administrators see it."""

    user: User
    disabled: bool
    locked_until: datetime | None
    must_change: bool
    second_factor: bool
    open_sessions: int


@frozen(kw_only=True)
class LogEntry:
    """One line of the account log."""

    at: datetime
    actor: str
    action: str
    subject: str


def create(
    tx: Connection,
    *,
    id: str,
    name: str,
    roles: Iterable[Role],
    offices: Iterable[str] = (),
    region: str = "",
    at: datetime,
    actor: str,
) -> str:
    """Add a user and return the one-time password, which must be changed at the first login."""
    if tx.execute(select(users.c.id).where(users.c.name == name)).first():
        raise PermanentError("用户名已存在", at=name)
    if not re.fullmatch(r"(\d{6})?", region):
        raise PermanentError("行政区划代码须为六位数字", at=region)
    granted = frozenset(roles)
    if not granted:
        raise PermanentError("至少须有一个角色", at=name)
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
            region=region,
            failures=0,
            created_at=at,
        )
    )
    note(tx, at=at, actor=actor, action="create", subject=name)
    return password


def reset_password(tx: Connection, *, name: str, at: datetime, actor: str) -> str:
    """Give an account a new one-time password, lift its lock and end its sessions."""
    row = _by_name(tx, name)
    if row is None:
        raise NotFound("没有这个用户", at=name)
    password = secrets.token_urlsafe(12)
    _set_password(tx, row.id, password, must_change=True)
    note(tx, at=at, actor=actor, action="reset", subject=name)
    return password


def change_password(tx: Connection, *, user: User, old: str, new: str, at: datetime) -> None:
    """Replace the password and end all sessions. Raises PermanentError with the reason."""
    prove(tx, user=user, password=old)
    if len(new) < LEAST_LENGTH:
        raise PermanentError(f"新密码至少 {LEAST_LENGTH} 个字符")
    if new == old:
        raise PermanentError("新密码不能与原密码相同")
    _set_password(tx, user.id, new, must_change=False)
    note(tx, at=at, actor=user.name, action="change_password", subject=user.name)


def prove(tx: Connection, *, user: User, password: str) -> None:
    """Raises PermanentError unless this is the user's password."""
    stored = tx.execute(select(users.c.password).where(users.c.id == user.id)).scalar_one()
    if not _matches(stored, password):
        raise PermanentError("原密码不正确")


def by_name(tx: Connection, *, name: str) -> User:
    """The person with that name. Raises NotFound."""
    row = _by_name(tx, name)
    if row is None:
        raise NotFound("没有这个用户", at=name)
    return user_of(row)


def login(
    tx: Connection, *, name: str, password: str, at: datetime, origin: str = ""
) -> str | None:
    """Check the password and open a session; returns its token, or None when refused.

    A refusal is counted in the same transaction, so the caller must commit it and then answer;
    after `MAX_FAILURES` the account is locked for `LOCKED_FOR`. With a second factor the session
    is not `verified` before `second_factor.verify` has seen its code.
    """
    row = _by_name(tx, name)
    if row is None:
        _matches(_NOBODY, password)
        return None
    if row.disabled or (row.locked_until is not None and row.locked_until > at):
        _matches(_NOBODY, password)
        note(tx, at=at, actor=name, action="login_locked", subject=name)
        return None
    if not _matches(row.password, password):
        count_failure(tx, user_id=row.id, at=at)
        note(tx, at=at, actor=name, action="login_failed", subject=name)
        return None
    verified = row.totp_secret is None
    if verified:
        forget_failures(tx, user_id=row.id)
    token = sessions.open(tx, user_id=row.id, verified=verified, origin=origin, at=at)
    note(tx, at=at, actor=name, action="login" if verified else "password_right", subject=name)
    return token


def count_failure(tx: Connection, *, user_id: str, at: datetime) -> None:
    """Count a wrong password or code; the last one that is allowed locks the account."""
    row = tx.execute(select(users.c.failures).where(users.c.id == user_id)).one()
    failures = row.failures + 1
    locked = failures >= MAX_FAILURES
    values = {
        "failures": 0 if locked else failures,
        "locked_until": at + LOCKED_FOR if locked else None,
    }
    tx.execute(update(users).where(users.c.id == user_id).values(**values))
    if locked:
        sessions.end_all(tx, user_id=user_id)


def forget_failures(tx: Connection, *, user_id: str) -> None:
    """The right password (and code) has come."""
    done = {"failures": 0, "locked_until": None}
    tx.execute(update(users).where(users.c.id == user_id).values(**done))


def disable(tx: Connection, *, name: str, disabled: bool, at: datetime, actor: str) -> None:
    """Close an account, or open it again; a closed one has no session and gets none."""
    row = _by_name(tx, name)
    if row is None:
        raise NotFound("没有这个用户", at=name)
    tx.execute(update(users).where(users.c.id == row.id).values(disabled=disabled))
    sessions.end_all(tx, user_id=row.id)
    note(tx, at=at, actor=actor, action="disable" if disabled else "enable", subject=name)


def all_users(tx: Connection) -> list[User]:
    """Everyone with an account, by name."""
    return [user_of(row) for row in tx.execute(select(users).order_by(users.c.name))]


def accounts(tx: Connection) -> list[Account]:
    """Every account with its state, by name."""
    opened = (
        select(func.count())
        .select_from(session_table)
        .where(session_table.c.user_id == users.c.id)
        .scalar_subquery()
    )
    rows = tx.execute(select(users, opened.label("opened")).order_by(users.c.name))
    return [
        Account(
            user=user_of(row),
            disabled=row.disabled,
            locked_until=row.locked_until,
            must_change=row.must_change,
            second_factor=row.totp_secret is not None,
            open_sessions=row.opened,
        )
        for row in rows
    ]


def entries(tx: Connection, *, limit: int = 200) -> list[LogEntry]:
    """What administrators and logins did, the newest first."""
    rows = tx.execute(select(account_log).order_by(account_log.c.id.desc()).limit(limit))
    return [
        LogEntry(at=row.at, actor=row.actor, action=row.action, subject=row.subject) for row in rows
    ]


def has_one_time_password(tx: Connection, *, name: str) -> bool:
    """Whether the user has not yet set a password of their own."""
    return bool(tx.execute(select(users.c.must_change).where(users.c.name == name)).scalar())


def _keep_duties_apart(roles: frozenset[Role], name: str) -> None:
    separate = roles & {Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR}
    if len(separate) > 1 or (separate and len(roles) > 1):
        raise PermanentError("系统管理员、安全管理员、审计员须分设，且不得兼任其他角色", at=name)


def _by_name(tx: Connection, name: str) -> Row[tuple[object, ...]] | None:
    return tx.execute(select(users).where(users.c.name == name)).first()


def user_of(row: Row[tuple[object, ...]]) -> User:
    """The person that a row of `users` holds."""
    return User(
        id=row.id,
        name=row.name,
        roles=frozenset(Role(role) for role in row.roles.split()),
        offices=frozenset(row.offices.split()),
        region=row.region,
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
    sessions.end_all(tx, user_id=user_id)


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def note(tx: Connection, *, at: datetime, actor: str, action: str, subject: str) -> None:
    """Add a line to the account log."""
    tx.execute(insert(account_log).values(at=at, actor=actor, action=action, subject=subject))
