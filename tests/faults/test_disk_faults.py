"""A disk that is full, under one directory of the home after the other, and has room again."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cluewatch import workers
from cluewatch.bootstrap import Services
from cluewatch.sealing import SealWork
from domain.captures import Capture
from domain.errors import EvidenceError, StoreUnavailable
from tests.faults.conftest import Home, Settled, Untroubled
from tests.faults.feed import captures, groups, hasten, work_all

pytestmark = pytest.mark.faults

MOUNT_BYTES = 96 << 20
ROUNDS = 3


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A disk of its own under a directory. Needs the right to mount."""
    place.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MOUNT_BYTES}", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def full(place: Path) -> Iterator[None]:
    """Not a byte is left on the disk until the block ends."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * (1 << 16))
    try:
        yield
    finally:
        ballast.unlink()


@pytest.mark.parametrize("name", [".", "evidence", "index", "outbox", "tmp"])
def test_a_full_disk_stops_what_needs_it_and_loses_nothing(
    *,
    home: Home,
    untroubled: Untroubled,
    settled: Settled,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    place = tmp_path / "home0" / name
    with small_disk(place):
        if name == "tmp":
            monkeypatch.setattr(tempfile, "tempdir", str(place))
        services = home()
        for number, group in enumerate(groups(captures("faults", 6), 2)):
            if number == 1:
                with full(place):
                    keep(services, group)
                    rounds(services)
            keep(services, group)
            hasten(services)
            work_all(services)
        assert settled(services) == untroubled("faults", 6)
        services.close()


def keep(services: Services, group: list[Capture]) -> None:
    """A writer that meets a full disk keeps nothing and says so."""
    problems = (EvidenceError, StoreUnavailable, OSError)
    with suppress(*problems), services.evidence_writer("test") as writer:
        writer.record(group)


def rounds(services: Services) -> None:
    """A few rounds of a process and a seal worker, as `cluewatch work` runs them."""
    stop = threading.Event()
    left = iter(range(ROUNDS))

    def end() -> int:
        if next(left, None) is None:
            stop.set()
        return 1

    steps = (*workers.all_steps(services), SealWork(services, owner="seal").work, end)
    workers.for_each_round(steps, stop)
