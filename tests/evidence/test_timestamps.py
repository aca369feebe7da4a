"""Trusted timestamps from a real authority (openssl ts), a lying one, and garbage."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
from sqlalchemy import update

from domain.captures import Capture, Seal, SealStatus
from domain.errors import EvidenceError, RetryableError
from evidence import tables
from evidence.bundle import BundleInfo
from evidence.seal_checks import SealRules
from evidence.timestamps import TOKEN, Timestamps
from evidence.verify import verify
from evidence.writer import EvidenceWriter
from storage.database import Database
from storage.records import to_json
from tests.evidence.authority import LocalAuthority, skip_without_openssl

DATA = b"a manifest"
MINUTE = timedelta(minutes=1)
REQUIRED = SealRules(timestamp_required=True, most_offset=timedelta(days=36500))
MakeSeal = Callable[..., Seal]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    skip_without_openssl()
    return LocalAuthority(tmp_path_factory.mktemp("tsa") / "a")


@pytest.fixture
def stamps(authority: LocalAuthority) -> Timestamps:
    return asked(authority, authority.answer)


def asked(authority: LocalAuthority, post: Callable[[bytes], bytes]) -> Timestamps:
    return Timestamps(authority="http://tsa.test/", roots=[authority.root], post=post)


@pytest.fixture(scope="module")
def answered(authority: LocalAuthority) -> bytes:
    """A good answer; what it answers carried no nonce."""
    request = TimestampRequestBuilder(
        data=DATA, hash_algorithm=HashAlgorithm.SHA256, nonce=False
    ).build()
    return authority.answer(request.as_bytes())


@pytest.fixture
def now(tmp_path: Path) -> datetime:
    """The authority is a program of this machine and stamps its time: that of a new folder."""
    return datetime.fromtimestamp(tmp_path.stat().st_mtime, UTC)


def test_a_stamp_proves_the_moment(stamps: Timestamps, now: datetime) -> None:
    answer = stamps.stamp(DATA, near=now, most=MINUTE)
    assert abs(stamps.check(answer, DATA) - now) < MINUTE
    with pytest.raises(EvidenceError, match="未通过核验"):
        stamps.check(answer, DATA + b"!")


def test_an_answer_to_another_request_is_refused(
    authority: LocalAuthority, stamps: Timestamps, now: datetime
) -> None:
    old = stamps.stamp(DATA, near=now, most=MINUTE)
    with pytest.raises(RetryableError, match="未通过核验"):
        asked(authority, lambda _: old).stamp(DATA, near=now, most=MINUTE)


def test_another_root_is_not_trusted(
    authority: LocalAuthority, tmp_path: Path, now: datetime
) -> None:
    other = LocalAuthority(tmp_path / "other")
    with pytest.raises(RetryableError, match="未通过核验"):
        asked(authority, other.answer).stamp(DATA, near=now, most=MINUTE)


def test_a_clock_far_from_the_authority_is_noticed(stamps: Timestamps, now: datetime) -> None:
    with pytest.raises(RetryableError, match="与本机时钟不符"):
        stamps.stamp(DATA, near=now - timedelta(hours=1), most=MINUTE)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_refused(authority: LocalAuthority, garbage: bytes) -> None:
    with pytest.raises(RetryableError):
        asked(authority, lambda _: garbage).stamp(
            DATA, near=datetime(2026, 1, 1, tzinfo=UTC), most=MINUTE
        )


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 10_000), by=st.integers(1, 255))
def test_a_changed_answer_never_says_another_time(
    authority: LocalAuthority, answered: bytes, at: int, by: int
) -> None:
    changed = bytearray(answered)
    changed[at % len(changed)] ^= by
    trusted = asked(authority, authority.answer)
    try:
        proved = trusted.check(bytes(changed), DATA)
    except EvidenceError:
        return
    assert proved == trusted.check(answered, DATA)


def test_a_refusal_is_no_stamp(authority: LocalAuthority, now: datetime) -> None:
    def refuse(_: bytes) -> bytes:
        return authority.answer(b"not a request")

    with pytest.raises(RetryableError):
        asked(authority, refuse).stamp(DATA, near=now, most=MINUTE)


def test_a_seal_carries_its_stamp(
    *,
    writer: EvidenceWriter,
    capture: Callable[..., Capture],
    seal: MakeSeal,
    stamps: Timestamps,
    authority: LocalAuthority,
    bundle: Callable[..., BundleInfo],
    directory: Path,
    database: Database,
    tmp_path: Path,
) -> None:
    writer.record([capture()])
    made = seal(timestamps=stamps, rules=REQUIRED)
    assert (made.status, made.reason) == (SealStatus.SEALED, None)
    assert TOKEN in {file.name for file in made.files}
    assert not verify(directory=directory, database=database, timestamps=stamps).problems
    report = verify(directory=directory, database=database)
    assert [each.record for each in report.unchecked] == [made.id]
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(bundle().path) as archive:
        archive.extractall(unpacked)
    said = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"],
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0
    assert "签名未核验" in said.stdout
    command = next(line for line in said.stdout.splitlines() if "openssl ts" in line)
    done = subprocess.run(
        command.replace("ROOT.pem", str(authority.root_path)).split(),
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Verification: OK" in done.stdout + done.stderr


@pytest.mark.parametrize("required", [True, False])
def test_without_its_stamp_a_seal_says_so(
    *,
    writer: EvidenceWriter,
    capture: Callable[..., Capture],
    seal: MakeSeal,
    authority: LocalAuthority,
    directory: Path,
    required: bool,
) -> None:
    writer.record([capture()])
    rules = SealRules(timestamp_required=required)
    made = seal(timestamps=asked(authority, lambda _: b"garbage"), rules=rules)
    assert made.status is (SealStatus.INCOMPLETE if required else SealStatus.SEALED)
    manifest = (directory / made.directory / "manifest.json").read_text()
    assert "时间戳未取得" in manifest
    assert made.status.value in manifest
    assert TOKEN not in {file.name for file in made.files}


def test_no_authority_is_a_reason_when_stamps_are_required(
    writer: EvidenceWriter, capture: Callable[..., Capture], seal: MakeSeal
) -> None:
    writer.record([capture()])
    made = seal(rules=SealRules(timestamp_required=True))
    assert (made.status, made.reason) == (SealStatus.INCOMPLETE, "未设置时间戳服务")


def test_a_stamp_of_something_else_is_found(
    *,
    writer: EvidenceWriter,
    capture: Callable[..., Capture],
    seal: MakeSeal,
    stamps: Timestamps,
    directory: Path,
    database: Database,
    now: datetime,
) -> None:
    """Even when file, row and digest were all changed together."""
    writer.record([capture()])
    made = seal(timestamps=stamps, rules=REQUIRED)
    other = stamps.stamp(b"another manifest", near=now, most=MINUTE)
    (directory / made.directory / TOKEN).write_bytes(other)
    with database.write() as tx:
        tx.execute(update(tables.seals).values(files=with_token(made, other)))
    found = verify(directory=directory, database=database, timestamps=stamps).problems
    assert any("时间戳未通过核验" in problem.message for problem in found)


def with_token(made: Seal, token: bytes) -> str:
    digest = hashlib.sha256(token).hexdigest()
    files = [
        evolve(file, size=len(token), sha256=digest, sm3=None) if file.name == TOKEN else file
        for file in made.files
    ]
    return to_json(tuple(files))
