"""Captures become evidence: records, rows, revisits, repair, and what a crash leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from warcio.archiveiterator import ArchiveIterator

from domain.captures import Acquisition, Capture, Snapshot
from domain.errors import ConfigError, EvidenceError
from domain.outcomes import Outcome
from evidence import tables
from evidence.reader import EvidenceReader, snapshot, snapshots_of
from evidence.verify import verify
from evidence.writer import EvidenceWriter
from storage import leases
from storage.database import Database

Make = Callable[..., Capture]
Open = Callable[..., EvidenceWriter]
Later = Callable[..., None]


def records(directory: Path, name: str) -> list[tuple[str, str | None, bytes]]:
    found = []
    with (directory / name).open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            found.append(
                (
                    record.rec_type,
                    record.rec_headers.get_header("WARC-Target-URI"),
                    record.raw_stream.read(),
                )
            )
    return found


def count(database: Database, table: str) -> int:
    with database.read() as tx:
        return tx.scalar(select(func.count()).select_from(tables.metadata.tables[table])) or 0


def test_a_capture_is_a_record_a_row_an_entry_and_an_outbox_row(
    writer: EvidenceWriter, directory: Path, database: Database, capture: Make
) -> None:
    taken = capture()
    [kept] = writer.record([taken])
    stored = records(directory, kept.warc)
    assert [kind for kind, _, _ in stored] == ["warcinfo", "request", "response"]
    assert stored[2][1:] == (taken.url, taken.body)
    with database.read() as tx:
        assert snapshot(tx, kept.id) == kept
        assert snapshots_of(tx, taken.url) == [kept]
        entry = tx.execute(select(tables.ledger)).one()
        assert (entry.writer, entry.seq, entry.subject) == ("w1", 1, kept.id)
    with database.write() as tx:
        [lease] = leases.claim(tx, tables.outbox, owner="t", limit=9, seconds=60)
        assert (lease.row["topic"], lease.row["subject"]) == ("snapshot", kept.id)


def test_secrets_of_the_request_are_withheld(
    writer: EvidenceWriter, directory: Path, capture: Make
) -> None:
    [kept] = writer.record(
        [capture(request_headers=(("Cookie", "id=secret"), ("Authorization", "Basic secret")))]
    )
    with (directory / kept.warc).open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "request":
                values = dict(record.http_headers.headers)
                assert values["Cookie"] == values["Authorization"] == "[withheld]"
                break
        else:
            pytest.fail("there is no request record")


def test_the_same_capture_is_kept_once(
    writer: EvidenceWriter, database: Database, capture: Make
) -> None:
    first, twin = writer.record([capture(), capture()])
    [again] = writer.record([capture()])
    assert first == twin == again
    assert count(database, "snapshots") == count(database, "outbox") == 1


def test_an_unchanged_payload_becomes_a_revisit(
    writer: EvidenceWriter, directory: Path, database: Database, capture: Make, later: Later
) -> None:
    [first] = writer.record([capture()])
    later(hours=1)
    [second] = writer.record([capture(headers=(("X-Served-By", "b"),))])
    assert second.revisit_of == first.id
    assert second.payload_digest == first.payload_digest
    with (directory / second.warc).open("rb") as file:
        heads = [(r.rec_type, dict(r.rec_headers.headers)) for r in ArchiveIterator(file)]
    kind, head = heads[-1]
    original = next(h for k, h in heads if k == "response")
    assert kind == "revisit"
    assert head["WARC-Profile"].endswith("/1.1/revisit/identical-payload-digest")
    assert head["WARC-Refers-To"] == original["WARC-Record-ID"]
    assert head["WARC-Refers-To-Date"] == original["WARC-Date"]
    with database.read() as tx:
        payload = EvidenceReader(directory=directory).payload(tx, second.id)
    assert payload.body == capture().body
    assert payload.headers == (("X-Served-By", "b"),)


def test_a_revisit_within_one_call_refers_to_the_first(
    writer: EvidenceWriter, capture: Make, later: Later
) -> None:
    early = capture()
    later(minutes=5)
    first, second = writer.record([early, capture()])
    assert (first.revisit_of, second.revisit_of) == (None, first.id)


def test_another_address_or_another_payload_is_no_revisit(
    writer: EvidenceWriter, capture: Make
) -> None:
    kept = writer.record(
        [capture(), capture(url="http://other.test/"), capture(body=b"changed"), capture(body=b"")]
    )
    assert [each.revisit_of for each in kept] == [None] * 4


def test_no_answer_leaves_a_record_that_says_why(
    writer: EvidenceWriter, directory: Path, database: Database, capture: Make
) -> None:
    failed = capture(
        status=0, body=b"", headers=(), outcome=Outcome.TIMEOUT, note="30 s\r\nX: forged"
    )
    [kept] = writer.record([failed])
    stored = records(directory, kept.warc)
    assert stored[-1][0] == "metadata"
    assert b"outcome: timeout\r\n" in stored[-1][2]
    assert b"note: 30 s  X: forged\r\n" in stored[-1][2]
    with database.read() as tx:
        payload = EvidenceReader(directory=directory).payload(tx, kept.id)
    assert (payload.body, payload.headers) == (b"", ())


def test_saved_bytes_without_an_answer_become_a_resource(
    writer: EvidenceWriter, directory: Path, database: Database, capture: Make
) -> None:
    saved = capture(status=0, acquisition=Acquisition.IMPORT_HTML, request_headers=())
    [kept] = writer.record([saved])
    assert [kind for kind, _, _ in records(directory, kept.warc)] == ["warcinfo", "resource"]
    with database.read() as tx:
        payload = EvidenceReader(directory=directory).payload(tx, kept.id)
    assert (payload.body, payload.headers) == (saved.body, saved.headers)


def test_a_full_file_is_followed_by_the_next(
    directory: Path, database: Database, open_writer: Open, capture: Make
) -> None:
    with open_writer("w1", rotate_bytes=100) as writer:
        kept = [writer.record([capture(url=f"http://a.test/{n}")])[0] for n in range(3)]
    assert len({each.warc for each in kept}) == 3
    assert not verify(directory=directory, database=database).problems


def test_two_writers_at_once(
    directory: Path, database: Database, open_writer: Open, capture: Make
) -> None:
    failures: list[BaseException] = []
    kept: list[Snapshot] = []

    def work(name: str) -> None:
        try:
            with open_writer(name) as writer:
                for batch in range(5):
                    urls = [f"http://{name}.test/{batch}/{n}" for n in range(4)]
                    kept.extend(writer.record([capture(url=url) for url in urls]))
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len({each.warc for each in kept}) == 2
    assert count(database, "snapshots") == count(database, "outbox") == 40
    report = verify(directory=directory, database=database)
    assert not report.problems
    assert not report.orphans


def test_one_chain_written_by_two_has_no_gap(
    directory: Path, database: Database, open_writer: Open, capture: Make
) -> None:
    pair = [open_writer("same") for _ in range(2)]
    with pair[0] as left, pair[1] as right:
        for number in range(3):
            left.record([capture(url=f"http://left.test/{number}")])
            right.record([capture(url=f"http://right.test/{number}")])
    with database.read() as tx:
        assert list(tx.scalars(select(tables.ledger.c.seq))) == [1, 2, 3, 4, 5, 6]
    assert not verify(directory=directory, database=database).problems


@pytest.mark.parametrize("name", ["../up", "a/b", "", "x" * 60])
def test_a_writer_name_that_is_no_file_name_is_refused(
    directory: Path, database: Database, open_writer: Open, capture: Make, name: str
) -> None:
    with (
        open_writer(name) as writer,
        pytest.raises(ConfigError),
    ):
        writer.record([capture()])


def test_altered_bytes_are_never_returned(
    writer: EvidenceWriter, directory: Path, database: Database, capture: Make
) -> None:
    [kept] = writer.record([capture()])
    path = directory / kept.warc
    data = bytearray(path.read_bytes())
    data[kept.offset + kept.length // 2] ^= 1
    path.write_bytes(data)
    with database.read() as tx, pytest.raises(EvidenceError):
        EvidenceReader(directory=directory).payload(tx, kept.id)
