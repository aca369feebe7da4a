"""Captures become evidence: WARC records, then one transaction, in that order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from attrs import frozen
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from domain.captures import Capture, Snapshot
from domain.errors import EvidenceError, RetryableError
from domain.ids import derive_id
from domain.ports import Clock
from evidence import content, ledger, warc_files, warc_records
from evidence.digests import moment, sha256
from evidence.outbox import post
from evidence.reader import STILL_KEPT, address_keys, plain, snapshot_of
from evidence.tables import deletions, snapshots
from evidence.warc_files import Member, WarcFile, Written
from storage.database import Database

ROTATE_BYTES = 1 << 30


@frozen(kw_only=True)
class _Kept:
    """A capture whose records are on disk and whose rows are not yet committed."""

    capture: Capture
    snapshot: Snapshot
    written: Written

    @property
    def request(self) -> Member | None:
        """The request record before the snapshot's own."""
        return self.written.members[-2] if len(self.written.members) > 1 else None


class EvidenceWriter:
    """Keeps captures. One per thread; any number of processes may write to one directory.

    Group commit: all records of a call are written and flushed with one fsync, then the
    snapshots, ledger entries and outbox rows commit together. A process that dies in between
    leaves whole records that nothing refers to (orphans), which do no harm.
    """

    def __init__(
        self,
        *,
        directory: Path,
        database: Database,
        clock: Clock,
        writer: str,
        rotate_bytes: int = ROTATE_BYTES,
    ) -> None:
        self._directory = directory
        self._database = database
        self._clock = clock
        self._writer = writer
        self._rotate_bytes = rotate_bytes
        self._file: WarcFile | None = None

    def __enter__(self) -> EvidenceWriter:
        """Repair what dead writers left behind; files of living writers are not touched."""
        for name in warc_files.names(self._directory):
            with self._database.read() as tx:
                end = _committed_end(tx, name)
            warc_files.repair(warc_files.path_of(self._directory, name), committed=end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the current file and give up its lock."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def record(self, captures: Sequence[Capture]) -> list[Snapshot]:
        """Keep captures and return their snapshots in order, once they are durable.

        The id of a snapshot derives from address, moment, profile and payload: a capture that
        is already kept is not kept twice. Raises EvidenceError when the bytes could not be
        written (nothing of the call is kept then), RetryableError when another writer was
        keeping the same capture at this moment.
        """
        with self._database.read() as tx:
            known = _known(tx, [snapshot_id(capture) for capture in captures])
            same = _Originals(tx, captures)
        fresh = {snapshot_id(capture): capture for capture in captures}
        kept = self._write(
            {key: capture for key, capture in fresh.items() if key not in known}, same
        )
        if kept:
            try:
                with self._database.write() as tx:
                    known.update(self._commit(tx, kept))
            except IntegrityError as error:
                raise RetryableError("同一快照正由另一写入者登记", at=self._writer) from error
        return [known[snapshot_id(capture)] for capture in captures]

    def _write(self, fresh: dict[str, Capture], same: _Originals) -> list[_Kept]:
        if not fresh:
            return []
        start = 0
        try:
            file = self._current()
            start = file.size
            kept = [self._append(file, key, capture, same) for key, capture in fresh.items()]
            file.sync()
        except (OSError, EvidenceError) as error:
            if self._file is not None:
                self._file.cut_back(start)
            if isinstance(error, EvidenceError):
                raise
            raise EvidenceError(f"证据无法写入: {error.strerror}", at=self._writer) from error
        return kept

    def _current(self) -> WarcFile:
        if self._file is not None and self._file.size >= self._rotate_bytes:
            self.close()
        if self._file is None:
            self._file = WarcFile(self._directory, writer=self._writer, at=self._clock.now())
        return self._file

    def _append(self, file: WarcFile, key: str, capture: Capture, same: _Originals) -> _Kept:
        digest = sha256(capture.body)
        original = same.of(capture, digest)
        request = warc_records.request(capture, key)
        record = warc_records.own(capture, key, digest, original)
        written = file.append(request, record) if request else file.append(record)
        own = written.members[-1]
        snapshot = Snapshot(
            id=key,
            url=capture.url,
            source_id=capture.source_id,
            captured_at=capture.captured_at,
            outcome=capture.outcome,
            profile=capture.profile,
            acquisition=capture.acquisition,
            status=capture.status,
            payload_digest=digest,
            record_digest=own.digest,
            payload_length=len(capture.body),
            warc=file.name,
            offset=own.offset,
            length=own.length,
            revisit_of=original.id if original else None,
        )
        same.add(snapshot)
        return _Kept(capture=capture, snapshot=snapshot, written=written)

    def _commit(self, tx: Connection, kept: Sequence[_Kept]) -> dict[str, Snapshot]:
        """Insert what nobody else has kept meanwhile; returns the snapshots that now hold."""
        at = self._clock.now()
        known = _known(tx, [item.snapshot.id for item in kept])
        mine = [item for item in kept if item.snapshot.id not in known]
        if mine:
            _still_there(tx, mine)
            tx.execute(insert(snapshots), [_row(item) for item in mine])
            acts = [_act(item, self._writer) for item in mine]
            ledger.extend(tx, writer=self._writer, acts=acts, at=at)
            ids = [item.snapshot.id for item in mine]
            post(tx, topic="snapshot", subjects=ids, at=at, behind=_pictures(mine))
        return known | {item.snapshot.id: item.snapshot for item in mine}


def _pictures(kept: Sequence[_Kept]) -> frozenset[str]:
    """The snapshots that declare themselves pictures."""
    return frozenset(
        item.snapshot.id
        for item in kept
        if content.media_type(item.capture.headers).startswith("image/")
    )


class _Originals:
    """The records that hold a payload of an address already, so that it is stored once."""

    def __init__(self, tx: Connection, captures: Sequence[Capture]) -> None:
        digests = {sha256(capture.body) for capture in captures if capture.body}
        rows = tx.execute(
            select(snapshots)
            .where(
                snapshots.c.payload_digest.in_(digests),
                snapshots.c.url_key.in_({derive_id(capture.url) for capture in captures}),
                snapshots.c.revisit_of.is_(None),
                STILL_KEPT,
            )
            .order_by(snapshots.c.captured_at.desc())
        ).mappings()
        self._found: dict[tuple[str, str], Snapshot] = {}
        for row in rows:
            self.add(snapshot_of(row))

    def of(self, capture: Capture, digest: str) -> Snapshot | None:
        """The response record that a revisit may refer to."""
        if capture.status == 0 or not capture.body:
            return None
        return self._found.get((capture.url, digest))

    def add(self, snapshot: Snapshot) -> None:
        """Remember a snapshot if it holds its payload itself."""
        if snapshot.status and snapshot.payload_length and snapshot.revisit_of is None:
            self._found[(snapshot.url, snapshot.payload_digest)] = snapshot


def snapshot_id(capture: Capture) -> str:
    """The id that this capture has as a snapshot."""
    at = moment(capture.captured_at)
    parts = (capture.url, at, capture.profile.value, capture.outcome.value, str(capture.status))
    return derive_id("snapshot", *parts, sha256(capture.body))


def _known(tx: Connection, ids: Sequence[str]) -> dict[str, Snapshot]:
    rows = tx.execute(select(snapshots).where(snapshots.c.id.in_(ids))).mappings()
    return {row["id"]: snapshot_of(row) for row in rows}


def _still_there(tx: Connection, kept: Sequence[_Kept]) -> None:
    """What a revisit refers to may have reached the end of its term a moment ago."""
    originals = {item.snapshot.revisit_of for item in kept if item.snapshot.revisit_of}
    gone = select(deletions.c.snapshot_id).where(deletions.c.snapshot_id.in_(originals))
    if tx.scalar(gone.limit(1)):
        raise RetryableError("所引用的快照刚被删除，重新保存即可")


def _committed_end(tx: Connection, warc: str) -> int:
    end = tx.scalar(
        select(func.max(snapshots.c.offset + snapshots.c.length)).where(snapshots.c.warc == warc)
    )
    return end or 0


def _row(item: _Kept) -> dict[str, object]:
    kept = item.snapshot
    return {
        **plain(kept),
        "captured_at": kept.captured_at,
        **address_keys(kept.url),
        "request_length": item.request.length if item.request else 0,
        "request_digest": item.request.digest if item.request else None,
        "stored_digest": item.written.digest,
    }


def _act(item: _Kept, writer: str) -> ledger.Act:
    capture = item.capture
    detail = {
        "snapshot": plain(item.snapshot),
        "request": item.request.digest if item.request else None,
        "stored": item.written.digest,
        "redirects": [[hop.status, hop.url] for hop in capture.redirects],
        "ip": capture.ip,
        "robots": capture.robots,
        "note": capture.note,
    }
    return ledger.Act(actor=writer, action="capture", subject=item.snapshot.id, detail=detail)
