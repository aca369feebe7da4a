"""Render requests become captures of what scripts made of a page; the pipeline judges them."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from cluewatch.bootstrap import Services
from crawlers import robots
from crawlers.frontier import pauses
from crawlers.outcomes import judge
from domain.captures import Acquisition, Capture, CaptureRequest, Profile, RequestReason, Snapshot
from domain.errors import CluewatchError, LeaseLost, PermanentError, StoreUnavailable
from domain.ids import derive_id
from domain.outcomes import Outcome
from domain.rendering import RenderedPage
from evidence import gaps, requests
from evidence import tables as evidence_tables
from evidence.writer import EvidenceWriter
from storage import leases
from storage.leases import Lease

log = structlog.get_logger()

LEASE_SECONDS = 120.0
RETRY_SECONDS = 60.0
_HEADERS = (("Content-Type", "text/html; charset=utf-8"),)
_NEXT_DEVICE = {Profile.DESKTOP: Profile.DESKTOP, Profile.RENDERED: Profile.MOBILE}
_KEPT_AS = {Profile.DESKTOP: Profile.RENDERED, Profile.MOBILE: Profile.MOBILE}


def ask(tx: Connection, shell: Snapshot) -> None:
    """Ask for a rendering of a shell that was crawled, where that may help.

    The bare page is rendered as on a desktop; if that shows nothing either, as on a telephone;
    then no more. Imports and vanished pages are never visited.
    """
    device = _NEXT_DEVICE.get(shell.profile)
    if device is None or shell.acquisition is not Acquisition.CRAWL:
        return
    requests.ask(
        tx,
        CaptureRequest(
            id=derive_id("render", shell.id, device.value),
            reason=RequestReason.RENDER,
            url=shell.url,
            source_id=shell.source_id,
            profile=device,
            snapshot_id=shell.id,
            requested_at=shell.captured_at,
        ),
    )


class RenderWork:
    """Works `capture_requests` of reason render; one browser, one page at a time."""

    def __init__(self, services: Services, *, owner: str, writer: EvidenceWriter) -> None:
        self._services = services
        self._owner = owner
        self._writer = writer

    def work(self) -> int:
        """Render one page; returns how many requests were taken."""
        table = evidence_tables.capture_requests
        with self._services.truth.write() as tx:
            claimed = leases.claim(
                tx,
                table,
                owner=self._owner,
                limit=1,
                seconds=LEASE_SECONDS,
                where=table.c.reason == RequestReason.RENDER.value,
            )
        for lease in claimed:
            with bound_contextvars(snapshot=lease.row["snapshot_id"]):
                self._settle(lease)
        return len(claimed)

    def _settle(self, lease: Lease) -> None:
        table, truth = evidence_tables.capture_requests, self._services.truth
        request = requests.from_lease(lease)
        try:
            self._render(request)
            with truth.write() as tx:
                leases.finish(tx, table, lease)
        except LeaseLost as error:
            log.warning("lease_lost", request=lease.id, error=str(error))
        except StoreUnavailable:
            raise  # no fault of the page: its lease runs out, and it is rendered then
        except PermanentError as error:
            with truth.write() as tx:
                self._note_gap(tx, request, Outcome.EMPTY_SHELL, error.message)
                leases.park(tx, table, lease, error=str(error))
        except CluewatchError as error:
            with truth.write() as tx:
                leases.give_back(tx, table, lease, error=str(error), delay=RETRY_SECONDS)

    def _render(self, request: CaptureRequest) -> None:
        services = self._services
        now = services.clock.now()
        with services.frontier.read() as tx:
            stopped = pauses.covering(tx, urlsplit(request.url).hostname or "")
            rules = robots.known(tx, robots.origin_of(request.url), now=now)
        if stopped is None and rules is not None and not rules.allows(request.url):
            with services.truth.write() as truth:
                self._note_gap(truth, request, Outcome.ROBOTS_DENIED, rules.decision(request.url))
            return
        page = services.paced_renderer.render(request.url, profile=request.profile)
        decision = rules.decision(request.url) if rules is not None else None
        self._writer.record([_capture(request, page, decision, services.clock.now())])

    def _note_gap(
        self, tx: Connection, request: CaptureRequest, outcome: Outcome, reason: str
    ) -> None:
        gaps.note(
            tx,
            url=request.url,
            source_id=request.source_id,
            outcome=outcome,
            reason=f"未能渲染：{reason}",
            at=self._services.clock.now(),
        )


def _capture(
    request: CaptureRequest, page: RenderedPage, decision: str | None, at: datetime
) -> Capture:
    judged = judge(
        status=200, url=page.final_url, headers=_HEADERS, body=page.html, complete=True, at=at
    )
    shown = "、".join(f"{name}={value}" for name, value in sorted(page.environment.items()))
    return Capture(
        url=request.url,
        source_id=request.source_id,
        captured_at=at,
        outcome=judged.outcome,
        profile=_KEPT_AS[request.profile],
        acquisition=Acquisition.CRAWL,
        status=200,
        headers=_HEADERS,
        body=page.html,
        ip=page.visit.address if page.visit else None,
        redirects=page.visit.redirects if page.visit else (),
        robots=decision,
        note=f"由浏览器渲染，止于 {page.final_url}；{shown}",
    )
