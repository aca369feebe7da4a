"""Tokens by which programs act for a user. The database holds digests only.

A token's scopes are permissions. It may do what both its scopes and its user's roles allow, so
that a role taken away is taken from every token at once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import frozen
from sqlalchemy import Connection, Row, insert, select, update

from cluewatch.accounts import store
from cluewatch.accounts.tables import account_log, tokens
from domain.errors import NotFound, PermanentError
from domain.people import Permission, User

PREFIX = "cw_"
"""Begins every token, so that scanners for leaked secrets can tell one."""

LONGEST_DAYS = 366
_LONGEST_NAME = 80
_SEEN_EVERY = timedelta(minutes=1)


@frozen(kw_only=True)
class Token:
    """A token without its secret."""

    id: str
    name: str
    user: str
    scopes: frozenset[Permission]
    created_at: datetime
    expires_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None


@frozen(kw_only=True)
class Bearer:
    """Who came with a token, and what it is good for."""

    token_id: str
    user: User
    scopes: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        """Whether token and user both allow it."""
        return permission in self.scopes and self.user.may(permission)


def issue(
    tx: Connection,
    *,
    id: str,
    name: str,
    user: User,
    scopes: Iterable[Permission],
    days: int,
    at: datetime,
    actor: str,
) -> str:
    """Make a token and return its secret, which is shown this once.

    Raises PermanentError for a scope that the user's roles do not grant.
    """
    wanted = frozenset(scopes)
    beyond = sorted(scope for scope in wanted if not user.may(scope))
    if beyond:
        raise PermanentError(f"该用户的角色没有这些权限：{'、'.join(beyond)}", at=user.name)
    if not wanted or not 1 <= days <= LONGEST_DAYS:
        raise PermanentError(f"须至少给出一项权限，有效期1至{LONGEST_DAYS}天", at=user.name)
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise PermanentError(f"名称须为1至{_LONGEST_NAME}个可见字符", at=repr(name))
    secret = PREFIX + secrets.token_urlsafe(32)
    tx.execute(
        insert(tokens).values(
            id=id,
            digest=_digest(secret),
            name=name,
            user_id=user.id,
            scopes=" ".join(sorted(wanted)),
            created_at=at,
            expires_at=at + timedelta(days=days),
        )
    )
    _log(tx, at, actor, "token_issued", user.name)
    return secret


def bearer(tx: Connection, *, secret: str, at: datetime) -> Bearer | None:
    """Who a token stands for; None when unknown, expired or revoked, and
    while the account is closed or has a password it was given. Notes the visit."""
    row = tx.execute(select(tokens).where(tokens.c.digest == _digest(secret))).first()
    if row is None or row.revoked_at is not None or at >= row.expires_at:
        return None
    account = next((a for a in store.accounts(tx) if a.user.id == row.user_id), None)
    if account is None or account.disabled or account.must_change:
        return None
    if row.seen_at is None or at - row.seen_at > _SEEN_EVERY:
        tx.execute(update(tokens).where(tokens.c.id == row.id).values(seen_at=at))
    return Bearer(token_id=row.id, user=account.user, scopes=_scopes(row))


def all_tokens(tx: Connection) -> list[Token]:
    """Every token ever issued, the newest first."""
    names = {user.id: user.name for user in store.all_users(tx)}
    rows = tx.execute(select(tokens).order_by(tokens.c.created_at.desc(), tokens.c.id)).all()
    return [
        Token(
            id=row.id,
            name=row.name,
            user=names.get(row.user_id, row.user_id),
            scopes=_scopes(row),
            created_at=row.created_at,
            expires_at=row.expires_at,
            seen_at=row.seen_at,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]


def revoke(tx: Connection, *, id: str, at: datetime, actor: str) -> None:
    """End a token for ever. Raises NotFound."""
    mine = (tokens.c.id == id) & tokens.c.revoked_at.is_(None)
    if tx.execute(update(tokens).where(mine).values(revoked_at=at)).rowcount != 1:
        raise NotFound("没有这个有效的令牌", at=id)
    _log(tx, at, actor, "token_revoked", id)


def _scopes(row: Row[tuple[object, ...]]) -> frozenset[Permission]:
    return frozenset(Permission(scope) for scope in row.scopes.split())


def _digest(secret: str) -> str:
    """Without salt or work factor: 256 random bits cannot be guessed, and must be found fast."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _log(tx: Connection, at: datetime, actor: str, action: str, subject: str) -> None:
    tx.execute(insert(account_log).values(at=at, actor=actor, action=action, subject=subject))
