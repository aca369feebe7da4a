"""What offices say in the tests of outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.feedback import read_particulars
from tests.tickets.cases import AT
from tickets.outcomes import Saying

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
