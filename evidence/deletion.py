"""Deletion that leaves its proof: the bytes go, the digests and the ledger stay.

A snapshot's records are overwritten in place by one record of the same stored length, so that
everything else in the WARC file stays where it is and every chain still holds. Order: the ledger
says so first, in the same transaction as the row; then the bytes go. What a crash leaves undone is
found by `verify` and finished by `finish`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from domain.errors import EvidenceError
from evidence import holds, ledger, seal_keys, warc_files, warc_records
from evidence.digests import sha256
from evidence.extracts import extract
from evidence.seal_files import folder_of, is_proof
from evidence.seal_store import seals_of
from evidence.tables import deletions, snapshots
from storage.database import Database


def refusal(tx: Connection, snapshot_id: str) -> str | None:
    """Why a snapshot may not be deleted by itself, or None."""
    if any(hold.subject == snapshot_id for hold in holds.standing(tx)):
        return "处于保全之中"
    if tx.scalar(select(deletions.c.snapshot_id).where(deletions.c.snapshot_id == snapshot_id)):
        return "已经删除"
    heirs = select(snapshots.c.id).where(
        snapshots.c.revisit_of == snapshot_id,
        snapshots.c.id.not_in(select(deletions.c.snapshot_id)),
    )
    if tx.scalar(heirs.limit(1)):
        return "后来的快照仍引用其内容"
    return None


def delete(
    *,
    directory: Path,
    database: Database,
    snapshot_id: str,
    retention: str,
    actor: str,
    purpose: str,
    at: datetime,
) -> None:
    """Delete the bytes of one snapshot, and of the seals made of it, but for their manifests.

    `retention` names the class whose term has run out. Raises EvidenceError when a hold or a
    later snapshot forbids it.
    """
    with database.write() as tx:
        if why := refusal(tx, snapshot_id):
            raise EvidenceError(f"不得删除：{why}", at=snapshot_id)
        stood = extract(tx, snapshot_id)
        record = warc_records.grave(snapshot_id, at)
        packed = warc_files.pack_to(record, stood.length)
        tx.execute(
            insert(deletions).values(
                snapshot_id=snapshot_id,
                deleted_at=at,
                record_digest=sha256(record),
                stored_digest=sha256(packed),
                done=False,
            )
        )
        detail = {
            "retention": retention,
            "purpose": purpose,
            "records": list(stood.records),
            "stored": stood.digest,
            "grave": sha256(record),
        }
        act = ledger.Act(actor=actor, action="delete", subject=snapshot_id, detail=detail)
        ledger.extend(tx, writer=holds.CHAIN, acts=(act,), at=at)
    finish(directory=directory, database=database)


def finish(*, directory: Path, database: Database) -> int:
    """Overwrite what is entered as deleted and still stands; returns how many snapshots."""
    with database.read() as tx:
        undone = tx.execute(select(deletions).where(deletions.c.done.is_(False))).all()
    for row in undone:
        with database.read() as tx:
            stood = extract(tx, row.snapshot_id)
            folders = [folder_of(directory, seal) for seal in seals_of(tx, row.snapshot_id)]
        record = warc_records.grave(row.snapshot_id, row.deleted_at)
        packed = warc_files.pack_to(record, stood.length)
        try:
            warc_files.overwrite(warc_files.path_of(directory, stood.warc), stood.offset, packed)
            _empty(folders)
        except OSError as error:
            raise EvidenceError(f"证据删除未完成: {error.strerror}", at=row.snapshot_id) from error
        with database.write() as tx:
            tx.execute(
                update(deletions)
                .where(deletions.c.snapshot_id == row.snapshot_id)
                .values(done=True)
            )
            for seal in seals_of(tx, row.snapshot_id):
                seal_keys.forget(tx, seal.id)
    return len(undone)


def _empty(folders: Sequence[Path]) -> None:
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if not is_proof(path.name):
                path.unlink()
        warc_files.sync_directory(folder)
