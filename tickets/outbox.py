"""What is to be delivered to whom: one row per office of a ticket, leased like any work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, select, update

from domain.captures import SealStatus
from domain.errors import IllegalMove, NotFound
from domain.ids import derive_id
from domain.tickets import OfficeRole
from storage import leases
from storage.leases import WorkState
from storage.upsert import upsert
from tickets import tables


class Hold(StrEnum):
    """Why a delivery may not leave yet; FREE ones may.

    SEALING waits for the sealing to end, well or not; PROOF for a complete set of proof.
    """

    FREE = ""
    SEALING = "固证中"
    OPINION = "待定性"
    PROOF = "待固证"
    RECALLED = "已撤回"


class DeliveryKind(StrEnum):
    """What a package is: the case itself, or word about a case that was handed over before."""

    CASE = "移送"
    RECALL = "撤回通知"
    CORRECTION = "更正通知"
    REQUEST = "协助请求"


@frozen(kw_only=True)
class Delivery:
    """One package on its way to one office. `id` is the key that makes delivering idempotent.

    `reference` is the event of a correction, or the id of a request between offices.
    """

    id: str
    ticket_id: str
    office: str
    role: OfficeRole
    kind: DeliveryKind
    reference: str
    hold: Hold
    work_state: WorkState
    created_at: datetime
    delivered_at: datetime | None
    receipt: str | None
    attempts: int
    last_error: str | None


def enqueue(
    tx: Connection,
    *,
    ticket_id: str,
    number: str,
    sequence: int,
    seal: SealStatus,
    at: datetime,
) -> None:
    """Queue what the offices of a ticket must get now that it is sent.

    `sequence` is the event that sent it: the lead gets a package each time, every other office
    once. Nothing leaves before the clue's sealing has ended; copies that await an opinion wait
    for that.
    """
    ready = Hold.SEALING if seal is SealStatus.PENDING else Hold.FREE
    parts = tables.assignments
    rows = tx.execute(select(parts).where(parts.c.ticket_id == ticket_id)).all()
    for part in rows:
        occasion = str(sequence) if part.role == OfficeRole.LEAD.value else ""
        row = upsert(tx, tables.deliveries).values(
            id=f"{number}-{derive_id('delivery', ticket_id, part.office, occasion)[:10]}",
            ticket_id=ticket_id,
            office=part.office,
            role=part.role,
            kind=DeliveryKind.CASE.value,
            reference="",
            hold=(Hold.OPINION if part.awaits_opinion else ready).value,
            created_at=at,
        )
        tx.execute(row.on_conflict_do_nothing())


def opinion_given(tx: Connection, *, ticket_id: str, seal: SealStatus) -> None:
    """The content is characterised: held copies may leave, once the proof is sealed too."""
    parts = tables.assignments
    tx.execute(update(parts).where(parts.c.ticket_id == ticket_id).values(awaits_opinion=False))
    _change(tx, [ticket_id], Hold.OPINION, Hold.FREE if seal is SealStatus.SEALED else Hold.PROOF)


def sealing_ended(tx: Connection, *, clue_id: str, seal: SealStatus) -> None:
    """The sealing of a clue has ended: what waited for it may leave."""
    rows = tx.execute(select(tables.tickets.c.id).where(tables.tickets.c.clue_id == clue_id))
    ticket_ids = rows.scalars().all()
    _change(tx, ticket_ids, Hold.SEALING, Hold.FREE)
    if seal is SealStatus.SEALED:
        _change(tx, ticket_ids, Hold.PROOF, Hold.FREE)


def recalled(tx: Connection, *, ticket_id: str, number: str, at: datetime) -> None:
    """What has not left stays; every office that got the case gets notice of the recall."""
    for hold in (Hold.FREE, Hold.SEALING, Hold.OPINION, Hold.PROOF):
        _change(tx, [ticket_id], hold, Hold.RECALLED)
    notify(tx, ticket_id=ticket_id, number=number, kind=DeliveryKind.RECALL, reference="", at=at)


def recipients(tx: Connection, ticket_id: str) -> dict[str, OfficeRole]:
    """The offices that have got the case, with the part that they got it for."""
    return {
        delivery.office: delivery.role
        for delivery in of_ticket(tx, ticket_id)
        if delivery.kind is DeliveryKind.CASE and delivery.delivered_at is not None
    }


def first_notice(tx: Connection, clue_id: str) -> datetime | None:
    """When an office first had a case of this clue in its hands; None while none has."""
    sent, ticket = tables.deliveries, tables.tickets
    query = (
        select(sent.c.delivered_at)
        .join(ticket, ticket.c.id == sent.c.ticket_id)
        .where(
            ticket.c.clue_id == clue_id,
            sent.c.kind == DeliveryKind.CASE.value,
            sent.c.delivered_at.is_not(None),
        )
        .order_by(sent.c.delivered_at)
        .limit(1)
    )
    return tx.scalar(query)


def notify(
    tx: Connection,
    *,
    ticket_id: str,
    number: str,
    kind: DeliveryKind,
    reference: str,
    at: datetime,
) -> tuple[str, ...]:
    """Queue word to every office that got the case; returns the offices. Repeating adds none."""
    reached = recipients(tx, ticket_id)
    for office, role in reached.items():
        add(
            tx,
            ticket_id=ticket_id,
            number=number,
            office=office,
            role=role,
            kind=kind,
            reference=reference,
            at=at,
        )
    return tuple(reached)


def add(
    tx: Connection,
    *,
    ticket_id: str,
    number: str,
    office: str,
    role: OfficeRole,
    kind: DeliveryKind,
    reference: str,
    at: datetime,
) -> None:
    """Queue one package that waits for nothing; one that is queued already stays as it is."""
    row = upsert(tx, tables.deliveries).values(
        id=f"{number}-{derive_id(kind.value, ticket_id, office, reference)[:10]}",
        ticket_id=ticket_id,
        office=office,
        role=role.value,
        kind=kind.value,
        reference=reference,
        hold=Hold.FREE.value,
        created_at=at,
    )
    tx.execute(row.on_conflict_do_nothing())


def parked(tx: Connection, *, limit: int = 200) -> tuple[Delivery, ...]:
    """Dead letters: packages that wait for a person, with their last error, oldest first."""
    return tuple(from_row(row) for row in leases.parked(tx, tables.deliveries, limit=limit))


def resend(tx: Connection, delivery_id: str) -> Delivery:
    """Put a dead letter back into the queue, under the same key. Raises NotFound, IllegalMove."""
    table = tables.deliveries
    if get(tx, delivery_id).work_state is not WorkState.PARKED:
        raise IllegalMove("只有停放的投递件可以重发", at=delivery_id)
    tx.execute(
        update(table)
        .where(table.c.id == delivery_id)
        .values(work_state=WorkState.READY.value, attempts=0, not_before=0.0, lease_until=0.0)
    )
    return get(tx, delivery_id)


def of_ticket(tx: Connection, ticket_id: str) -> tuple[Delivery, ...]:
    """Every delivery of a ticket, oldest first."""
    table = tables.deliveries
    rows = tx.execute(
        select(table).where(table.c.ticket_id == ticket_id).order_by(table.c.created_at, table.c.id)
    ).mappings()
    return tuple(from_row(dict(row)) for row in rows)


def get(tx: Connection, delivery_id: str) -> Delivery:
    """The delivery with this id. Raises NotFound."""
    table = tables.deliveries
    row = tx.execute(select(table).where(table.c.id == delivery_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"没有投递件 {delivery_id}")
    return from_row(dict(row))


def due(tx: Connection) -> tuple[Delivery, ...]:
    """What the next round would deliver, oldest first; packages on hold are not due."""
    table = tables.deliveries
    rows = tx.execute(
        select(table)
        .where(
            table.c.hold == Hold.FREE.value,
            table.c.work_state.in_((WorkState.READY.value, WorkState.LEASED.value)),
        )
        .order_by(table.c.created_at, table.c.id)
    ).mappings()
    return tuple(from_row(dict(row)) for row in rows)


def from_row(row: dict[str, Any]) -> Delivery:
    """The delivery of a table row (or of a lease's)."""
    return Delivery(
        id=row["id"],
        ticket_id=row["ticket_id"],
        office=row["office"],
        role=OfficeRole(row["role"]),
        kind=DeliveryKind(row["kind"]),
        reference=row["reference"],
        hold=Hold(row["hold"]),
        work_state=WorkState(row["work_state"]),
        created_at=row["created_at"],
        delivered_at=row["delivered_at"],
        receipt=row["receipt"],
        attempts=row["attempts"],
        last_error=row["last_error"],
    )


def _change(tx: Connection, ticket_ids: Iterable[str], old: Hold, new: Hold) -> None:
    table = tables.deliveries
    tx.execute(
        update(table)
        .where(
            table.c.ticket_id.in_(list(ticket_ids)),
            table.c.hold == old.value,
            table.c.work_state != WorkState.DONE.value,
        )
        .values(hold=new.value)
    )
