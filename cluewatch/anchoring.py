"""The daily anchor of the ledger, made by the first worker that notices the new day."""

from __future__ import annotations

import base64
from datetime import date, datetime, timedelta

import structlog
from attrs import evolve

from cluewatch.bootstrap import Services
from domain.errors import CluewatchError
from evidence import anchors
from evidence.anchors import Anchor

log = structlog.get_logger()

PAUSE = timedelta(hours=1)


class Anchoring:
    """Anchors what the days before have added; any number of workers may try."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._day: date | None = None
        self._not_before: datetime | None = None

    def work(self) -> int:
        """Make the anchor that is due; returns how many were made."""
        at = self._services.clock.now()
        today = at.astimezone(anchors.CHINA).date()
        if self._day == today or (self._not_before is not None and at < self._not_before):
            return 0
        with self._services.truth.read() as tx:
            anchor = anchors.due(tx, at)
        try:
            stamped = self._stamped(anchor, at) if anchor else None
        except CluewatchError as error:
            log.warning("anchor_not_stamped", error=str(error))
            self._not_before = at + PAUSE
            return 0
        self._day = today
        if stamped is None:
            return 0
        with self._services.truth.write() as tx:
            return int(anchors.put(tx, stamped, at=at))

    def _stamped(self, anchor: Anchor, at: datetime) -> Anchor:
        """An authority that is set must answer: an anchor nobody else has seen proves little."""
        timestamps = self._services.timestamps
        if timestamps is None:
            return anchor
        most = self._services.settings.evidence.seal_rules.most_offset
        answer = timestamps.stamp(anchor.root.encode(), near=at, most=most)
        return evolve(anchor, stamp=base64.b64encode(answer).decode())
