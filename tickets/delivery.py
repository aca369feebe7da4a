"""Handing packages to offices: the worker that empties the outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from attrs import frozen
from sqlalchemy import update

from domain.errors import LeaseLost, PermanentError, RetryableError
from domain.ports import Clock, Transport
from domain.tickets import Remark, TicketState
from storage import leases
from storage.database import Database
from storage.leases import Lease, WorkState
from tickets import ledger, outbox, tables
from tickets.offices import Offices
from tickets.outbox import Delivery, Hold

LEASE_SECONDS = 60.0
MAX_ATTEMPTS = 8
_FIRST_DELAY = 30.0
_LONGEST_DELAY = 3600.0

BuildPackage = Callable[[Delivery], Sequence[Path]]
"""Makes the files of one delivery (letter, evidence bundle); called outside any transaction."""


@frozen(kw_only=True)
class DeliveryReport:
    """What one round came to: `returned` will be tried again, `parked` wait for a person."""

    delivered: int = 0
    returned: int = 0
    parked: int = 0


def deliver_due(
    database: Database,
    *,
    offices: Offices,
    transports: Mapping[str, Transport],
    build_package: BuildPackage,
    owner: str,
    clock: Clock,
    limit: int = 16,
) -> DeliveryReport:
    """Deliver what is queued and not on hold, up to `limit` packages.

    `transports` maps an office's channel to its transport. A worker that is killed leaves the
    package to another one; the transport's idempotence by key makes it arrive once.
    """
    table = tables.deliveries
    with database.write() as tx:
        claimed = leases.claim(
            tx,
            table,
            owner=owner,
            limit=limit,
            seconds=LEASE_SECONDS,
            where=table.c.hold == Hold.FREE.value,
        )
    deliver = partial(
        _deliver_one,
        database=database,
        offices=offices,
        transports=transports,
        build_package=build_package,
        clock=clock,
    )
    outcomes = Counter(map(deliver, claimed))
    return DeliveryReport(
        delivered=outcomes[WorkState.DONE],
        returned=outcomes[WorkState.READY],
        parked=outcomes[WorkState.PARKED],
    )


def _deliver_one(
    lease: Lease,
    *,
    database: Database,
    offices: Offices,
    transports: Mapping[str, Transport],
    build_package: BuildPackage,
    clock: Clock,
) -> WorkState:
    """Returns the state that the row is in now; LEASED when another worker holds it."""
    try:
        try:
            receipt = _hand_over(lease, offices, transports, build_package)
            return _finish(database, lease, receipt, offices, clock)
        except PermanentError as error:
            with database.write() as tx:
                leases.park(tx, tables.deliveries, lease, error=str(error))
            return WorkState.PARKED
        except (RetryableError, OSError) as error:
            return _give_back(database, lease, str(error))
    except LeaseLost:
        return WorkState.LEASED


def _hand_over(
    lease: Lease,
    offices: Offices,
    transports: Mapping[str, Transport],
    build_package: BuildPackage,
) -> str:
    delivery = outbox.from_row(lease.row)
    office = offices.get(delivery.office)
    transport = transports.get(office.channel)
    if transport is None:
        raise PermanentError(f"没有配置投递方式“{office.channel}”", at=office.name)
    files = build_package(delivery)
    return transport.deliver(key=delivery.id, office=office.id, address=office.address, files=files)


def _finish(
    database: Database, lease: Lease, receipt: str, offices: Offices, clock: Clock
) -> WorkState:
    table = tables.deliveries
    at = clock.now()
    name = offices.get(lease.row["office"]).name
    with database.write() as tx:
        leases.finish(tx, table, lease)
        tx.execute(
            update(table).where(table.c.id == lease.id).values(receipt=receipt, delivered_at=at)
        )
        delivered = outbox.from_row(lease.row)
        ticket = ledger.remark(
            tx,
            ticket_id=delivered.ticket_id,
            remark=Remark.DELIVER,
            actor=lease.owner,
            at=at,
            note=f"{delivered.kind} {delivered.role}{name}：{receipt}",
        )
        if ticket.state is TicketState.RECALLED:  # recalled while it was on its way
            outbox.recalled(tx, ticket_id=ticket.id, number=ticket.number, at=at)
    return WorkState.DONE


def _give_back(database: Database, lease: Lease, error: str) -> WorkState:
    delay = min(_FIRST_DELAY * 2 ** (lease.attempts - 1), _LONGEST_DELAY)
    with database.write() as tx:
        return leases.give_back(
            tx, tables.deliveries, lease, error=error, delay=delay, max_attempts=MAX_ATTEMPTS
        )
