"""The daily anchor (每日锚定): one Merkle root over every entry that the chains have gained.

A chain shows that nothing was changed or put in between; that its end was not cut off, and that
it was not written anew as a whole, shows only a root that somebody else has seen. Hashing is that
of RFC 6962, section 2.1; the leaves are the digests of the entries, by chain and number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone

from attrs import asdict, field, frozen
from sqlalchemy import Connection, func, select

from evidence import ledger
from evidence.ledger import Entry
from evidence.tables import ledger as table

CHAIN = "anchor"
CHINA = timezone(timedelta(hours=8))
ACTOR = "anchor"


@frozen(kw_only=True)
class Stretch:
    """Entries `first` to `last` of one chain."""

    writer: str
    first: int
    last: int


@frozen(kw_only=True)
class Anchor:
    """What the chains gained up to the end of `day` (Chinese civil date) since the one before.

    `root` is "sha256:" and hex. `stamp` is an RFC 3161 answer over the root's text, in base64,
    None when no authority was asked.
    """

    day: date
    root: str
    entries: int
    stretches: tuple[Stretch, ...] = field(repr=False)
    stamp: str | None = None


def due(tx: Connection, at: datetime) -> Anchor | None:
    """The anchor of the last whole day before `at`; None when it is made, or nothing is new."""
    today = at.astimezone(CHINA).date()
    day = today - timedelta(days=1)
    made = latest(tx)
    if made is not None and made.day == day:
        return None
    end = datetime.combine(today, time(), CHINA).astimezone(UTC)
    stretches = tuple(_stretches(tx, end, _reached(tx)))
    if not stretches:
        return None
    return Anchor(
        day=day,
        root=root_of(tx, stretches),
        entries=sum(each.last - each.first + 1 for each in stretches),
        stretches=stretches,
    )


def put(tx: Connection, anchor: Anchor, *, at: datetime) -> bool:
    """Enter an anchor; False when another worker was first.

    What counts is where the stretches begin, not the day: a clock that was ahead has named a day
    that is still to come, and the days until then have to be anchored too.
    """
    ledger.lock(tx, CHAIN)
    reached = _reached(tx)
    if any(each.first != reached.get(each.writer, 0) + 1 for each in anchor.stretches):
        return False
    detail = {**asdict(anchor), "day": anchor.day.isoformat()}
    ledger.append(
        tx,
        writer=CHAIN,
        actor=ACTOR,
        action="anchor",
        subject=anchor.day.isoformat(),
        detail=detail,
        at=at,
    )
    return True


def latest(tx: Connection) -> Anchor | None:
    """The newest anchor."""
    query = select(table).where(table.c.writer == CHAIN).order_by(table.c.seq.desc()).limit(1)
    row = tx.execute(query).mappings().first()
    return _anchor(Entry(**row)) if row else None


def all_anchors(tx: Connection) -> Iterator[Anchor]:
    """Every anchor, oldest first. Raises ValueError, KeyError or TypeError on an altered one."""
    for entry in ledger.chain(tx, CHAIN):
        yield _anchor(entry)


def problems(tx: Connection) -> Iterator[tuple[int, str]]:
    """(number on the chain of anchors, what is wrong) for each anchor that no longer holds."""
    reached: dict[str, int] = {}
    for entry in ledger.chain(tx, CHAIN):
        try:
            anchor = _anchor(entry)
        except (ValueError, KeyError, TypeError):
            yield entry.seq, "锚定记录无法读取"
            continue
        if any(each.first != reached.get(each.writer, 0) + 1 for each in anchor.stretches):
            yield entry.seq, f"{anchor.day} 的锚定与前一次不衔接"
        if root_of(tx, anchor.stretches) != anchor.root:
            yield entry.seq, f"{anchor.day} 锚定之后，台账被改动、截短或重写"
        reached |= {each.writer: each.last for each in anchor.stretches}


def root_of(tx: Connection, stretches: Iterable[Stretch]) -> str:
    """The Merkle root over the entries of these stretches as they are now."""
    return merkle_root(digest.encode() for each in stretches for digest in _digests(tx, each))


def merkle_root(leaves: Iterable[bytes]) -> str:
    """ "sha256:" and the root of the tree of RFC 6962 over `leaves`, read once, in little room."""
    peaks: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, node = 0, hashlib.sha256(b"\0" + leaf).digest()
        while peaks and peaks[-1][0] == height:
            height, node = height + 1, _join(peaks.pop()[1], node)
        peaks.append((height, node))
    if not peaks:
        return f"sha256:{hashlib.sha256().hexdigest()}"
    _, root = peaks.pop()
    while peaks:
        root = _join(peaks.pop()[1], root)
    return f"sha256:{root.hex()}"


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _digests(tx: Connection, stretch: Stretch) -> Iterator[str]:
    yield from tx.scalars(
        select(table.c.digest)
        .where(table.c.writer == stretch.writer)
        .where(table.c.seq.between(stretch.first, stretch.last))
        .order_by(table.c.seq)
    )


def _reached(tx: Connection) -> dict[str, int]:
    reached: dict[str, int] = {}
    for anchor in all_anchors(tx):
        reached |= {each.writer: each.last for each in anchor.stretches}
    return reached


def _stretches(tx: Connection, end: datetime, reached: dict[str, int]) -> Iterator[Stretch]:
    heads = tx.execute(
        select(table.c.writer, func.max(table.c.seq))
        .where(table.c.at < end)
        .group_by(table.c.writer)
        .order_by(table.c.writer)
    )
    for writer, last in heads:
        first = reached.get(writer, 0) + 1
        if last >= first:
            yield Stretch(writer=writer, first=first, last=last)


def _anchor(entry: Entry) -> Anchor:
    detail = json.loads(entry.detail)
    return Anchor(
        day=date.fromisoformat(detail["day"]),
        root=detail["root"],
        entries=detail["entries"],
        stretches=tuple(Stretch(**each) for each in detail["stretches"]),
        stamp=detail["stamp"],
    )
