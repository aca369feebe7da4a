"""Tables of people: users, their sessions, and the log of what administrators and logins did."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, Text, false, true

from storage.columns import Moment

metadata = MetaData()

# `region` limits a user to a division and those below it; `totp_step` is the last step used.
users = Table(
    "users",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password", String(255), nullable=False),
    Column("must_change", Boolean, nullable=False, default=True),
    Column("roles", String(255), nullable=False),
    Column("offices", Text, nullable=False, default=""),
    Column("region", String(6), nullable=False, default="", server_default=""),
    Column("disabled", Boolean, nullable=False, default=False, server_default=false()),
    Column("totp_secret", String(64)),
    Column("totp_step", Integer, nullable=False, default=0, server_default="0"),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Moment),
    Column("created_at", Moment, nullable=False),
)

# `origin` is the address and the browser; `verified` is false until the second factor has come.
sessions = Table(
    "sessions",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    Column("user_id", String(36), nullable=False),
    Column("form_token", String(64), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("verified", Boolean, nullable=False, default=True, server_default=true()),
    Column("origin", String(300), nullable=False, default="", server_default=""),
    Index("ix_sessions_user", "user_id"),
)

# `digest` is of the code; a code opens one session and is then spent.
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", String(36), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("used_at", Moment),
)

account_log = Table(
    "account_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
)

# `digest` is SHA-256 of the secret; `scopes` are permissions, joined by blanks.
tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("name", String(80), nullable=False),
    Column("user_id", String(36), nullable=False),
    Column("scopes", String(500), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("seen_at", Moment),
    Column("revoked_at", Moment),
)
