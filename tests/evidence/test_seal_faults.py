"""Seals on failing disks, over altered bytes and in altered folders."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from domain.captures import Capture, Seal, SealStatus
from evidence import tables
from evidence.keyring import KeyRing
from evidence.seal_files import stored_name
from evidence.verify import verify
from evidence.writer import EvidenceWriter
from storage.database import Database

Make = Callable[..., Capture]
MakeSeal = Callable[..., Seal]


def names(seal: Seal) -> set[str]:
    return {file.name for file in seal.files}


def test_altered_evidence_cannot_be_sealed(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make, directory: Path
) -> None:
    [kept] = writer.record([capture()])
    path = directory / kept.warc
    data = bytearray(path.read_bytes())
    data[kept.offset + kept.length // 2] ^= 1
    path.write_bytes(data)
    made = seal()
    assert made.status is SealStatus.INCOMPLETE
    assert names(made) == {"manifest.json"}


def test_a_file_that_does_not_read_back_is_noticed(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.record([capture()])
    monkeypatch.setattr("evidence.seal_files._difference", lambda *_: "读回不符")
    made = seal()
    assert (made.status, made.reason) == (SealStatus.INCOMPLETE, "读回不符")


def test_a_full_disk_is_a_reason(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.record([capture()])

    def full(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("evidence.seal_files.os.fsync", full)
    made = seal()
    assert made.status is SealStatus.INCOMPLETE
    assert "No space left" in (made.reason or "")
    assert made.manifest_digest is None


def test_a_folder_left_by_a_sealer_that_died_is_passed_over(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.record([capture()])

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("evidence.sealing.put", die)
        seal()
    assert seal().status is SealStatus.SEALED


def test_a_hostile_clue_id_is_no_path(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make, directory: Path
) -> None:
    writer.record([capture()])
    made = seal(clue_id="../../up")
    assert made.status is SealStatus.SEALED
    assert (directory / made.directory).resolve().is_relative_to(directory.resolve())


@pytest.mark.parametrize("with_keys", [True, False])
def test_tampering_with_a_seal_is_found(
    *,
    writer: EvidenceWriter,
    seal: MakeSeal,
    capture: Make,
    directory: Path,
    database: Database,
    keys: KeyRing | None,
    with_keys: bool,
) -> None:
    writer.record([capture()])
    made = seal()
    keys = keys if with_keys else None
    folder = directory / made.directory
    for name in sorted(stored_name(file) for file in made.files):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        [changed] = verify(directory=directory, database=database, keys=keys).problems
        assert (changed.file, changed.record) == (f"{made.directory}/{name}", made.id)
        (folder / name).unlink()
        [missing] = verify(directory=directory, database=database, keys=keys).problems
        assert (missing.file, missing.message) == (f"{made.directory}/{name}", "文件缺失")
        (folder / name).write_bytes(whole)
    (folder / "extra.txt").write_bytes(b"")
    [added] = verify(directory=directory, database=database).problems
    assert added.file == f"{made.directory}/extra.txt"


@pytest.mark.parametrize(
    ("column", "value"),
    [("status", "未完成固证"), ("live", False), ("files", "[]"), ("directory", "seals/../up")],
)
def test_an_altered_seal_row_is_found(
    *,
    writer: EvidenceWriter,
    seal: MakeSeal,
    capture: Make,
    directory: Path,
    database: Database,
    column: str,
    value: object,
) -> None:
    writer.record([capture()])
    made = seal()
    with database.write() as tx:
        assert tx.scalar(select(tables.seals.c.id)) == made.id
        tx.execute(update(tables.seals).values({column: value}))
    report = verify(directory=directory, database=database)
    assert any(problem.record == made.id for problem in report.problems)
