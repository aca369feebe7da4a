"""Delivery: a package arrives whole and once, however often anything is killed or repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import update

from domain.captures import SealStatus
from domain.errors import PermanentError, RetryableError
from domain.tickets import Ticket
from storage.database import Database
from tests.clocks import StillClock
from tests.tickets.cases import AT, CountingIds, one_clue
from tickets import clues, ledger, outbox, tables
from tickets.delivery import DeliveryReport, deliver_due
from tickets.desk import Desk
from tickets.issue import issue
from tickets.outbox import Delivery
from tickets.transports.folder import MANIFEST, FolderDrop


@pytest.fixture
def package(tmp_path: Path) -> list[Path]:
    """Two files to deliver."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "letter.docx").write_bytes(b"letter")
    (folder / "bundle.zip").write_bytes(b"bundle" * 1000)
    return sorted(folder.iterdir())


@pytest.fixture
def ticket(database: Database, ids: CountingIds, desk: Desk) -> Ticket:
    """A ticket whose packages may leave."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
        clues.set_seal(tx, clue_id=clue.id, seal=SealStatus.SEALED)
        (opened,) = issue(tx, clue=clue, desk=desk, ids=ids, at=AT, automatic=True)
    return opened


def deliver(
    database: Database,
    desk: Desk,
    transport: FolderDrop | Failing,
    files: Sequence[Path],
    owner: str = "w1",
) -> DeliveryReport:
    """One round of the worker."""
    return deliver_due(
        database,
        offices=desk.offices,
        transports={"folder": transport},
        build_package=lambda _delivery: files,
        owner=owner,
        clock=StillClock(AT),
    )


def deliveries(database: Database, ticket: Ticket) -> dict[str, Delivery]:
    """The deliveries of a ticket by office."""
    with database.read() as tx:
        return {d.office: d for d in outbox.of_ticket(tx, ticket.id)}


class Failing:
    """A transport that fails in the given way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def deliver(self, *, key: str, office: str, address: str, files: Sequence[Path]) -> str:
        """Always fails."""
        raise self._error from RuntimeError(f"{key} {office} {address} {len(files)}")


