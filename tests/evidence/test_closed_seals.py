"""Originals at rest: closed with a key of the installation, and only what is masked lies open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.captures import Capture, Seal
from domain.errors import ConfigError, EvidenceError
from evidence import envelope, keyring, seal_keys, tables
from evidence.keyring import KeyRing
from evidence.verify import verify
from evidence.writer import EvidenceWriter
from storage.database import Database
from tests.clocks import StillClock
from tests.evidence.stand_ins import PAGE, StandInRenderer

Make = Callable[..., Capture]
PATIENT = PAGE.decode().replace("咨询电话", "患者张三丰，住院号：20240012，咨询电话").encode()
SECRETS = ("三丰".encode(), b"20240012")


@pytest.fixture
def patient_seal(
    writer: EvidenceWriter, seal: Callable[..., Seal], capture: Make, renderer: StandInRenderer
) -> Seal:
    """A seal of a page that names a patient."""
    renderer.html = PATIENT
    writer.record([capture(body=PATIENT)])
    return seal()


def test_no_file_of_a_seal_holds_a_patient_in_clear(
    patient_seal: Seal, directory: Path, content_of: Callable[[Seal, str], bytes]
) -> None:
    for path in (directory / patient_seal.directory).iterdir():
        assert not any(secret in path.read_bytes() for secret in SECRETS), path.name
    assert all(secret in content_of(patient_seal, "rendered.html") for secret in SECRETS)
    masked = content_of(patient_seal, "masked.txt").decode()
    assert "患者张**，住院号：********" in masked
    assert "400-000-0123" in masked


def test_verification_needs_no_key_and_opens_with_it(
    patient_seal: Seal, directory: Path, database: Database, keys: KeyRing
) -> None:
    assert patient_seal.files
    assert not verify(directory=directory, database=database).problems
    assert not verify(directory=directory, database=database, keys=keys).problems
    stranger = KeyRing(keys={"other": bytes(32)}, current="other")
    found = verify(directory=directory, database=database, keys=stranger).problems
    assert {problem.file for problem in found} == {"seal_keys"}


def test_rotation_wraps_anew_and_changes_no_sealed_byte(
    *,
    patient_seal: Seal,
    directory: Path,
    database: Database,
    clock: StillClock,
    keys: KeyRing,
    tmp_path: Path,
) -> None:
    def stored() -> dict[str, bytes]:
        folder = directory / patient_seal.directory
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    before = stored()
    path = tmp_path / "evidence.keys"
    name = keyring.add_key(path)
    fresh = keyring.load(path)
    assert fresh.current == name != keys.current
    with database.write() as tx:
        assert seal_keys.rewrap(tx, fresh, at=clock.now()) == 1
        assert seal_keys.rewrap(tx, fresh, at=clock.now()) == 0
        assert tx.scalar(select(tables.seal_keys.c.key)) == name
        only_new = KeyRing(keys={name: fresh.keys[name]}, current=name)
        assert seal_keys.unlock(tx, only_new, patient_seal.id)
        with pytest.raises(EvidenceError, match="没有密钥"):
            seal_keys.unlock(tx, keys, patient_seal.id)
    assert stored() == before
    assert not verify(directory=directory, database=database, keys=only_new).problems


def test_a_key_opens_no_other_seal(keys: KeyRing) -> None:
    closed = keys.close(b"k" * 32, owner="one")
    assert keys.open(closed, owner="one") == b"k" * 32
    with pytest.raises(EvidenceError, match="被改动"):
        keys.open(closed, owner="two")


def test_the_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "evidence.keys"
    with pytest.raises(ConfigError, match="cluewatch init"):
        keyring.load(path)
    keyring.add_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="对他人开放"):
        keyring.load(path)
    path.chmod(0o600)
    line = path.read_text("ascii")
    for spoilt in ("", "name !!\n", line.replace(" ", " A"), "0" * 16 + line[16:]):
        path.write_text(spoilt, "ascii")
        with pytest.raises(ConfigError):
            keyring.load(path)


PIECES = st.lists(st.binary(max_size=70_000), max_size=4)
KEY = b"0123456789abcdef0123456789abcdef"


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[place : place + size] for place in range(0, len(data), size))


@settings(max_examples=40, deadline=None)
@given(PIECES, st.integers(1, 100_000))
def test_what_is_closed_opens_again_however_it_is_cut(pieces: list[bytes], size: int) -> None:
    box = b"".join(envelope.closed(pieces, key=KEY, name="raw.html"))
    again = b"".join(envelope.opened(cut(box, size), key=KEY, name="raw.html"))
    assert again == b"".join(pieces)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=140_000), st.data())
def test_any_change_of_a_closed_file_is_found(content: bytes, data: st.DataObject) -> None:
    box = b"".join(envelope.closed([content], key=KEY, name="raw.html"))
    place = data.draw(st.integers(0, len(box) - 1))
    flipped = box[:place] + bytes([box[place] ^ 1]) + box[place + 1 :]
    for spoilt in (flipped, box[:place], box + b"x"):
        with pytest.raises(EvidenceError):
            b"".join(envelope.opened([spoilt], key=KEY, name="raw.html"))
    with pytest.raises(EvidenceError):
        b"".join(envelope.opened([box], key=KEY, name="text.txt"))
