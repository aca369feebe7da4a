"""Verification names whatever was tampered with, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from domain.captures import Capture, Snapshot
from evidence import ledger, tables
from evidence.verify import VerifyReport, verify
from evidence.writer import EvidenceWriter
from storage.database import Database

Check = Callable[[], VerifyReport]


@pytest.fixture
def kept(
    writer: EvidenceWriter, capture: Callable[..., Capture], later: Callable[..., None]
) -> list[Snapshot]:
    """Two pages and a revisit of the first."""
    found = writer.record([capture(), capture(url="http://qinghe.test/b", body=b"b" * 5000)])
    later(hours=1)
    found += writer.record([capture()])
    writer.close()
    return found


@pytest.fixture
def check(directory: Path, database: Database) -> Check:
    return lambda: verify(directory=directory, database=database)


def test_nothing_is_wrong_with_what_was_just_written(kept: list[Snapshot], check: Check) -> None:
    report = check()
    assert not report.problems
    assert not report.orphans
    assert report.checked == 6  # three snapshots, three ledger entries


def test_progress_reaches_the_end(
    kept: list[Snapshot], directory: Path, database: Database
) -> None:
    seen: list[tuple[int, int]] = []
    verify(directory=directory, database=database, progress=lambda *step: seen.append(step))
    assert seen == [(number, 6) for number in range(1, 7)]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_flipped_bit_of_a_record_is_found(
    kept: list[Snapshot], directory: Path, check: Check, data: st.DataObject
) -> None:
    path = directory / kept[0].warc
    whole = path.read_bytes()
    first = check_start(whole)
    at = data.draw(st.integers(first, len(whole) - 1))
    path.write_bytes(
        whole[:at] + bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))]) + whole[at + 1 :]
    )
    try:
        report = check()
    finally:
        path.write_bytes(whole)
    assert report.problems
    assert {problem.file for problem in report.problems} == {kept[0].warc}
    hit = next(each for each in kept if at < each.offset + each.length)
    assert report.problems[0].record == hit.id


def check_start(whole: bytes) -> int:
    """Where the second gzip member begins; the first only describes the file."""
    return whole.index(b"\x1f\x8b\x08", 1)


def test_a_shortened_file_and_a_missing_file_are_found(
    kept: list[Snapshot], directory: Path, check: Check
) -> None:
    path = directory / kept[0].warc
    path.write_bytes(path.read_bytes()[: kept[1].offset])
    assert {problem.record for problem in check().problems} == {kept[1].id, kept[2].id}
    path.unlink()
    report = check()
    assert [(problem.file, problem.message) for problem in report.problems] == [
        (kept[0].warc, "WARC 文件缺失")
    ]


def test_foreign_bytes_between_records_are_found(
    kept: list[Snapshot], directory: Path, database: Database, check: Check
) -> None:
    path = directory / kept[0].warc
    whole = path.read_bytes()
    path.write_bytes(whole[: kept[0].offset + kept[0].length] + b"junk" + whole[kept[1].offset :])
    assert check().problems


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("url", "http://other.test/"),
        ("url_key", "0" * 32),
        ("host", "other.test"),
        ("outcome", "deleted"),
        ("status", 404),
        ("payload_digest", "sha256:" + "0" * 64),
        ("record_digest", "sha256:" + "0" * 64),
        ("offset", 3),
        ("length", 10),
        ("warc", "warc/../../up.warc.gz"),
        ("source_id", None),
        ("request_length", 1),
        ("request_digest", None),
        ("stored_digest", "sha256:" + "0" * 64),
        ("profile", "nonsense"),
    ],
)
def test_an_altered_snapshot_row_is_found(
    kept: list[Snapshot], database: Database, check: Check, column: str, value: object
) -> None:
    with database.write() as tx:
        tx.execute(
            update(tables.snapshots)
            .where(tables.snapshots.c.id == kept[1].id)
            .values({column: value})
        )
    assert any(problem.record == kept[1].id for problem in check().problems)


def test_a_removed_snapshot_row_is_found(
    kept: list[Snapshot], database: Database, check: Check
) -> None:
    with database.write() as tx:
        tx.execute(delete(tables.snapshots).where(tables.snapshots.c.id == kept[1].id))
    [problem] = check().problems
    assert (problem.file, problem.record, problem.sequence) == ("snapshots", kept[1].id, 2)


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_removed_ledger_row_is_found(
    kept: list[Snapshot], database: Database, check: Check, seq: int
) -> None:
    with database.write() as tx:
        tx.execute(delete(tables.ledger).where(tables.ledger.c.seq == seq))
    report = check()
    assert any(problem.record == kept[seq - 1].id for problem in report.problems)
    if seq < 3:
        assert any(problem.sequence == seq + 1 for problem in report.problems)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "someone"),
        ("detail", "{}"),
        ("detail", "not json"),
        ("previous", ledger.GENESIS),
        ("digest", "sha256:" + "0" * 64),
        ("subject", "another"),
    ],
)
def test_an_altered_ledger_row_is_found(
    kept: list[Snapshot], database: Database, check: Check, column: str, value: str
) -> None:
    with database.write() as tx:
        tx.execute(update(tables.ledger).where(tables.ledger.c.seq == 2).values({column: value}))
    assert any(problem.sequence == 2 for problem in check().problems)


def test_a_forged_chain_does_not_fit_the_snapshots(
    kept: list[Snapshot], database: Database, check: Check
) -> None:
    """Somebody rewrites the whole chain with right digests but another story."""
    with database.write() as tx:
        old = list(ledger.chain(tx, "w1"))
        at = tx.scalar(select(tables.ledger.c.at).limit(1))
        assert at is not None
        tx.execute(delete(tables.ledger))
        acts = [
            ledger.Act(actor=entry.actor, action=entry.action, subject=entry.subject, detail={})
            for entry in old
        ]
        ledger.extend(tx, writer="w1", acts=acts, at=at)
    assert {problem.record for problem in check().problems} == {each.id for each in kept}
