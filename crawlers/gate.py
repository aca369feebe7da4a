"""What stands before every request: the source, the way out, and robots.txt, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from crawlers import robots
from crawlers.egress import PolicyDenied, Unresolved
from crawlers.frontier.records import Visit
from crawlers.observation import Observation, refused, unanswered
from crawlers.slots import RobotsVisit, Slot
from domain.outcomes import Outcome
from domain.sources import RiskTier, Source


def barrier(
    tx: Connection, slot: Slot, visit: Visit, sources: Mapping[str, Source], now: datetime
) -> RobotsVisit | Observation | None:
    """What keeps us from asking for an address: a question first, or an end without a request.

    None when it may be asked for; `slot.delay` is then the distance that the host wants.
    """
    source = sources.get(visit.source_id or "")
    if source is None:
        return refused(
            visit,
            risk=RiskTier.NORMAL,
            outcome=Outcome.POLICY_DENIED,
            reason="网址所属的监测对象已移除",
            at=now,
        )
    closed = _way_out(slot, visit, source, now)
    if closed is not None:
        return closed
    slot.delay = timedelta(seconds=source.delay)
    rules = _rules(tx, slot, robots.origin_of(visit.url), now)
    if rules is None:
        return slot.asking or _question(visit, source)
    slot.delay = max(slot.delay, rules.delay)
    if rules.allows(visit.url):
        return None
    return refused(
        visit,
        risk=source.risk,
        outcome=Outcome.ROBOTS_DENIED,
        reason=rules.decision(visit.url),
        at=now,
        not_before=rules.expires_at,
    )


def _way_out(slot: Slot, visit: Visit, source: Source, now: datetime) -> Observation | None:
    try:
        _ = slot.address
    except PolicyDenied as error:
        return refused(
            visit,
            risk=source.risk,
            outcome=Outcome.POLICY_DENIED,
            reason=str(error),
            at=now,
        )
    except Unresolved as error:
        return unanswered(
            visit,
            source=source,
            outcome=Outcome.UNREACHABLE,
            reason=str(error),
            robots="",
            at=now,
        )
    return None


def _rules(tx: Connection, slot: Slot, origin: str, now: datetime) -> robots.Robots | None:
    rules = slot.robots.get(origin)
    if rules is None or rules.expires_at <= now:
        rules = robots.known(tx, origin, now=now)
        if rules is not None:
            slot.robots[origin] = rules
    return rules


def _question(visit: Visit, source: Source) -> RobotsVisit:
    origin = robots.origin_of(visit.url)
    return RobotsVisit(
        origin=origin,
        url=f"{origin}/robots.txt",
        host=visit.host,
        hosts=frozenset(source.hosts),
    )
