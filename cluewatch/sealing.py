"""Seal requests become sealed sets; then the deliveries that waited for them go out."""

from __future__ import annotations

from sqlalchemy import Connection

from cluewatch.bootstrap import Services
from cluewatch.delivery import Deliveries
from domain.captures import RequestReason
from evidence import requests
from evidence import tables as evidence_tables
from storage import leases

LEASE_SECONDS = 300.0


class SealWork:
    """Works `capture_requests` of reason seal."""

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._owner = owner
        self._deliveries = Deliveries(services, owner=owner)

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
            self._services.sealer.seal(requests.from_lease(lease))
            with truth.write() as tx:
                leases.finish(tx, table, lease)
        return len(claimed)

    def deliver(self) -> int:
        """Deliver what is due; returns how many packages left."""
        return self._deliveries.work()


def pending_seals(tx: Connection) -> int:
    """Requests that no sealer has finished yet."""
    states = leases.depth(tx, evidence_tables.capture_requests)
    return states[leases.WorkState.READY] + states[leases.WorkState.LEASED]
