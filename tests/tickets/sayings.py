"""What offices say in the tests of outcomes, and its recording."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from domain.feedback import read_particulars
from domain.tickets import Ticket
from tests.tickets.cases import AT, DESK, CountingIds
from tickets import consequences, outcomes
from tickets.outcomes import Recorded, Saying

MARKET, HEALTH = "990100-market-supervision", "990100-health"
NET, POLICE = "990100-cyberspace", "990100-public-security"


def saying(
    code: str,
    *,
    office: str = MARKET,
    reason: str = "",
    at: datetime = AT,
    stated: Mapping[str, str] | None = None,
    **fields: str,
) -> Saying:
    """An outcome as 甲 of an office gives it; fields as they are typed."""
    return Saying(
        code=code,
        office=office,
        actor="甲",
        at=at,
        reason=reason,
        particulars=read_particulars({**(stated or {}), **fields}),
    )


def give(tx: Connection, ids: CountingIds, ticket: Ticket, *said: Saying) -> Recorded:
    """Record outcomes with what follows; returns the last one."""
    for one in said:
        recorded = outcomes.record(tx, ticket_id=ticket.id, saying=one, desk=DESK)
        consequences.follow(tx, recorded, desk=DESK, ids=ids)
    return recorded
