"""The queue of capture requests: asked once, claimed by reason, read back whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.captures import CaptureRequest, Profile, RequestReason
from evidence import requests, tables
from storage import leases
from storage.database import Database

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def request(number: int = 1, reason: RequestReason = RequestReason.SEAL) -> CaptureRequest:
    return CaptureRequest(
        id=f"r{number}",
        reason=reason,
        url="http://qinghe.test/",
        source_id="qinghe",
        profile=Profile.MOBILE,
        clue_id="c1",
        snapshot_id="f" * 32,
        requested_at=AT,
        deadline=AT + timedelta(minutes=1),
    )


def test_asking_twice_is_asking_once(database: Database) -> None:
    with database.write() as tx:
        assert requests.ask(tx, request())
        assert not requests.ask(tx, request())
    with database.write() as tx:
        assert not requests.ask(tx, request())
        [lease] = leases.claim(tx, tables.capture_requests, owner="t", limit=9, seconds=60)
        leases.finish(tx, tables.capture_requests, lease)
        assert not requests.ask(tx, request())
        assert not leases.claim(tx, tables.capture_requests, owner="t", limit=9, seconds=60)


def test_a_worker_claims_by_reason_and_reads_the_request_back(database: Database) -> None:
    with database.write() as tx:
        requests.ask(tx, request(1, RequestReason.LINK))
        requests.ask(tx, request(2, RequestReason.SEAL))
    queue = tables.capture_requests
    with database.write() as tx:
        [lease] = leases.claim(
            tx, queue, owner="t", limit=9, seconds=60, where=queue.c.reason == RequestReason.SEAL
        )
        assert requests.from_lease(lease) == request(2, RequestReason.SEAL)


def test_a_request_disappears_with_its_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as tx:
        requests.ask(tx, request())
        raise RuntimeError
    with database.write() as tx:
        assert requests.ask(tx, request())
