"""From an answer to what is kept, what is followed and when to come back. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from crawlers.canonical import canonical_url
from crawlers.frontier.records import Found, Purpose, Visit, Visited
from crawlers.outcomes import Judgement, header, judge, retry_after
from crawlers.pages.blocked import is_blocked
from crawlers.pages.pictures import shows_picture
from crawlers.spiders import site
from domain.captures import Acquisition, Capture, Profile
from domain.outcomes import Outcome
from domain.sources import RiskTier, Source

MAX_HOPS = 5


@frozen(kw_only=True)
class Answer:
    """One HTTP answer as it came over the wire; `body` is before content decoding."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    request_headers: tuple[tuple[str, str], ...]
    ip: str | None
    complete: bool


_NO_ANSWER = Answer(status=0, headers=(), body=b"", request_headers=(), ip=None, complete=False)


@frozen(kw_only=True)
class Observation:
    """Everything that follows from one visit.

    `capture` is None when nothing is kept: no request was made, or a script file was only read
    for its links. `wish` is the moment the server asked us to wait for.
    """

    visited: Visited
    reason: str
    capture: Capture | None
    found: tuple[Found, ...] = ()
    wish: datetime | None = None


def observe(
    visit: Visit, answer: Answer, *, source: Source, robots: str, at: datetime
) -> Observation:
    """What an answer at the civil moment `at` amounts to."""
    judged = _judge(visit, answer, at)
    found = _found(visit, answer, judged.outcome, source)
    moved = next((item for item in found if item.url == canonical_url(visit.url)), None)
    target = _target(visit, answer) if moved is not None else None
    ok = judged.outcome is Outcome.OK
    page = visit.purpose is not Purpose.PICTURE  # what a page says is no measure for pictures
    return Observation(
        visited=Visited(
            visit=visit,
            outcome=judged.outcome,
            at=at,
            risk=source.risk,
            digest="sha256:" + hashlib.sha256(answer.body).hexdigest() if ok else None,
            gist=judged.gist if page else None,
            length=judged.length if page else None,
            etag=header(answer.headers, "etag") if ok else visit.etag,
            last_modified=header(answer.headers, "last-modified") if ok else visit.last_modified,
            moved_to=target if target != visit.url else None,
        ),
        reason=judged.reason,
        capture=_capture(visit, answer, judged, robots, at),
        found=tuple(item for item in found if item is not moved),
        wish=retry_after(answer.headers, at) if answer.status in (429, 503) else None,
    )


def unreadable(
    visit: Visit, answer: Answer, *, source: Source, reason: str, robots: str, at: datetime
) -> Observation:
    """An answer that our own reader broke on: the bytes are kept, and the page is a gap."""
    judged = Judgement(outcome=Outcome.BAD_CONTENT, reason=reason)
    return Observation(
        visited=Visited(visit=visit, outcome=judged.outcome, at=at, risk=source.risk),
        reason=reason,
        capture=_capture(visit, answer, judged, robots, at),
    )


def unanswered(
    visit: Visit, *, source: Source, outcome: Outcome, reason: str, robots: str, at: datetime
) -> Observation:
    """A request that got no usable answer; kept as a capture with status 0."""
    return Observation(
        visited=Visited(visit=visit, outcome=outcome, at=at, risk=source.risk),
        reason=reason,
        capture=_capture(visit, _NO_ANSWER, Judgement(outcome=outcome, reason=reason), robots, at),
    )


def refused(
    visit: Visit,
    *,
    risk: RiskTier,
    outcome: Outcome,
    reason: str,
    at: datetime,
    not_before: datetime | None = None,
) -> Observation:
    """No request was made, by our own rules: a gap, and no capture."""
    return Observation(
        visited=Visited(visit=visit, outcome=outcome, at=at, risk=risk, not_before=not_before),
        reason=reason,
        capture=None,
    )


def _judge(visit: Visit, answer: Answer, at: datetime) -> Judgement:
    if visit.purpose is Purpose.SCRIPT and answer.status == 200 and answer.complete:
        return Judgement(outcome=Outcome.OK)
    judged = judge(
        status=answer.status,
        url=visit.url,
        headers=answer.headers,
        body=answer.body,
        complete=answer.complete,
        at=at,
    )
    wanted = visit.purpose is Purpose.PICTURE and judged.outcome is Outcome.OK
    if wanted and not shows_picture(answer.body, answer.headers):
        return Judgement(outcome=Outcome.BAD_CONTENT, reason="应答不是可读取的图片")
    return judged


def _found(visit: Visit, answer: Answer, outcome: Outcome, source: Source) -> tuple[Found, ...]:
    if outcome is Outcome.OK:
        # A source without start addresses is looked at page by page, when it is asked for.
        if not source.start_urls or visit.purpose is Purpose.PICTURE:
            return ()
        return site.follow(
            body=answer.body, url=visit.url, headers=answer.headers, visit=visit, source=source
        )
    if outcome is not Outcome.REDIRECTED or visit.hops >= MAX_HOPS:
        return ()
    target = _target(visit, answer)
    away = (urlsplit(target).hostname or "") not in source.hosts
    if (away and visit.purpose is not Purpose.PICTURE) or is_blocked(target):
        return ()
    return (
        Found(
            url=canonical_url(target),
            source_id=source.id,
            purpose=visit.purpose,
            priority=site.priority(target, ""),
            depth=visit.depth,
            hops=visit.hops + 1,
            found_on=visit.url,
        ),
    )


def _target(visit: Visit, answer: Answer) -> str:
    return urljoin(visit.url, header(answer.headers, "location") or "").partition("#")[0]


def _capture(
    visit: Visit, answer: Answer, judged: Judgement, robots: str, at: datetime
) -> Capture | None:
    if visit.purpose is Purpose.SCRIPT:
        return None
    return Capture(
        url=visit.url,
        source_id=visit.source_id,
        captured_at=at,
        outcome=judged.outcome,
        profile=Profile.DESKTOP,
        acquisition=Acquisition.CRAWL,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        request_headers=answer.request_headers,
        ip=answer.ip,
        robots=robots,
        note=judged.reason or None,
    )
