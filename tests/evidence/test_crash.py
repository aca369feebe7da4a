"""What a writer that died, or a disk that is full, leaves behind, and how it is mended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from domain.captures import Capture
from domain.errors import EvidenceError
from evidence import tables, warc_files
from evidence.verify import verify
from evidence.writer import EvidenceWriter
from storage.database import Database

Make = Callable[..., Capture]
Open = Callable[..., EvidenceWriter]
Later = Callable[..., None]

# Runs in a process of its own; the file is the real one, the process dies where the test says.
_CRASH = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from domain.captures import Acquisition, Capture, Profile
from domain.outcomes import Outcome
from evidence import warc_files
from evidence.writer import EvidenceWriter
from storage.database import Database

class Clock:
    def now(self):
        return datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

class DiesBeforeCommit(EvidenceWriter):
    def _commit(self, tx, kept):
        os._exit(9)

def half(file, data):
    os.write(file._file.fileno(), data[: len(data) // 2])
    os._exit(9)

def capture(number):
    return Capture(url=f"http://qinghe.test/{number}", captured_at=Clock().now(),
        outcome=Outcome.OK, profile=Profile.DESKTOP, acquisition=Acquisition.CRAWL, status=200,
        body=os.urandom(5000))

directory, url, where = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
kind = DiesBeforeCommit if where == "commit" else EvidenceWriter
with EvidenceWriter(directory=directory, database=Database(url), clock=Clock(), writer="w9") as w:
    w.record([capture(0)])
with kind(directory=directory, database=Database(url), clock=Clock(), writer="w9") as w:
    if where == "record":
        w.record([capture(1)])
        warc_files.WarcFile._write = half
    w.record([capture(2)])
"""


def crash(directory: Path, database: Database, where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CRASH, str(directory), database.url, where],
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 9, done.stderr


def count(database: Database, table: str) -> int:
    with database.read() as tx:
        return tx.scalar(select(func.count()).select_from(tables.metadata.tables[table])) or 0


def test_death_between_fsync_and_commit_leaves_only_orphans(
    directory: Path, database: Database
) -> None:
    crash(directory, database, "commit")
    assert count(database, "snapshots") == count(database, "ledger") == count(database, "outbox")
    assert count(database, "snapshots") == 1
    report = verify(directory=directory, database=database)
    assert not report.problems
    assert len(report.orphans) == 2  # the request record and the response record


def test_death_within_a_record_is_cut_away_at_the_next_opening(
    directory: Path, database: Database, writer: EvidenceWriter, capture: Make, open_writer: Open
) -> None:
    crash(directory, database, "record")
    assert not list(directory.glob("warc/*.torn"))
    before = verify(directory=directory, database=database)
    assert not before.problems
    assert len(before.orphans) == 1
    with open_writer("w2") as other:
        other.record([capture()])
    assert len(list(directory.glob("warc/*.torn"))) == 1
    after = verify(directory=directory, database=database)
    assert not after.problems
    assert not after.orphans
    assert count(database, "snapshots") == 3


def test_the_file_of_a_living_writer_is_not_touched(
    directory: Path, database: Database, writer: EvidenceWriter, open_writer: Open, capture: Make
) -> None:
    [kept] = writer.record([capture()])
    path = directory / kept.warc
    with path.open("ab") as file:
        file.write(b"half a record")
    size = path.stat().st_size
    with open_writer("w2"):
        assert path.stat().st_size == size
    writer.close()
    with open_writer("w2"):
        assert path.stat().st_size == kept.offset + kept.length
    assert path.with_name(path.name + ".torn").read_bytes() == b"half a record"


def test_a_failed_write_keeps_nothing_and_the_file_stays_whole(
    writer: EvidenceWriter,
    directory: Path,
    database: Database,
    capture: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [kept] = writer.record([capture()])
    write = warc_files.WarcFile._write

    def full(file: warc_files.WarcFile, data: bytes) -> None:
        write(file, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(warc_files.WarcFile, "_write", full)
        with pytest.raises(EvidenceError, match="No space left"):
            writer.record([capture(url="http://a.test/1")])
    assert (directory / kept.warc).stat().st_size == kept.offset + kept.length
    writer.record([capture(url="http://a.test/2")])
    report = verify(directory=directory, database=database)
    assert not report.problems
    assert not report.orphans
    assert count(database, "snapshots") == 2
