"""Seal requests become sealed sets; what comes of them goes on through the outbox."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from structlog.contextvars import bound_contextvars

from cluewatch.bootstrap import Services
from crawlers.frontier import pauses
from domain.captures import RequestReason, SealStatus
from domain.errors import LeaseLost, StoreUnavailable
from evidence import requests
from evidence import tables as evidence_tables
from storage import leases
from storage.leases import Lease

log = structlog.get_logger()

LEASE_SECONDS = 120.0
FIRST_RETRY_SECONDS = 30.0
MOST_ATTEMPTS = 6


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
            row = lease.row
            with bound_contextvars(clue=row["clue_id"], snapshot=row["snapshot_id"]):
                self._seal(lease)
        return len(claimed)

    def _seal(self, lease: Lease) -> None:
        """A seal that is incomplete is tried again, later each time; at last a person has to look.

        Every attempt stays on the clue as 未完成固证 with its reason until one is whole.
        """
        table = evidence_tables.capture_requests
        request = requests.from_lease(lease)
        if self._is_stopped(request.url):
            with self._services.truth.write() as tx:
                leases.give_back(tx, table, lease, delay=FIRST_RETRY_SECONDS)
            return
        try:
            made = self._services.sealer.seal(request)
            if made.status is SealStatus.SEALED:
                with self._services.truth.write() as tx:
                    leases.finish(tx, table, lease)
            else:
                self._again(lease, f"{made.status.value}：{made.reason}")
        except LeaseLost as error:
            log.warning("lease_lost", request=lease.id, error=str(error))
        except StoreUnavailable:
            raise  # no fault of the page: its lease runs out, and it is sealed then
        except Exception as error:
            log.exception("seal_failed", request=lease.id)
            self._again(lease, f"{type(error).__name__}: {error}")

    def _again(self, lease: Lease, error: str) -> None:
        with self._services.truth.write() as tx:
            state = leases.give_back(
                tx,
                evidence_tables.capture_requests,
                lease,
                error=error,
                delay=FIRST_RETRY_SECONDS * 2 ** (lease.attempts - 1),
                max_attempts=MOST_ATTEMPTS,
            )
        log.warning("seal_incomplete", request=lease.id, state=state, error=error)

    def _is_stopped(self, url: str) -> bool:
        """Whether a person has stopped visits to the host; its seals wait until they go on."""
        with self._services.frontier.read() as tx:
            return pauses.covering(tx, urlsplit(url).hostname or "") is not None
