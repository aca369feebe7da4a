"""Sessions: opened by a login, found by their token, listed and ended by their owner."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from attrs import frozen
from sqlalchemy import Connection, Row, delete, insert, select, update

from cluewatch.accounts.tables import sessions, users
from domain.people import Role, User

IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
_NOTED_EVERY = timedelta(minutes=1)
_ORIGIN_LIMIT = 300


@frozen(kw_only=True)
class Session:
    """A signed-in user. `form_token` must come back with every form (against forged requests).

    `id` is the digest of the token, which opens nothing. `verified` is false while the code of
    the second factor is outstanding. `origin` says from where it was opened.
    """

    id: str
    user: User
    form_token: str
    must_change: bool
    verified: bool
    origin: str
    opened_at: datetime
    seen_at: datetime


def open(tx: Connection, *, user_id: str, verified: bool, origin: str, at: datetime) -> str:
    """Open a session; returns its token, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    tx.execute(
        insert(sessions).values(
            token_digest=_digest(token),
            user_id=user_id,
            form_token=secrets.token_urlsafe(32),
            opened_at=at,
            seen_at=at,
            verified=verified,
            origin=origin[:_ORIGIN_LIMIT],
        )
    )
    return token


def find(tx: Connection, *, token: str, at: datetime) -> Session | None:
    """The session behind a token; None when unknown or too old. Notes the visit."""
    row = tx.execute(_ALL.where(sessions.c.token_digest == _digest(token))).first()
    if row is None:
        return None
    if at - row.seen_at > IDLE or at - row.opened_at > LONGEST:
        end(tx, user_id=row.user_id, session_id=row.token_digest)
        return None
    if at - row.seen_at > _NOTED_EVERY:
        mine = sessions.c.token_digest == row.token_digest
        tx.execute(update(sessions).where(mine).values(seen_at=at))
    return _session(row)


def of_user(tx: Connection, *, user_id: str) -> list[Session]:
    """The open sessions of a user, the newest first."""
    rows = tx.execute(
        _ALL.where(sessions.c.user_id == user_id).order_by(sessions.c.opened_at.desc())
    )
    return [_session(row) for row in rows]


def mark_verified(tx: Connection, *, session_id: str) -> None:
    """The code of the second factor was right."""
    mine = sessions.c.token_digest == session_id
    tx.execute(update(sessions).where(mine).values(verified=True))


def end(tx: Connection, *, user_id: str, session_id: str) -> None:
    """End one session of this user; that of another is not touched."""
    mine = (sessions.c.token_digest == session_id) & (sessions.c.user_id == user_id)
    tx.execute(delete(sessions).where(mine))


def end_all(tx: Connection, *, user_id: str) -> None:
    """End every session of a user."""
    tx.execute(delete(sessions).where(sessions.c.user_id == user_id))


_ALL = (
    select(sessions, users.c.name, users.c.roles, users.c.offices, users.c.region)
    .add_columns(users.c.must_change)
    .join(users, users.c.id == sessions.c.user_id)
)


def _session(row: Row[tuple[object, ...]]) -> Session:
    return Session(
        id=row.token_digest,
        user=User(
            id=row.user_id,
            name=row.name,
            roles=frozenset(Role(role) for role in row.roles.split()),
            offices=frozenset(row.offices.split()),
            region=row.region,
        ),
        form_token=row.form_token,
        must_change=row.must_change,
        verified=row.verified,
        origin=row.origin,
        opened_at=row.opened_at,
        seen_at=row.seen_at,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
