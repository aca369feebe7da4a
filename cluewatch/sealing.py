"""Seal requests become sealed sets; what comes of them goes on through the outbox."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog

from cluewatch.bootstrap import Services
from crawlers.frontier import pauses
from domain.captures import RequestReason
from domain.errors import LeaseLost
from evidence import requests
from evidence import tables as evidence_tables
from storage import leases
from storage.leases import Lease

log = structlog.get_logger()

LEASE_SECONDS = 120.0
RETRY_SECONDS = 30.0


class SealWork:
    """Works `capture_requests` of reason seal."""

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._owner = owner

    def work(self) -> int:
        """Seal one clue; returns how many were taken."""
        truth = self._services.truth
        table = evidence_tables.capture_requests
        with truth.write() as tx:
            claimed = leases.claim(
                tx,
                table,
                owner=self._owner,
                limit=1,
                seconds=LEASE_SECONDS,
                where=table.c.reason == RequestReason.SEAL.value,
            )
        for lease in claimed:
            self._seal(lease)
        return len(claimed)

    def _seal(self, lease: Lease) -> None:
        """A seal that fails says so itself; what goes wrong beyond that is tried again later."""
        table = evidence_tables.capture_requests
        request = requests.from_lease(lease)
        if self._is_stopped(request.url):
            with self._services.truth.write() as tx:
                leases.give_back(tx, table, lease, delay=RETRY_SECONDS)
            return
        try:
            self._services.sealer.seal(request)
            with self._services.truth.write() as tx:
                leases.finish(tx, table, lease)
        except LeaseLost as error:
            log.warning("lease_lost", request=lease.id, error=str(error))
        except Exception as error:
            log.exception("seal_failed", request=lease.id)
            with self._services.truth.write() as tx:
                leases.give_back(tx, table, lease, error=str(error), delay=RETRY_SECONDS)

    def _is_stopped(self, url: str) -> bool:
        """Whether a person has stopped visits to the host; its seals wait until they go on."""
        with self._services.frontier.read() as tx:
            return pauses.covering(tx, urlsplit(url).hostname or "") is not None
