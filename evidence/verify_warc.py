"""Verification of one WARC file against the snapshot rows that name its records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen
from sqlalchemy import Connection, Row, select

from domain.errors import EvidenceError
from evidence import warc_files
from evidence.problems import Tally
from evidence.tables import deletions, snapshots
from evidence.warc_files import Member, TornMember

_BATCH = 500


@frozen(kw_only=True)
class _Expected:
    """The records of one snapshot, one after the other, as its row describes them."""

    snapshot: str
    members: tuple[Member, ...]
    stored_digest: str

    @property
    def start(self) -> int:
        return self.members[0].offset

    @property
    def end(self) -> int:
        return self.members[-1].offset + self.members[-1].length


def verify_warc(directory: Path, tx: Connection, name: str, tally: Tally) -> None:
    """Hash every record that a snapshot names; report what lies between them as orphans."""
    try:
        file = warc_files.path_of(directory, name).open("rb")
    except FileNotFoundError:
        tally.problem(name, "WARC 文件缺失")
        return
    except EvidenceError as error:
        tally.problem(name, error.message)
        return
    with file:
        size = file.seek(0, os.SEEK_END)
        offset = 0
        for expected in _expected(tx, name):
            _between(file, name, offset, expected.start, tally)
            _snapshot(file, name, expected, tally)
            tally.checked()
            offset = max(offset, expected.end)
        _tail(file, name, offset, size, tally)


def _snapshot(file: BinaryIO, name: str, expected: _Expected, tally: Tally) -> None:
    for member in expected.members:
        try:
            found = warc_files.hash_member(file, member.offset)
        except TornMember:
            message = f"偏移 {member.offset} 处的记录缺失或被改动，无法解压"
            tally.problem(name, message, record=expected.snapshot)
            return
        if found != member:
            message = f"偏移 {member.offset} 处的记录被改动，摘要或长度与登记不符"
            tally.problem(name, message, record=expected.snapshot)
            return
    stored = warc_files.hash_range(file, expected.start, expected.end - expected.start)
    if stored != expected.stored_digest:
        message = f"偏移 {expected.start} 处记录的压缩封装被改动（内容未变）"
        tally.problem(name, message, record=expected.snapshot)


def _between(file: BinaryIO, name: str, start: int, end: int, tally: Tally) -> None:
    try:
        _orphans(file, name, start, end, tally)
    except TornMember as torn:
        tally.problem(name, f"偏移 {torn.offset} 处的字节不是完整的 WARC 记录")


def _tail(file: BinaryIO, name: str, start: int, end: int, tally: Tally) -> None:
    try:
        _orphans(file, name, start, end, tally)
    except TornMember as torn:
        tally.orphan(name, f"偏移 {torn.offset} 起的尾部没有写完，下次打开时切除（orphan）")


def _orphans(file: BinaryIO, name: str, start: int, end: int, tally: Tally) -> None:
    for member in warc_files.members(file, start, end):
        if member.offset:  # the record at 0 describes the file itself
            tally.orphan(name, f"偏移 {member.offset} 处的记录无人引用（orphan）")


def _expected(tx: Connection, warc: str) -> Iterator[_Expected]:
    after = -1
    while True:
        rows = tx.execute(
            select(snapshots, deletions.c.record_digest.label("grave"))
            .add_columns(deletions.c.stored_digest.label("grave_stored"))
            .outerjoin(deletions, deletions.c.snapshot_id == snapshots.c.id)
            .where(snapshots.c.warc == warc, snapshots.c.offset > after)
            .order_by(snapshots.c.offset)
            .limit(_BATCH)
        ).all()
        yield from map(_expectation, rows)
        if len(rows) < _BATCH:
            return
        after = rows[-1].offset


def _expectation(row: Row[Any]) -> _Expected:
    """The two records as they were written, or the one that stands where they were."""
    start = row.offset - row.request_length
    if row.grave:
        grave = Member(offset=start, length=row.request_length + row.length, digest=row.grave)
        return _Expected(snapshot=row.id, members=(grave,), stored_digest=row.grave_stored)
    own = Member(offset=row.offset, length=row.length, digest=row.record_digest)
    request = Member(offset=start, length=row.request_length, digest=row.request_digest or "")
    return _Expected(
        snapshot=row.id,
        members=(request, own) if row.request_length else (own,),
        stored_digest=row.stored_digest,
    )
