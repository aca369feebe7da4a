"""What was kept, by snapshot: rows from the database, payloads from WARC files, both checked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import field, fields, frozen
from sqlalchemy import Connection, RowMapping, func, literal, select, tuple_

from domain.captures import Acquisition, Profile, Snapshot
from domain.errors import EvidenceError, NotFound
from domain.ids import derive_id
from domain.outcomes import Outcome
from evidence import warc_records
from evidence.digests import moment, sha256
from evidence.tables import deletions, snapshots
from evidence.warc_files import path_of, read_record
from storage.columns import Moment

_FIELDS = tuple(attribute.name for attribute in fields(Snapshot))
STILL_KEPT = snapshots.c.id.not_in(select(deletions.c.snapshot_id))
"""The condition on `snapshots` that the bytes have not been deleted."""
_KINDS = {"outcome": Outcome, "profile": Profile, "acquisition": Acquisition}


@frozen(kw_only=True)
class StoredPayload:
    """A payload before content decoding, with the response headers as the WARC holds them.

    Headers are those of this very snapshot; the body of a revisit comes from the earlier record.
    Framing headers that do not describe the stored body are named `X-Archive-Orig-…`.
    """

    snapshot: Snapshot
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


class EvidenceReader:
    """Reads payloads; nothing is returned whose digest differs from what was recorded."""

    def __init__(self, *, directory: Path) -> None:
        self._directory = directory

    def payload(self, tx: Connection, snapshot_id: str) -> StoredPayload:
        """The payload of a snapshot. Raises NotFound, or EvidenceError when it is altered."""
        wanted = snapshot(tx, snapshot_id)
        deleted = select(deletions.c.deleted_at).where(deletions.c.snapshot_id == snapshot_id)
        if at := tx.scalar(deleted):
            raise EvidenceError(f"快照已于 {at:%Y-%m-%d} 依保存期限删除", at=snapshot_id)
        record = self._record(wanted)
        body = record.body
        if wanted.revisit_of:
            body = self._record(snapshot(tx, wanted.revisit_of)).body
        if sha256(body) != wanted.payload_digest:
            raise EvidenceError("载荷摘要与登记不符", at=f"{wanted.warc}@{wanted.offset}")
        return StoredPayload(snapshot=wanted, headers=record.headers, body=body)

    def _record(self, kept: Snapshot) -> warc_records.ParsedRecord:
        # A metadata record is longer than its (empty) payload, but never longer than a head.
        limit = kept.payload_length + 2 * warc_records.HEAD_LIMIT
        path = path_of(self._directory, kept.warc)
        record = read_record(path, offset=kept.offset, length=kept.length, limit=limit)
        if sha256(record) != kept.record_digest:
            raise EvidenceError("WARC 记录摘要与登记不符", at=f"{kept.warc}@{kept.offset}")
        return warc_records.parse(record)


def snapshot(tx: Connection, snapshot_id: str) -> Snapshot:
    """One snapshot by id. Raises NotFound."""
    row = tx.execute(select(snapshots).where(snapshots.c.id == snapshot_id)).mappings().first()
    if row is None:
        raise NotFound(f"没有编号为 {snapshot_id} 的快照")
    return snapshot_of(row)


def snapshots_of(tx: Connection, url: str) -> list[Snapshot]:
    """All snapshots of exactly this address, oldest first."""
    rows = tx.execute(
        select(snapshots)
        .where(snapshots.c.url_key == derive_id(url))
        .order_by(snapshots.c.captured_at, snapshots.c.id)
    ).mappings()
    return [snapshot_of(row) for row in rows]


def since(tx: Connection, moment: datetime) -> list[Snapshot]:
    """Everything captured at or after a civil moment, oldest first."""
    rows = tx.execute(
        select(snapshots)
        .where(snapshots.c.captured_at >= moment, STILL_KEPT)
        .order_by(snapshots.c.captured_at, snapshots.c.id)
    ).mappings()
    return [snapshot_of(row) for row in rows]


def kept_before(
    tx: Connection, moment: datetime, *, after: Snapshot | None, limit: int
) -> list[Snapshot]:
    """The next `limit` snapshots older than a civil moment, oldest first, behind `after`."""
    columns = tuple_(snapshots.c.captured_at, snapshots.c.id)
    query = select(snapshots).where(snapshots.c.captured_at < moment, STILL_KEPT)
    if after is not None:
        query = query.where(columns > tuple_(literal(after.captured_at, Moment()), after.id))
    rows = tx.execute(
        query.order_by(snapshots.c.captured_at, snapshots.c.id).limit(limit)
    ).mappings()
    return [snapshot_of(row) for row in rows]


def count_by_outcome(tx: Connection, *, since: datetime) -> dict[Outcome, int]:
    """How many captures since a civil moment came to each outcome."""
    query = (
        select(snapshots.c.outcome, func.count())
        .where(snapshots.c.captured_at >= since)
        .group_by(snapshots.c.outcome)
    )
    return {Outcome(outcome): number for outcome, number in tx.execute(query)}


def count_by_source(
    tx: Connection, *, since: datetime, until: datetime
) -> dict[tuple[str | None, Outcome], int]:
    """How many captures of each source came to each outcome in a stretch of civil time."""
    query = (
        select(snapshots.c.source_id, snapshots.c.outcome, func.count())
        .where(snapshots.c.captured_at >= since, snapshots.c.captured_at < until)
        .group_by(snapshots.c.source_id, snapshots.c.outcome)
    )
    return {(source, Outcome(outcome)): number for source, outcome, number in tx.execute(query)}


def latest(tx: Connection, url: str, *outcomes: Outcome) -> Snapshot | None:
    """The newest snapshot of this address, of these outcomes when any are given."""
    query = select(snapshots).where(snapshots.c.url_key == derive_id(url), STILL_KEPT)
    if outcomes:
        query = query.where(snapshots.c.outcome.in_(outcome.value for outcome in outcomes))
    newest_first = query.order_by(snapshots.c.captured_at.desc(), snapshots.c.id.desc())
    row = tx.execute(newest_first.limit(1)).mappings().first()
    return snapshot_of(row) if row else None


def snapshot_of(row: RowMapping) -> Snapshot:
    """The record that a row of `snapshots` holds. Raises ValueError when the row is not valid."""
    values: dict[str, Any] = {name: row[name] for name in _FIELDS}
    values |= {name: kind(row[name]) for name, kind in _KINDS.items()}
    return Snapshot(**values)


def plain(kept: Snapshot) -> dict[str, str | int | None]:
    """The snapshot as it stands in the ledger: JSON scalars, moments in one text form."""
    return {name: _scalar(getattr(kept, name)) for name in _FIELDS}


def address_keys(url: str) -> dict[str, str]:
    """The columns by which an address is looked up."""
    return {"url_key": derive_id(url), "host": (urlsplit(url).hostname or "")[:255]}


def _scalar(value: object) -> str | int | None:
    if isinstance(value, datetime):
        return moment(value)
    if value is None or isinstance(value, int):
        return value
    return str(value)
