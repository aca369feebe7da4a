"""Capture requests of kind "fetch it (again)" enter the frontier as addresses that are due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from crawlers.canonical import canonical_url
from crawlers.frontier import links
from crawlers.frontier.records import Found, Purpose
from documents import pictures
from domain.captures import CaptureRequest, RequestReason
from domain.sources import Source
from evidence import requests
from evidence.tables import capture_requests
from storage import leases
from storage.database import Database

log = structlog.get_logger()

_SECONDS = 60.0
_LIMIT = 100
_OURS = (RequestReason.LINK, RequestReason.RECAPTURE, RequestReason.PICTURE)
# Behind the pages of a site that are likely to advertise, before those that educate.
_PICTURE_PRIORITY = 5


def admit(
    *,
    truth: Database,
    frontier: Database,
    sources: Mapping[str, Source],
    owner: str,
    now: datetime,
) -> int:
    """Move waiting requests into the frontier; returns how many. Repeating one does no harm.

    A request for a host that no source lists is parked: an operator has to decide on it. A picture
    may lie anywhere, as in any browser; robots.txt and pace of its host hold for it.
    """
    with truth.write() as tx:
        claimed = leases.claim(
            tx,
            capture_requests,
            owner=owner,
            limit=_LIMIT,
            seconds=_SECONDS,
            where=capture_requests.c.reason.in_(_OURS),
        )
    for lease in claimed:
        request = requests.from_lease(lease)
        source = _source_for(request, sources)
        entered = source is not None and _enter(frontier, request, source, now)
        with truth.write() as tx:
            if request.reason is RequestReason.PICTURE and not entered:
                pictures.missed(tx, request.url, reason="按采集规则不取（陷阱或无所属监测对象）")
            if source is None:
                leases.park(tx, capture_requests, lease, error="该主机不属于任何监测对象")
            else:
                leases.finish(tx, capture_requests, lease)
    return len(claimed)


def _source_for(request: CaptureRequest, sources: Mapping[str, Source]) -> Source | None:
    host = urlsplit(request.url).hostname or ""
    named = sources.get(request.source_id or "")
    if request.reason is RequestReason.PICTURE:
        return named
    candidates = (named,) if named is not None else tuple(sources.values())
    return next((source for source in candidates if host in source.hosts), None)


def _enter(frontier: Database, request: CaptureRequest, source: Source, now: datetime) -> bool:
    """Whether the address is in the frontier now, and due."""
    url = canonical_url(request.url)
    reason = f"采集请求：{request.reason}"
    picture = request.reason is RequestReason.PICTURE
    found = Found(
        url=url,
        source_id=source.id,
        purpose=Purpose.PICTURE if picture else Purpose.PAGE,
        priority=_PICTURE_PRIORITY if picture else 0,
    )
    with frontier.write() as tx:
        if links.bring_forward(tx, url, now=now, reason=reason):
            return True
        report = links.add(tx, [found], now=now, reason=reason)
    log.info("request_admitted", url=url, refused=report.refused)
    return not report.refused
