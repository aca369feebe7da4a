"""From the outbox to clues: read what was captured, judge it, and store all of it at once.

One outbox row is one transaction: document, assessment, clue, tickets, seal request and index
work commit together with the row's completion, so a killed worker repeats nothing and loses
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from attrs import frozen
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from cluewatch import picturing, rendering
from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from cluewatch.judging import Judgement, Judging
from cluewatch.monitoring import canary, canary_runs
from crawlers import health, pages
from crawlers.canonical import site_of
from crawlers.pages.pictures import PAGE as PICTURE
from crawlers.pages.recordings import Recording, recordings
from documents import outcomes, pictures
from documents import store as documents
from documents.masking import masked
from domain.captures import Snapshot
from domain.errors import CluewatchError, LeaseLost, PermanentError, StoreUnavailable
from domain.outcomes import Outcome
from domain.pages import Document, ParsedPage, Reading, StatusPage
from evidence import gaps
from evidence import tables as evidence_tables
from storage import leases
from storage.leases import Lease
from tickets import clues, sightings

log = structlog.get_logger()

LEASE_SECONDS = 60.0
RETRY_SECONDS = 30.0


@frozen(kw_only=True)
class Judged:
    """What one snapshot came to, before anything is stored."""

    snapshot: Snapshot
    reading: Reading
    headers: tuple[tuple[str, str], ...] = ()
    document: Document | None = None
    judgement: Judgement | None = None
    recordings: tuple[Recording, ...] = ()


class Pipeline:
    """Works the outbox; any number may run at once."""

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._judging = Judging(services)
        self._owner = owner
        self._casework = Casework(services)

    def work(self, *, limit: int = 64) -> int:
        """Take up to `limit` captures from the outbox; returns how many were taken."""
        truth = self._services.truth
        self._judging.renew()
        with truth.write() as tx:
            claimed = leases.claim(
                tx, evidence_tables.outbox, owner=self._owner, limit=limit, seconds=LEASE_SECONDS
            )
        for lease in claimed:
            with bound_contextvars(**{lease.row["topic"]: lease.row["subject"]}):
                self._work_one(lease)
        return len(claimed)

    def _work_one(self, lease: Lease) -> None:
        truth = self._services.truth
        try:
            settle = self._settlement(lease)
            with truth.write() as tx:
                settle(tx)
                leases.finish(tx, evidence_tables.outbox, lease)
        except LeaseLost as error:
            log.warning("lease_lost", outbox=lease.id, error=str(error))
        except CluewatchError as error:
            self._set_aside(lease, error)
        except Exception as error:
            log.exception("capture_failed", outbox=lease.id)
            self._set_aside(lease, PermanentError(f"{type(error).__name__}: {error}"))

    def _settlement(self, lease: Lease) -> Callable[[Connection], None]:
        """The slow part of the work now; what is left is to be done inside one transaction."""
        match lease.row["topic"]:
            case "snapshot":
                judged = self.judge(lease.row["subject"])
                mine = judged.snapshot.source_id == canary.SOURCE
                return partial(self._try if mine else self.store, judged=judged)
            case "seal":
                return partial(self._casework.note_seal, seal_id=lease.row["subject"])
            case topic:
                raise PermanentError(f"unknown topic {topic!r}", at=f"outbox {lease.id}")

    def _set_aside(self, lease: Lease, error: CluewatchError) -> None:
        """An outage of the database is no fault of the capture and costs it no attempt."""
        blamed = None if isinstance(error, StoreUnavailable) else str(error)
        with self._services.truth.write() as tx:
            if isinstance(error, PermanentError):
                leases.park(tx, evidence_tables.outbox, lease, error=str(error))
            else:
                leases.give_back(
                    tx, evidence_tables.outbox, lease, error=blamed, delay=RETRY_SECONDS
                )
        log.warning("capture_set_aside", outbox=lease.id, error=str(error))

    def judge(self, snapshot_id: str) -> Judged:
        """Read and judge one snapshot. Only the evidence and the registers are consulted."""
        services = self._services
        with services.truth.read() as tx:
            stored = services.evidence.payload(tx, snapshot_id)
        snapshot = stored.snapshot
        reading = pages.read(
            body=stored.body,
            url=snapshot.url,
            headers=stored.headers,
            captured_at=snapshot.captured_at,
        )
        if snapshot.outcome is not Outcome.OK:
            reading = _as_captured(snapshot, reading)
        if not isinstance(reading, ParsedPage):
            return Judged(snapshot=snapshot, reading=reading, headers=stored.headers)
        with services.truth.read() as tx:
            if reading.page == PICTURE and pictures.is_wanted(tx, reading.canonical_url):
                return Judged(snapshot=snapshot, reading=reading)  # part of the pages that show it
            document = pictures.with_pictures(tx, masked(_document(snapshot, reading)))
        return Judged(
            snapshot=snapshot,
            reading=reading,
            document=document,
            judgement=self._judging.judge(document, snapshot),
            recordings=recordings(body=stored.body, url=snapshot.url, headers=stored.headers),
        )

    def store(self, tx: Connection, judged: Judged) -> None:
        """Store what `judge` found, in the caller's transaction."""
        snapshot = judged.snapshot
        if snapshot.source_id is not None:
            health.note(
                tx, source_id=snapshot.source_id, reading=judged.reading, at=snapshot.captured_at
            )
        picturing.arrived(tx, snapshot, judged.reading, judged.headers)
        if judged.document is None or judged.judgement is None:
            self._store_unread(tx, judged)
            return
        self._note_return(tx, judged.snapshot)
        _note_recordings(tx, judged)
        documents.put(tx, judged.document)
        self._judging.store(tx, judged.document, judged.judgement, snapshot)
        picturing.ask(tx, judged.document, snapshot, self._services.settings.pictures)
        urls = {snapshot.url, judged.document.url, judged.document.canonical_url}
        self._casework.note_recheck(tx, snapshot, urls, Outcome.OK)

    def _try(self, tx: Connection, judged: Judged) -> None:
        """Do for a canary all that is done for a page, note what came of it, and take it back."""
        snapshot = judged.snapshot
        with tx.begin_nested() as trial:
            self.store(tx, judged)
            found = sightings.clues_of(tx, [snapshot.id]).get(snapshot.id, ())
            raised = [clues.get(tx, clue_id) for clue_id, _ in found]
            issued = [t for c in raised for t in self._casework.issue(tx, c, automatic=False)]
            trial.rollback()
        judgement = judged.judgement
        verdict = judgement.assessment.verdict.value if judgement else "未读出"
        note = f"判定 {verdict}，线索 {len(raised)} 条，工单 {len(issued)} 件"
        at = self._services.clock.now()
        canary_runs.end(tx, canary.run_of(snapshot.url), passed=bool(issued), note=note, at=at)

    def _note_return(self, tx: Connection, snapshot: Snapshot) -> None:
        """A page that had gone can be read again: those who wait for its end must know."""
        ended = outcomes.last_status(tx, snapshot.url)
        if ended is not None and ended.outcome.is_gone and ended.at < snapshot.captured_at:
            self._casework.note_page(tx, snapshot, outcome=Outcome.OK, reason="页面恢复，可以读取")

    def _store_unread(self, tx: Connection, judged: Judged) -> None:
        reading, snapshot = judged.reading, judged.snapshot
        _note_unread(tx, judged)
        if not isinstance(reading, ParsedPage) and reading.outcome is Outcome.EMPTY_SHELL:
            rendering.ask(tx, snapshot)
        if not isinstance(reading, ParsedPage) and reading.outcome.is_gone:
            self._casework.note_page(
                tx, snapshot, outcome=reading.outcome, reason=f"{reading.outcome}：{reading.reason}"
            )
        if not isinstance(reading, ParsedPage):
            self._casework.note_recheck(tx, snapshot, {snapshot.url}, reading.outcome)


