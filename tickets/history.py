"""Append-only histories: each entry's digest covers the entry before, so nothing can be altered.

Clues and tickets keep theirs in tables of the same shape (`clue_events`, `ticket_events`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from attrs import asdict, evolve, frozen
from sqlalchemy import Connection, Table, select, update

from domain.errors import RetryableError


@frozen(kw_only=True)
class Entry:
    """One entry of the history of a clue or ticket. `digest` is SHA-256 in hex."""

    owner_id: str
    sequence: int
    at: datetime
    actor: str
    move: str
    state: str
    note: str = ""
    digest: str = ""

    def chained(self, previous: str) -> Entry:
        """This entry with the digest that follows `previous` ("" for the first entry)."""
        content = asdict(self)
        content["at"] = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        del content["digest"]
        canonical = json.dumps(
            content, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode("utf-8", "surrogatepass")
        return evolve(self, digest=hashlib.sha256(previous.encode() + canonical).hexdigest())


def open_with(tx: Connection, events: Table, entry: Entry) -> Entry:
    """Write the first entry; its owner's row must be stored with its sequence and digest."""
    first = entry.chained("")
    tx.execute(events.insert().values(**asdict(first)))
    return first


def append(
    tx: Connection, owners: Table, events: Table, entry: Entry, *, previous: str, **changes: object
) -> Entry:
    """Add an entry and set its owner's row (state, sequence, head and `changes`) with it.

    `previous` is the owner's head as the caller read it. Raises RetryableError when another
    worker has moved the owner since (optimistic lock on sequence and head).
    """
    chained = entry.chained(previous)
    changed = tx.execute(
        update(owners)
        .where(
            owners.c.id == entry.owner_id,
            owners.c.sequence == entry.sequence - 1,
            owners.c.head == previous,
        )
        .values(state=entry.state, sequence=entry.sequence, head=chained.digest, **changes)
    )
    if changed.rowcount != 1:
        raise RetryableError("记录已被他人更新，请重试", at=entry.owner_id)
    tx.execute(events.insert().values(**asdict(chained)))
    return chained


def entries(tx: Connection, events: Table, owner_id: str) -> tuple[Entry, ...]:
    """The whole history of one owner, oldest first."""
    rows = tx.execute(
        select(events).where(events.c.owner_id == owner_id).order_by(events.c.sequence)
    ).mappings()
    return tuple(Entry(**row) for row in rows)


def problems(found: Sequence[Entry], *, head: str, state: str) -> tuple[str, ...]:
    """What is broken in a history, in words; empty when the chain holds up to the owner's row."""
    wrong: list[str] = []
    previous = ""
    for place, entry in enumerate(found):
        if entry.sequence != place:
            wrong.append(f"第 {place} 条缺失或序号错误（得 {entry.sequence}）")
        if entry.chained(previous).digest != entry.digest:
            wrong.append(f"第 {entry.sequence} 条与前一条的摘要不符，内容被改动或有删减")
        previous = entry.digest
    if not found:
        wrong.append("没有任何记录")
    elif (previous, found[-1].state) != (head, state):
        wrong.append("末条记录与当前状态不符，历史被截短或状态被直接改动")
    return tuple(wrong)