def test_lead_and_copies_get_their_package(
    database: Database, desk: Desk, ticket: Ticket, package: list[Path], tmp_path: Path
) -> None:
    """Everyone but the office that awaits the opinion, with sums that fit and an event each."""
    root = tmp_path / "outbox"
    report = deliver(database, desk, FolderDrop(root), package)
    assert report == DeliveryReport(delivered=2)
    assert {path.name for path in root.iterdir()} == {
        "990100-market-supervision",
        "990100-health",
    }
    (folder,) = (root / "990100-health").iterdir()
    assert folder.name.startswith(ticket.number)
    lines = [line.split("  ") for line in (folder / MANIFEST).read_text().splitlines()]
    sums = {name: digest for digest, name in lines}
    assert set(sums) == {"letter.docx", "bundle.zip"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    done = deliveries(database, ticket)
    assert done["990100-health"].delivered_at == AT
    assert "清单摘要 sha256:" in (done["990100-health"].receipt or "")
    assert done["990100-cyberspace"].receipt is None
    with database.read() as tx:
        assert [e.move for e in ledger.events(tx, ticket.id)] == ["issue", "deliver", "deliver"]
        assert not ledger.verify_events(tx, ticket.id)
    assert deliver(database, desk, FolderDrop(root), package) == DeliveryReport()


def test_a_worker_that_died_after_delivering_delivers_nothing_twice(
    database: Database, desk: Desk, ticket: Ticket, package: list[Path], tmp_path: Path
) -> None:
    """Delivered but not noted: the next worker finds the package there and only notes it."""
    root = tmp_path / "outbox"
    waiting = deliveries(database, ticket)["990100-health"]
    FolderDrop(root).deliver(key=waiting.id, office=waiting.office, address="", files=package)
    before = _tree(root)
    (package[0]).write_bytes(b"another letter")
    assert deliver(database, desk, FolderDrop(root), package).delivered == 2
    after = _tree(root)
    assert {path: after[path] for path in before} == before
    assert len(after) == 2 * len(before)


def _tree(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


@pytest.mark.parametrize("error", [RetryableError("线路忙"), OSError("磁盘已满")])
def test_a_failure_is_tried_again_later(
    database: Database, desk: Desk, ticket: Ticket, package: list[Path], error: Exception
) -> None:
    """The package returns to the queue with its error, and not at once; at last it is parked."""
    table = tables.deliveries
    assert deliver(database, desk, Failing(error), package) == DeliveryReport(returned=2)
    assert deliver(database, desk, Failing(error), package) == DeliveryReport()
    found = deliveries(database, ticket)["990100-health"]
    assert found.attempts == 1
    assert str(error) in (found.last_error or "")
    with database.write() as tx:
        tx.execute(update(table).values(attempts=7, not_before=0.0))
    assert deliver(database, desk, Failing(error), package) == DeliveryReport(parked=2)


def test_what_cannot_work_waits_for_a_person(
    database: Database, desk: Desk, ticket: Ticket, package: list[Path]
) -> None:
    """A permanent error, or an office without a transport, is parked at once."""
    report = deliver(database, desk, Failing(PermanentError("地址不存在")), package)
    assert report == DeliveryReport(parked=2)
    with database.write() as tx:
        tx.execute(update(tables.deliveries).values(work_state="ready"))
    report = deliver_due(
        database,
        offices=desk.offices,
        transports={},
        build_package=lambda _delivery: package,
        owner="w1",
        clock=StillClock(AT),
    )
    assert report == DeliveryReport(parked=2)
    assert "没有配置投递方式" in (deliveries(database, ticket)["990100-health"].last_error or "")


def test_a_lost_lease_writes_nothing(
    database: Database, desk: Desk, ticket: Ticket, package: list[Path], tmp_path: Path
) -> None:
    """A slow worker whose leases passed to another one leaves the noting to that one."""

    def slow(_delivery: Delivery) -> Sequence[Path]:
        with database.write() as tx:
            tx.execute(update(tables.deliveries).values(fence=tables.deliveries.c.fence + 1))
        return package

    report = deliver_due(
        database,
        offices=desk.offices,
        transports={"folder": FolderDrop(tmp_path / "outbox")},
        build_package=slow,
        owner="w1",
        clock=StillClock(AT),
    )
    assert report == DeliveryReport()
    with database.read() as tx:
        assert [e.move for e in ledger.events(tx, ticket.id)] == ["issue"]


def test_the_same_key_changes_nothing(package: list[Path], tmp_path: Path) -> None:
    """The first package stays, and the receipt is the same."""
    drop = FolderDrop(tmp_path / "out")
    first = drop.deliver(key="k1", office="o1", address="", files=package)
    before = _tree(tmp_path / "out")
    assert drop.deliver(key="k1", office="o1", address="", files=package[:1]) == first
    assert _tree(tmp_path / "out") == before


def test_leftovers_of_a_crash_mean_nothing(
    package: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while writing: no package is there, and the next try delivers it whole."""
    root = tmp_path / "out"
    half = root / "o1" / ".k1-crashed"
    half.mkdir(parents=True)
    (half / "letter.docx").write_bytes(b"half")

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    drop = FolderDrop(root)
    with monkeypatch.context() as patch:
        patch.setattr("tickets.transports.folder._rename_once", killed)
        with pytest.raises(KeyboardInterrupt):
            drop.deliver(key="k1", office="o1", address="", files=package)
    assert not (root / "o1" / "k1").exists()
    drop.deliver(key="k1", office="o1", address="", files=package)
    assert {path.name for path in (root / "o1" / "k1").iterdir()} == {
        "letter.docx",
        "bundle.zip",
        MANIFEST,
    }


def test_who_renames_first_has_delivered(
    package: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers with one key: the second finds the place taken and leaves it alone."""
    root = tmp_path / "out"
    other = FolderDrop(root)
    original = FolderDrop._write

    def overtaken(self: FolderDrop, target: Path, files: Sequence[Path]) -> None:
        if not target.exists():
            original(other, target, files[:1])
        original(self, target, files)

    with monkeypatch.context() as patch:
        patch.setattr(FolderDrop, "_write", overtaken)
        FolderDrop(root).deliver(key="k1", office="o1", address="", files=package)
    assert len(list((root / "o1" / "k1").iterdir())) == 2
    assert [path.name for path in (root / "o1").iterdir()] == ["k1"]


@pytest.mark.parametrize(
    ("key", "office"), [("../k", "o1"), ("k", ".."), ("k/1", "o1"), ("", "o1"), (".k", "o1")]
)
def test_paths_cannot_leave_the_folder(
    package: list[Path], tmp_path: Path, key: str, office: str
) -> None:
    """Names that are no plain folder names are refused."""
    with pytest.raises(PermanentError):
        FolderDrop(tmp_path / "out").deliver(key=key, office=office, address="", files=package)


def test_only_plain_files_with_names_of_their_own(package: list[Path], tmp_path: Path) -> None:
    """No links, no duplicates, no empty package."""
    drop = FolderDrop(tmp_path / "out")
    link = tmp_path / "link.docx"
    link.symlink_to(package[0])
    for files in ([link], [package[0], package[0]], []):
        with pytest.raises(PermanentError):
            drop.deliver(key="k1", office="o1", address="", files=files)
    assert not (tmp_path / "out" / "o1" / "k1").exists()


def test_a_folder_that_cannot_be_written_is_tried_again(
    package: list[Path], tmp_path: Path
) -> None:
    """The root is a file: the error says so and is retryable."""
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(RetryableError, match="无法写入"):
        FolderDrop(tmp_path / "out").deliver(key="k1", office="o1", address="", files=package)
