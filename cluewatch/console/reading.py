"""Every sight of evidence, documents, clues and tickets is an entry of the access ledger."""

from __future__ import annotations

from sqlalchemy import Connection

from cluewatch import access
from cluewatch.bootstrap import Services
from domain.people import User


def note_read(tx: Connection, wired: Services, user: User, subject: str, place: str) -> None:
    """Enter that `user` saw `subject` (an id) at `place`, in the transaction that shows it."""
    access.note_read(tx, actor=user.name, subject=subject, page=place, at=wired.clock.now())
