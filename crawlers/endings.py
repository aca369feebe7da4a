"""How one request ended, whatever was asked for and whatever came. Pure."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urljoin, urlsplit

import structlog
from attrs import evolve

from crawlers import robots
from crawlers.observation import (
    MAX_HOPS,
    Answer,
    Observation,
    observe,
    refused,
    unanswered,
    unreadable,
)
from crawlers.outcomes import header
from crawlers.slots import Ended, PageVisit, RobotsVisit, Step
from domain.outcomes import Outcome

log = structlog.get_logger()


def answered(step: Step, answer: Answer, *, at: datetime) -> Ended:
    """An HTTP answer came at the civil moment `at`, whatever its status."""
    if isinstance(step, RobotsVisit):
        return _robots_answered(step, answer, at)
    return Ended(host=step.host, at=at, observation=_observed(step, answer, at))


def failed(step: Step, outcome: Outcome, reason: str, *, at: datetime) -> Ended:
    """No usable answer came. POLICY_DENIED: our own rules stopped the request."""
    if isinstance(step, RobotsVisit):
        denied = robots.unanswered(step.origin, reason=reason, at=at)
        return Ended(host=step.host, at=at, robots=denied)
    if outcome is Outcome.POLICY_DENIED:
        seen = refused(step.visit, risk=step.source.risk, outcome=outcome, reason=reason, at=at)
    else:
        seen = unanswered(
            step.visit,
            source=step.source,
            outcome=outcome,
            reason=reason,
            robots=step.robots,
            at=at,
        )
    return Ended(host=step.host, at=at, observation=seen)


def _observed(step: PageVisit, answer: Answer, at: datetime) -> Observation:
    try:
        return observe(step.visit, answer, source=step.source, robots=step.robots, at=at)
    except Exception as error:
        # A page that breaks our own reader must not stop the crawl.
        log.exception("page_unreadable", url=step.url)
        return unreadable(
            step.visit,
            answer,
            source=step.source,
            reason=f"{type(error).__name__}: {error}",
            robots=step.robots,
            at=at,
        )


def _robots_answered(step: RobotsVisit, answer: Answer, at: datetime) -> Ended:
    """RFC 9309: redirects are followed five times, here within the source's hosts only."""
    location = header(answer.headers, "location")
    if not 300 <= answer.status < 400 or location is None:
        found = robots.answered(step.origin, status=answer.status, body=answer.body, at=at)
        return Ended(host=step.host, at=at, robots=found)
    target = urljoin(step.url, location)
    if step.hops < MAX_HOPS and (urlsplit(target).hostname or "") in step.hosts:
        return Ended(host=step.host, at=at, again=evolve(step, url=target, hops=step.hops + 1))
    denied = robots.unanswered(step.origin, reason=f"redirects to {target}", at=at)
    return Ended(host=step.host, at=at, robots=denied)
