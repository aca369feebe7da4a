"""Verification: everything is hashed again, and what does not fit is named."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Connection, RowMapping, and_, func, select

from domain.captures import Seal
from domain.errors import EvidenceError
from evidence import anchors, ledger, seal_keys, warc_files
from evidence.keyring import KeyRing
from evidence.problems import Problem, Progress, Tally, VerifyReport
from evidence.reader import address_keys, plain, snapshot_of
from evidence.seal_files import MANIFEST, folder_of, problems_of_seal
from evidence.seal_store import all_seals, fingerprint
from evidence.tables import deletions, seals, snapshots
from evidence.tables import ledger as ledger_table
from evidence.timestamps import TOKEN, Timestamps
from evidence.verify_warc import verify_warc
from storage.database import Database

__all__ = ["Problem", "Progress", "VerifyReport", "verify"]

_WATCHED = {"capture": (snapshots, "快照"), "seal": (seals, "固证")}

_BESIDE = ("url_key", "host", "request_digest", "stored_digest")


def verify(
    *,
    directory: Path,
    database: Database,
    keys: KeyRing | None = None,
    timestamps: Timestamps | None = None,
    progress: Progress | None = None,
) -> VerifyReport:
    """Hash every named WARC record, chain and seal again. `progress` gets (checked, in all).

    Trusted timestamps are verified against `timestamps`, the authority in force. With `keys` closed
    members are opened as well; without them their closed form is checked, which proves the same.
    """
    with database.read() as tx:
        counts = [
            tx.scalar(select(func.count()).select_from(table)) or 0
            for table in (snapshots, ledger_table, seals)
        ]
        tally = Tally(total=sum(counts), progress=progress)
        named = set(tx.scalars(select(snapshots.c.warc).distinct()))
    for name in sorted(named | set(warc_files.names(directory))):
        with database.read() as tx:
            verify_warc(directory, tx, name, tally)
    with database.read() as tx:
        for writer in ledger.writers(tx):
            _chain(tx, writer, tally)
        for seq, message in anchors.problems(tx):
            tally.problem("ledger", message, record=anchors.CHAIN, sequence=seq)
        _unentered(tx, tally)
        _deletions(tx, tally)
        _seals(tx, directory, keys, timestamps, tally)
    return tally.report()


def _chain(tx: Connection, writer: str, tally: Tally) -> None:
    previous, seq = ledger.GENESIS, 0
    for entry in ledger.chain(tx, writer):
        _link(entry, previous, seq, tally)
        if entry.action in _WATCHED:
            _subject(tx, entry, tally)
        previous, seq = entry.digest, entry.seq
        tally.checked()


def _link(entry: ledger.Entry, previous: str, seq: int, tally: Tally) -> None:
    where = f"台账 {entry.writer} 第 {entry.seq} 号"
    if entry.seq != seq + 1:
        tally.problem("ledger", f"{where}之前缺少第 {seq + 1} 号起的记录", sequence=entry.seq)
    if entry.previous != previous:
        tally.problem("ledger", f"{where}与前一号不衔接", sequence=entry.seq)
    if not _digest_holds(entry):
        tally.problem("ledger", f"{where}被改动", sequence=entry.seq)


def _digest_holds(entry: ledger.Entry) -> bool:
    try:
        return ledger.digest_of(entry) == entry.digest
    except ValueError:  # the detail is no longer JSON
        return False


def _subject(tx: Connection, entry: ledger.Entry, tally: Tally) -> None:
    table, what = _WATCHED[entry.action]
    row = tx.execute(select(table).where(table.c.id == entry.subject)).mappings().first()
    if row is None:
        message = f"台账登记的{what}已不在库中"
        tally.problem(table.name, message, record=entry.subject, sequence=entry.seq)
    elif table is snapshots:
        _snapshot_row(row, entry, tally)


def _snapshot_row(row: RowMapping, entry: ledger.Entry, tally: Tally) -> None:
    try:
        entered = json.loads(entry.detail)
        wanted = {
            **entered["snapshot"],
            **address_keys(entered["snapshot"]["url"]),
            "request_digest": entered["request"],
            "stored_digest": entered["stored"],
        }
        kept = plain(snapshot_of(row)) | {name: row[name] for name in _BESIDE}
    except (KeyError, TypeError, ValueError):
        message = "快照行或其台账登记无法读取"
        tally.problem("snapshots", message, record=row["id"], sequence=entry.seq)
        return
    changed = sorted(name for name, value in kept.items() if value != wanted.get(name))
    if changed:
        message = f"快照行与台账登记不符：{'、'.join(changed)}"
        tally.problem("snapshots", message, record=row["id"], sequence=entry.seq)


def _unentered(tx: Connection, tally: Tally) -> None:
    entered = and_(ledger_table.c.subject == snapshots.c.id, ledger_table.c.action == "capture")
    query = (
        select(snapshots.c.id, snapshots.c.warc)
        .outerjoin(ledger_table, entered)
        .where(ledger_table.c.seq.is_(None))
        .order_by(snapshots.c.id)
    )
    for row in tx.execute(query):
        tally.problem(row.warc, "快照在台账中没有登记", record=row.id)


def _deletions(tx: Connection, tally: Tally) -> None:
    """Only what the ledger says was deleted may be missing, and it must be."""
    for row in tx.execute(select(deletions).order_by(deletions.c.snapshot_id)):
        entered = ledger.entries_about(tx, [row.snapshot_id])
        graves = [json.loads(e.detail)["grave"] for e in entered if e.action == "delete"]
        if row.record_digest not in graves:
            tally.problem("deletions", "快照的删除在台账中没有登记", record=row.snapshot_id)
        if not row.done:
            tally.problem("deletions", "登记了删除，字节尚未清除", record=row.snapshot_id)


def _seals(
    tx: Connection,
    directory: Path,
    keys: KeyRing | None,
    timestamps: Timestamps | None,
    tally: Tally,
) -> None:
    gone = set(tx.scalars(select(deletions.c.snapshot_id)))
    for seal in all_seals(tx):
        entered = {entry.detail for entry in ledger.entries_about(tx, [seal.id])}
        if fingerprint(seal) not in entered:
            tally.problem("seals", "固证记录与台账登记不符", record=seal.id)
        deleted = seal.snapshot_id in gone
        key = _key(tx, keys, seal, tally)
        for name, message in problems_of_seal(directory, seal, key=key, deleted=deleted):
            tally.problem(f"{seal.directory}/{name}", message, record=seal.id)
        if any(file.name == TOKEN for file in seal.files):
            _timestamp(directory, seal, timestamps, tally)
        tally.checked()


def _key(tx: Connection, keys: KeyRing | None, seal: Seal, tally: Tally) -> bytes | None:
    if keys is None:
        return None
    try:
        return seal_keys.unlock(tx, keys, seal.id)
    except EvidenceError as error:
        tally.problem("seal_keys", error.message, record=seal.id)
        return None


def _timestamp(directory: Path, seal: Seal, timestamps: Timestamps | None, tally: Tally) -> None:
    name = f"{seal.directory}/{TOKEN}"
    if timestamps is None:
        tally.unchecked(name, "未设置时间戳服务的根证书，签名未核验", record=seal.id)
        return
    try:
        folder = folder_of(directory, seal)
        timestamps.check((folder / TOKEN).read_bytes(), (folder / MANIFEST).read_bytes())
    except OSError as error:
        tally.problem(name, f"时间戳或清单读不出: {error.strerror}", record=seal.id)
    except EvidenceError as error:
        tally.problem(name, error.message, record=seal.id)
