"""Deletion that leaves its proof, holds that forbid it, and crashes half-way."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete as remove
from sqlalchemy import update
from warcio.archiveiterator import ArchiveIterator

from domain.captures import Capture, Seal, Snapshot
from domain.errors import EvidenceError, IllegalMove, NotFound
from evidence import deletion, holds, ledger, reader, tables
from evidence.verify import verify
from evidence.warc_files import pack_to
from evidence.writer import EvidenceWriter
from storage.database import Database

AT = datetime(2027, 4, 1, 8, 0, tzinfo=UTC)
Make = Callable[..., Capture]
Delete = Callable[[Snapshot], None]


@pytest.fixture
def delete(directory: Path, database: Database) -> Delete:
    def act(kept: Snapshot) -> None:
        deletion.delete(
            directory=directory,
            database=database,
            snapshot_id=kept.id,
            retention="未涉线索",
            actor="王某",
            purpose="期满",
            at=AT,
        )

    return act


def problems(directory: Path, database: Database) -> list[str]:
    return [each.message for each in verify(directory=directory, database=database).problems]


def test_the_bytes_go_and_the_proof_stays(
    *,
    writer: EvidenceWriter,
    capture: Make,
    seal: Callable[..., Seal],
    delete: Delete,
    directory: Path,
    database: Database,
) -> None:
    first, second = writer.record(
        [capture(), capture(url="http://qinghe.test/b", body=b"<p>b</p>")]
    )
    made = seal()
    delete(first)
    assert not problems(directory, database)
    with database.read() as tx:
        with pytest.raises(EvidenceError, match="删除"):
            reader.EvidenceReader(directory=directory).payload(tx, first.id)
        assert reader.EvidenceReader(directory=directory).payload(tx, second.id).body == b"<p>b</p>"
        [entry] = [e for e in ledger.entries_about(tx, [first.id]) if e.action == "delete"]
        assert reader.latest(tx, first.url) is None
    assert first.record_digest in entry.detail
    assert (entry.writer, entry.actor) == (holds.CHAIN, "王某")
    whole = (directory / first.warc).read_bytes()
    assert "青禾门诊部".encode() not in b"".join(_unpacked(whole))
    with (directory / first.warc).open("rb") as file:
        kinds = [record.rec_type for record in ArchiveIterator(file, check_digests="raise")]
    assert kinds == ["warcinfo", "metadata", "request", "response"]
    assert {path.name for path in (directory / made.directory).iterdir()} == {"manifest.json"}


def _unpacked(data: bytes) -> list[bytes]:
    pieces = []
    while data:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        pieces.append(unpacker.decompress(data))
        data = unpacker.unused_data
    return pieces


def test_a_writer_goes_on_in_the_same_file(
    *, writer: EvidenceWriter, capture: Make, delete: Delete, directory: Path, database: Database
) -> None:
    [kept] = writer.record([capture()])
    delete(kept)
    [again] = writer.record([capture(captured_at=AT)])
    assert again.revisit_of is None
    assert not problems(directory, database)


def test_what_a_revisit_needs_stays(
    *,
    writer: EvidenceWriter,
    capture: Make,
    later: Callable[..., None],
    delete: Delete,
    directory: Path,
    database: Database,
) -> None:
    [first] = writer.record([capture()])
    later(hours=1)
    [second] = writer.record([capture()])
    assert second.revisit_of == first.id
    with pytest.raises(EvidenceError, match="引用"):
        delete(first)
    delete(second)
    delete(first)
    assert not problems(directory, database)
    with pytest.raises(EvidenceError, match="已经删除"):
        delete(first)


def test_a_hold_forbids_deletion_until_it_is_released(
    writer: EvidenceWriter, capture: Make, delete: Delete, database: Database
) -> None:
    [kept] = writer.record([capture()])
    with database.write() as tx:
        hold = holds.place(tx, subject=kept.id, actor="李某", purpose="复议", at=AT)
    with pytest.raises(EvidenceError, match="保全"):
        delete(kept)
    with database.write() as tx:
        assert holds.standing(tx) == [hold]
        holds.release(tx, hold_id=hold.id, actor="李某", purpose="复议终结", at=AT)
        assert holds.standing(tx) == []
        with pytest.raises(IllegalMove):
            holds.release(tx, hold_id=hold.id, actor="李某", purpose="再次", at=AT)
        with pytest.raises(NotFound):
            holds.release(tx, hold_id="x", actor="李某", purpose="再次", at=AT)
        acts = [(e.action, e.actor) for e in ledger.chain(tx, holds.CHAIN)]
    assert acts == [("hold", "李某"), ("release", "李某")]
    delete(kept)


def test_a_crash_before_the_bytes_went_is_visible_and_can_be_finished(
    *,
    writer: EvidenceWriter,
    capture: Make,
    delete: Delete,
    directory: Path,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [kept] = writer.record([capture()])

    def full(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("evidence.warc_files.overwrite", full)
        with pytest.raises(EvidenceError, match="未完成"):
            delete(kept)
    assert "登记了删除，字节尚未清除" in problems(directory, database)
    assert deletion.finish(directory=directory, database=database) == 1
    assert not problems(directory, database)


def test_nothing_is_deleted_behind_the_back_of_the_ledger(
    *, writer: EvidenceWriter, capture: Make, delete: Delete, directory: Path, database: Database
) -> None:
    [first, second] = writer.record([capture(), capture(url="http://qinghe.test/b")])
    delete(first)
    with database.write() as tx:
        tx.execute(update(tables.deletions).values(snapshot_id=second.id))
    assert "快照的删除在台账中没有登记" in problems(directory, database)
    with database.write() as tx:
        tx.execute(remove(tables.deletions))
    assert any("被改动" in message for message in problems(directory, database))


@given(st.binary(max_size=300), st.integers(0, 5000))
def test_a_record_fills_exactly_the_room_it_is_given(record: bytes, more: int) -> None:
    least = len(pack_to(record, 400))
    packed = pack_to(record, least + more)
    assert len(packed) == least + more
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert unpacker.decompress(packed) == record
    assert unpacker.eof
    assert not unpacker.unused_data


def test_a_record_that_does_not_fit_is_refused() -> None:
    with pytest.raises(EvidenceError):
        pack_to(b"x" * 40, 12)
