"""Observations become durable: evidence first, then gaps, then the frontier's books."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import groupby

import structlog

from crawlers import fingerprints
from crawlers.frontier import links, store
from crawlers.frontier.records import Purpose
from crawlers.observation import Observation
from crawlers.standings import Standings
from documents import pictures
from evidence import gaps
from evidence.writer import EvidenceWriter
from storage.database import Database

log = structlog.get_logger()

MOST = 50
LONGEST_SECONDS = 0.2


class Recorder:
    """Group commit: at most `MOST` observations or `LONGEST_SECONDS` wait together.

    Used from one thread at a time. A crash between the three steps repeats a visit and loses
    nothing: evidence knows its own captures, gaps are counted, and an unsettled visit is due.
    """

    def __init__(self, *, writer: EvidenceWriter, truth: Database, frontier: Database) -> None:
        self._writer = writer
        self._truth = truth
        self._frontier = frontier
        self._standings = Standings(truth)
        self._waiting: list[Observation] = []
        self._oldest = 0.0

    def put(self, observation: Observation) -> None:
        """Add one observation to the next group."""
        if not self._waiting:
            self._oldest = time.monotonic()
        self._waiting.append(observation)

    @property
    def waiting(self) -> int:
        """How many observations are not durable yet."""
        return len(self._waiting)

    @property
    def is_due(self) -> bool:
        """Whether the group is full or has waited long enough."""
        late = time.monotonic() - self._oldest >= LONGEST_SECONDS
        return len(self._waiting) >= MOST or (bool(self._waiting) and late)

    def flush(self) -> list[Observation]:
        """Make the group durable and return it. Raises EvidenceError: then nothing is settled."""
        group, self._waiting = self._waiting, []
        if not group:
            return []
        with self._frontier.write() as tx:
            group = [fingerprints.reconsidered(tx, item) for item in group]
        captures = [item.capture for item in group if item.capture is not None]
        if captures:
            self._writer.record(captures)
        self._note_gaps([item for item in group if item.capture is None])
        self._settle(group)
        return group

    def _note_gaps(self, group: Sequence[Observation]) -> None:
        # A capture that is a gap is noted by whoever reads the outbox; these have no capture.
        unseen = [item for item in group if item.visited.outcome.is_gap]
        if not unseen:
            return
        with self._truth.write() as tx:
            for item in unseen:
                gaps.note(
                    tx,
                    url=item.visited.visit.url,
                    source_id=item.visited.visit.source_id,
                    outcome=item.visited.outcome,
                    reason=item.reason,
                    at=item.visited.at,
                )
                if item.visited.visit.purpose is Purpose.PICTURE:
                    pictures.missed(tx, item.visited.visit.url, reason=item.reason)

    def _settle(self, group: Sequence[Observation]) -> None:
        standings = self._standings.of({item.visited.visit.url for item in group})
        with self._frontier.write() as tx:
            for item in group:
                visit = item.visited.visit
                if not store.settle(tx, item.visited, standings[visit.url]):
                    # The lease passed on while the answer was under way; its holder looks again.
                    log.warning("visit_lost", url=visit.url)
            by_moment = sorted(group, key=lambda item: item.visited.at)
            for at, items in groupby(by_moment, key=lambda item: item.visited.at):
                found = [one for item in items for one in item.found]
                links.add(tx, found, now=at, reason="页面上的链接")
