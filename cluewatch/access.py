"""Whoever looks at evidence or takes it away leaves an entry: who, when, what, and what for."""

from __future__ import annotations

import getpass
from datetime import datetime

from sqlalchemy import Connection

from evidence import ledger
from evidence.bundle import BundleForm
from evidence.ledger import Act


def command_user() -> str:
    """Who runs a command: the user of the operating system, named as such."""
    return f"cli:{getpass.getuser()}"


def note_read(tx: Connection, *, actor: str, subject: str, page: str, at: datetime) -> None:
    """Somebody has looked at a record."""
    act = Act(actor=actor, action="read", subject=subject, detail={"page": page})
    ledger.extend(tx, writer=ledger.ACCESS, acts=(act,), at=at)


def note_export(
    tx: Connection,
    *,
    actor: str,
    subject: str,
    digest: str,
    form: BundleForm,
    purpose: str,
    leave: str | None = None,
    at: datetime,
) -> None:
    """A bundle has left; `digest` is its root digest, `leave` the request that opened originals."""
    detail = {"root": digest, "purpose": purpose, "form": form.value}
    if leave is not None:
        detail["leave"] = leave
    act = Act(actor=actor, action="export", subject=subject, detail=detail)
    ledger.extend(tx, writer=ledger.ACCESS, acts=(act,), at=at)
