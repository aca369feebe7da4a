"""Copies of single captures out of the big WARC files, record for record, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen
from sqlalchemy import Connection, select

from domain.captures import Snapshot
from domain.errors import EvidenceError, NotFound
from evidence import warc_files
from evidence.digests import CHUNK
from evidence.tables import snapshots


@frozen(kw_only=True)
class Extract:
    """The stored records of one snapshot: its request record, if any, and its own.

    `records` are the digests of the uncompressed records in order. `digest` is over the stored
    (compressed) bytes.
    """

    snapshot_id: str
    warc: str
    offset: int
    length: int
    digest: str
    records: tuple[str, ...]


def extracts(tx: Connection, kept: Snapshot) -> tuple[Extract, ...]:
    """What must be copied so that a snapshot can be read alone; a revisit needs its original."""
    ids = (kept.revisit_of, kept.id) if kept.revisit_of else (kept.id,)
    return tuple(extract(tx, snapshot_id) for snapshot_id in ids)


def copy(directory: Path, wanted: Extract) -> Iterator[bytes]:
    """The stored bytes, in pieces. Raises EvidenceError before the first when they are altered."""
    path = warc_files.path_of(directory, wanted.warc)
    try:
        file = path.open("rb")
    except OSError as error:
        raise EvidenceError(f"WARC 文件读不出: {error.strerror}", at=wanted.warc) from error
    with file:
        if warc_files.hash_range(file, wanted.offset, wanted.length) != wanted.digest:
            raise EvidenceError("WARC 记录与登记不符", at=f"{wanted.warc}@{wanted.offset}")
        file.seek(wanted.offset)
        left = wanted.length
        while left and (chunk := file.read(min(left, CHUNK))):
            left -= len(chunk)
            yield chunk


def extract(tx: Connection, snapshot_id: str) -> Extract:
    """Where the records of one snapshot lie. Raises NotFound."""
    row = tx.execute(select(snapshots).where(snapshots.c.id == snapshot_id)).one_or_none()
    if row is None:
        raise NotFound(f"没有编号为 {snapshot_id} 的快照")
    return Extract(
        snapshot_id=snapshot_id,
        warc=row.warc,
        offset=row.offset - row.request_length,
        length=row.request_length + row.length,
        digest=row.stored_digest,
        records=(row.request_digest, row.record_digest)
        if row.request_digest
        else (row.record_digest,),
    )
