"""The ledger (台账): what was done with evidence, in hash chains that only grow.

Each writer has a chain of its own, numbered from 1 without gaps. An entry's digest covers the
digest before it and the entry's canonical JSON, so that no row can be changed, removed or put
in between without breaking every later digest of that chain. Reads go to the chain `ACCESS`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import asdict, field, frozen
from sqlalchemy import Connection, insert, select, text

from evidence.digests import canonical_json, moment, sha256
from evidence.tables import ledger

ACCESS = "access"
GENESIS = "sha256:" + "0" * 64
_BATCH = 500


@frozen(kw_only=True)
class Act:
    """Something that was done: who, what, to which record (an id), with particulars."""

    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(factory=dict)


@frozen(kw_only=True)
class Entry:
    """One row of a chain. `detail` is JSON text exactly as it was hashed."""

    writer: str
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    digest: str


def append(
    tx: Connection,
    *,
    writer: str,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    at: datetime,
) -> Entry:
    """Add one entry to the chain of `writer`, in the caller's transaction."""
    act = Act(actor=actor, action=action, subject=subject, detail=detail)
    return extend(tx, writer=writer, acts=(act,), at=at)[0]


def extend(tx: Connection, *, writer: str, acts: Sequence[Act], at: datetime) -> list[Entry]:
    """Add entries in order. Writers of one chain wait for each other until they commit."""
    if not acts:
        return []
    lock(tx, writer)
    head = tx.execute(
        select(ledger.c.seq, ledger.c.digest)
        .where(ledger.c.writer == writer)
        .order_by(ledger.c.seq.desc())
        .limit(1)
    ).one_or_none()
    seq, previous = (head.seq, head.digest) if head else (0, GENESIS)
    entries = []
    for act in acts:
        seq += 1
        entry = _entry(writer, seq, at, act, previous)
        entries.append(entry)
        previous = entry.digest
    tx.execute(insert(ledger), [_row(entry) for entry in entries])
    return entries


def lock(tx: Connection, writer: str) -> None:
    """Have a chain to oneself until the transaction ends (on SQLite every writer has all)."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtext(:chain))"), {"chain": writer})


def digest_of(entry: Entry) -> str:
    """The digest that the entry must carry, from its other fields. Recomputed offline as well."""
    body = canonical_json(
        {
            "writer": entry.writer,
            "seq": entry.seq,
            "at": moment(entry.at),
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "detail": json.loads(entry.detail),
        }
    )
    return sha256(entry.previous.encode() + body.encode())


def writers(tx: Connection) -> list[str]:
    """The names of all chains."""
    return list(tx.scalars(select(ledger.c.writer).distinct().order_by(ledger.c.writer)))


def chain(tx: Connection, writer: str) -> Iterator[Entry]:
    """All entries of one chain in order, read in batches."""
    after = 0
    while True:
        rows = tx.execute(
            select(ledger)
            .where(ledger.c.writer == writer, ledger.c.seq > after)
            .order_by(ledger.c.seq)
            .limit(_BATCH)
        ).mappings()
        batch = [Entry(**row) for row in rows]
        yield from batch
        if len(batch) < _BATCH:
            return
        after = batch[-1].seq


def newest(
    tx: Connection, writer: str, *, before: int | None = None, limit: int = 100
) -> list[Entry]:
    """The last entries of one chain, the newest first; those older than number `before`."""
    wanted = select(ledger).where(ledger.c.writer == writer)
    if before is not None:
        wanted = wanted.where(ledger.c.seq < before)
    rows = tx.execute(wanted.order_by(ledger.c.seq.desc()).limit(limit)).mappings()
    return [Entry(**row) for row in rows]


def entries_about(tx: Connection, subjects: Sequence[str]) -> list[Entry]:
    """Every entry whose subject is one of these ids, by chain and number."""
    rows = tx.execute(
        select(ledger).where(ledger.c.subject.in_(subjects)).order_by(ledger.c.writer, ledger.c.seq)
    ).mappings()
    return [Entry(**row) for row in rows]


def line(entry: Entry) -> str:
    """The entry as one line of ledger.jsonl."""
    plain = {**_row(entry), "at": moment(entry.at), "detail": json.loads(entry.detail)}
    return canonical_json(plain)


def _entry(writer: str, seq: int, at: datetime, act: Act, previous: str) -> Entry:
    draft = Entry(
        writer=writer,
        seq=seq,
        at=at,
        actor=act.actor,
        action=act.action,
        subject=act.subject,
        detail=canonical_json(act.detail),
        previous=previous,
        digest="",
    )
    return Entry(**{**_row(draft), "digest": digest_of(draft)})


def _row(entry: Entry) -> dict[str, Any]:
    return asdict(entry)