def _as_captured(snapshot: Snapshot, reading: Reading) -> StatusPage:
    """What the crawl decided, with the words of the page where they say the same."""
    reason = f"HTTP {snapshot.status}"
    if not isinstance(reading, ParsedPage) and reading.outcome is snapshot.outcome:
        reason = reading.reason
    return StatusPage(outcome=snapshot.outcome, reason=reason)


def _note_recordings(tx: Connection, judged: Judged) -> None:
    snapshot = judged.snapshot
    for recording in judged.recordings:
        gaps.note(
            tx,
            url=recording.url,
            source_id=snapshot.source_id,
            outcome=Outcome.BAD_CONTENT,
            reason=f"{recording.reason}（见于 {snapshot.url}）",
            at=snapshot.captured_at,
        )


def _note_unread(tx: Connection, judged: Judged) -> None:
    reading = judged.reading
    if isinstance(reading, ParsedPage):
        return
    snapshot = judged.snapshot
    documents.note_status(
        tx,
        url=snapshot.url,
        snapshot_id=snapshot.id,
        outcome=reading.outcome,
        reason=reading.reason,
        at=snapshot.captured_at,
    )
    if reading.outcome.is_gap:
        gaps.note(
            tx,
            url=snapshot.url,
            source_id=snapshot.source_id,
            outcome=reading.outcome,
            reason=reading.reason,
            at=snapshot.captured_at,
        )


def _document(snapshot: Snapshot, page: ParsedPage) -> Document:
    return Document(
        id=documents.document_id(page.canonical_url, snapshot.payload_digest, page.page),
        url=snapshot.url,
        canonical_url=page.canonical_url,
        site=site_of(page.canonical_url),
        source_id=snapshot.source_id,
        captured_at=snapshot.captured_at,
        payload_digest=snapshot.payload_digest,
        page=page.page,
        kind=page.kind,
        title=page.title,
        text=page.text,
        blocks=page.blocks,
        links=page.links,
        identifiers=page.identifiers,
        author=page.author,
        account=page.account,
        published_at=page.published_at,
        subject_hint=page.subject_hint,
        captures=(snapshot.id,),
        notes=page.notes,
    )
