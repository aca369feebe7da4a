"""Seals in the database: one row per attempt, each entered in the ledger and announced."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Connection, RowMapping, case, func, insert, select

from domain.captures import CaptureRequest, Seal, SealedFile, SealStatus
from domain.errors import NotFound
from evidence import ledger, seal_keys
from evidence.digests import canonical_json
from evidence.keyring import ClosedKey
from evidence.outbox import post
from evidence.tables import seals
from storage.records import from_json, to_json

CHAIN = "seal"
ACTOR = "sealer"


def put(tx: Connection, seal: Seal, *, request: CaptureRequest, key: ClosedKey) -> None:
    """Store a finished attempt with its key, ledger entries and outbox row (topic "seal")."""
    row = {
        "id": seal.id,
        "clue_id": seal.clue_id,
        "snapshot_id": seal.snapshot_id,
        "url": seal.url,
        "status": seal.status.value,
        "reason": seal.reason,
        "live": seal.live,
        "sealed_at": seal.sealed_at,
        "attempt": attempts(tx, seal.clue_id),
        "directory": seal.directory,
        "manifest_digest": seal.manifest_digest,
        "files": to_json(seal.files),
    }
    tx.execute(insert(seals).values(row))
    seal_keys.keep(tx, seal.id, key, at=seal.sealed_at)
    actor = request.actor or ACTOR
    acts = [
        ledger.Act(
            actor=actor, action="seal", subject=seal.id, detail=json.loads(fingerprint(seal))
        )
    ]
    if request.actor:
        why = {"url": request.url, "purpose": request.purpose}
        acts.insert(0, ledger.Act(actor=actor, action="ask_seal", subject=seal.id, detail=why))
    ledger.extend(tx, writer=CHAIN, acts=acts, at=seal.sealed_at)
    post(tx, topic="seal", subjects=[seal.id], at=seal.sealed_at)


def attempts(tx: Connection, clue_id: str) -> int:
    """How often a seal was tried for this clue."""
    return tx.scalar(select(func.count()).where(seals.c.clue_id == clue_id)) or 0


def fingerprint(seal: Seal) -> str:
    """The seal as the ledger holds it: canonical JSON of the record.

    A member that was never closed has no digest of its closed form, not an empty one.
    """
    value = json.loads(to_json(seal))
    for file in value["files"]:
        if file["stored"] is None:
            del file["stored"]
    return canonical_json(value)


def seal_of(tx: Connection, clue_id: str) -> Seal | None:
    """The seal that counts for a clue: the newest complete one, else the newest attempt."""
    complete = case((seals.c.status == SealStatus.SEALED.value, 0), else_=1)
    row = (
        tx.execute(
            select(seals)
            .where(seals.c.clue_id == clue_id)
            .order_by(complete, seals.c.attempt.desc(), seals.c.id)
            .limit(1)
        )
        .mappings()
        .first()
    )
    return _seal(row) if row else None


def get(tx: Connection, seal_id: str) -> Seal:
    """One attempt by its id. Raises NotFound."""
    row = tx.execute(select(seals).where(seals.c.id == seal_id)).mappings().first()
    if row is None:
        raise NotFound("没有这次固证", at=seal_id)
    return _seal(row)


def all_seals(tx: Connection) -> Iterator[Seal]:
    """Every attempt, by id."""
    for row in tx.execute(select(seals).order_by(seals.c.id)).mappings():
        yield _seal(row)


def seals_of(tx: Connection, snapshot_id: str) -> list[Seal]:
    """Every attempt that was made of one snapshot, by id."""
    query = select(seals).where(seals.c.snapshot_id == snapshot_id).order_by(seals.c.id)
    return [_seal(row) for row in tx.execute(query).mappings()]


def _seal(row: RowMapping) -> Seal:
    return Seal(
        id=row["id"],
        clue_id=row["clue_id"],
        snapshot_id=row["snapshot_id"],
        url=row["url"],
        status=SealStatus(row["status"]),
        reason=row["reason"],
        live=row["live"],
        sealed_at=row["sealed_at"],
        directory=row["directory"],
        manifest_digest=row["manifest_digest"],
        files=from_json(tuple[SealedFile, ...], row["files"]),
    )
