"""The reporter vault (举报办法 33): who complained. Only this module reads the table; every look is
written to the access ledger with its purpose, and nothing of it leaves intake."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, select

from domain.errors import NotFound, PermanentError
from evidence import ledger as evidence_ledger
from storage.upsert import upsert
from tickets import tables

HIDDEN = "＊"


@frozen(kw_only=True)
class Reporter:
    """Who complained. Not printed: its text form says nothing."""

    name: str
    phone: str = ""
    address: str = ""
    identity_no: str = ""

    def __repr__(self) -> str:
        return "Reporter(…)"

    def hidden_in(self, text: str) -> str:
        """The text without what tells who complained; its length stays."""
        for secret in (self.name, self.phone, self.address, self.identity_no):
            if len(secret) > 1:
                text = text.replace(secret, HIDDEN * len(secret))
        return text


def keep(tx: Connection, complaint_id: str, reporter: Reporter) -> None:
    """Put the reporter of a complaint away; what is kept already stays."""
    row = upsert(tx, tables.reporters).values(
        complaint_id=complaint_id,
        name=reporter.name,
        phone=reporter.phone,
        address=reporter.address,
        identity_no=reporter.identity_no,
    )
    tx.execute(row.on_conflict_do_nothing())


def look(tx: Connection, complaint_id: str, *, actor: str, purpose: str, at: datetime) -> Reporter:
    """Who complained, for somebody who says why. Raises NotFound, or PermanentError without a
    purpose; the look is noted in the same transaction."""
    if len(purpose.strip()) < 2:
        raise PermanentError("查看举报人须说明用途", at=complaint_id)
    table = tables.reporters
    row = tx.execute(select(table).where(table.c.complaint_id == complaint_id)).one_or_none()
    if row is None:
        raise NotFound("该投诉没有登记举报人", at=complaint_id)
    evidence_ledger.append(
        tx,
        writer=evidence_ledger.ACCESS,
        actor=actor,
        action="read",
        subject=complaint_id,
        detail={"page": "reporter", "purpose": purpose},
        at=at,
    )
    return Reporter(
        name=row.name, phone=row.phone, address=row.address, identity_no=row.identity_no
    )
