"""WARC files on disk: one gzip member per record, one file per writer, locked while it is written.

A file grows only at its end and only by its own writer, which holds an exclusive lock (flock)
on it for as long as it lives. Whatever stands past the last whole member of an unlocked file was
being written when its writer died; `repair` moves it to `<name>.torn`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import structlog
from attrs import frozen

from domain.errors import ConfigError, EvidenceError
from evidence import warc_records
from evidence.digests import CHUNK, sha256

FOLDER = "warc"
_WRITER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
_NAME = re.compile(r"warc/cw-[A-Za-z0-9-]+\.warc\.gz")
_COMMENTED = bytes([0x1F, 0x8B, 8, 0x10, 0, 0, 0, 0, 2, 255])
_GZIP = zlib.MAX_WBITS | 16
# Most records are small; a longer read would be thrown away with each of them.
_READ = 1 << 15
_log = structlog.get_logger(__name__)


@frozen(kw_only=True)
class Member:
    """Where one record lies in its file, and the SHA-256 of its uncompressed bytes."""

    offset: int
    length: int
    digest: str


@frozen(kw_only=True)
class Written:
    """Records that were written one after the other; `digest` is over their compressed bytes."""

    members: tuple[Member, ...]
    digest: str


class TornMember(Exception):
    """The bytes at `offset` are not one whole gzip member."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(f"no whole gzip member at offset {offset}")


class WarcFile:
    """A new file that only this process writes, until it is closed."""

    def __init__(self, directory: Path, *, writer: str, at: datetime) -> None:
        if not _WRITER.fullmatch(writer):
            raise ConfigError(f"写入者名称 {writer!r} 只能由字母、数字和连字符组成")
        folder = directory / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"cw-{writer}-{at.astimezone(UTC):%Y%m%d%H%M%S}"
        self._file, path = _create(folder, stem)
        # A repairer may have the lock for a moment; it finds an empty file and lets go.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        sync_directory(folder)
        self.name = f"{FOLDER}/{path.name}"
        self.size = 0
        try:
            self.append(warc_records.warcinfo(path.name, at))
        except OSError:
            self.close()  # nothing of it counts, and its lock would keep `repair` away
            raise

    def append(self, *records: bytes) -> Written:
        """Write records, a gzip member each; durable only after `sync`."""
        written = []
        stored = hashlib.sha256()
        for record in records:
            packed = _pack(record)
            stored.update(packed)
            self._write(packed)
            member = Member(offset=self.size, length=len(packed), digest=sha256(record))
            written.append(member)
            self.size += len(packed)
        return Written(members=tuple(written), digest=f"sha256:{stored.hexdigest()}")

    def sync(self) -> None:
        """Return once everything appended so far would survive a power cut."""
        os.fsync(self._file.fileno())

    def cut_back(self, size: int) -> None:
        """Forget what was appended past `size`, after a write that failed half-way."""
        self._file.truncate(size)
        self._file.seek(size)
        self.size = size

    def close(self) -> None:
        """Give up the file and its lock."""
        self._file.close()

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]


def path_of(directory: Path, name: str) -> Path:
    """The path of a WARC named in a database row; the name's form is checked first."""
    if not _NAME.fullmatch(name):
        raise EvidenceError(f"WARC 文件名不合规: {name!r}")
    return directory / name


def names(directory: Path) -> list[str]:
    """All WARC files, by name."""
    return sorted(f"{FOLDER}/{path.name}" for path in (directory / FOLDER).glob("cw-*.warc.gz"))


def read_record(path: Path, *, offset: int, length: int, limit: int) -> bytes:
    """The uncompressed bytes of one member of at most `limit` bytes. Raises EvidenceError."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            packed = file.read(length)
        unpacker = zlib.decompressobj(_GZIP)
        record = unpacker.decompress(packed, limit)
    except (OSError, zlib.error) as error:
        raise EvidenceError(f"WARC 记录读不出: {error}", at=f"{path.name}@{offset}") from error
    if not unpacker.eof or unpacker.unused_data:
        raise EvidenceError("WARC 记录不完整或被改动", at=f"{path.name}@{offset}")
    return record


def hash_range(file: BinaryIO, offset: int, length: int) -> str:
    """Digest of stored bytes as they lie, streamed; fewer when the file ends before."""
    file.seek(offset)
    digest = hashlib.sha256()
    while length and (chunk := file.read(min(length, CHUNK))):
        digest.update(chunk)
        length -= len(chunk)
    return f"sha256:{digest.hexdigest()}"


def hash_member(file: BinaryIO, offset: int) -> Member:
    """Digest and length of the member that begins at `offset`, streamed. Raises TornMember."""
    if offset < 0:
        raise TornMember(offset)
    file.seek(offset)
    unpacker = zlib.decompressobj(_GZIP)
    digest = hashlib.sha256()
    taken = 0
    pending = b""
    while not unpacker.eof:
        if not pending:
            pending = file.read(_READ)
            taken += len(pending)
        try:
            digest.update(unpacker.decompress(pending, CHUNK))
        except zlib.error as error:
            raise TornMember(offset) from error
        if not pending and not unpacker.eof:
            raise TornMember(offset)
        pending = unpacker.unconsumed_tail
    length = taken - len(unpacker.unused_data)
    return Member(offset=offset, length=length, digest=f"sha256:{digest.hexdigest()}")


def members(file: BinaryIO, offset: int, end: int) -> Iterator[Member]:
    """The members in [offset, end), in order. Raises TornMember where one is not whole."""
    while offset < end:
        member = hash_member(file, offset)
        yield member
        offset += member.length


def repair(path: Path, *, committed: int) -> int:
    """Cut a torn tail off an unlocked file; the bytes before `committed` are not looked at.

    The cut bytes go to `<name>.torn`. Returns how many were cut; 0 as well while the file's
    writer lives.
    """
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        end = file.seek(0, os.SEEK_END)
        try:
            for _ in members(file, committed, end):
                pass
        except TornMember as torn:
            _move_tail(file, torn.offset, path.with_name(path.name + ".torn"))
            cut = end - torn.offset
            _log.warning("warc_tail_cut", file=path.name, offset=torn.offset, bytes=cut)
            return cut
    return 0


def pack_to(record: bytes, size: int) -> bytes:
    """One gzip member of exactly `size` bytes, filled up in its comment field (RFC 1952, 2.3).

    Raises EvidenceError when the record does not fit.
    """
    packer = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    body = packer.compress(record) + packer.flush()
    tail = struct.pack("<II", zlib.crc32(record), len(record))
    room = size - len(_COMMENTED) - 1 - len(body) - len(tail)
    if room < 0:
        raise EvidenceError(f"记录容不下 {size} 字节")
    return _COMMENTED + b" " * room + b"\0" + body + tail


def overwrite(path: Path, offset: int, data: bytes) -> None:
    """Put `data` in the place of as many stored bytes; durable on return. Raises OSError."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _create(folder: Path, stem: str) -> tuple[FileIO, Path]:
    seq = 0
    while True:
        path = folder / f"{stem}-{seq:05d}.warc.gz"
        try:
            return path.open("xb", buffering=0), path
        except FileExistsError:
            seq += 1


def _pack(record: bytes) -> bytes:
    packer = zlib.compressobj(wbits=_GZIP)
    return packer.compress(record) + packer.flush()


def _move_tail(file: BinaryIO, offset: int, torn: Path) -> None:
    file.seek(offset)
    with torn.open("wb") as kept:
        while chunk := file.read(CHUNK):
            kept.write(chunk)
        kept.flush()
        os.fsync(kept.fileno())
    sync_directory(torn.parent)
    file.truncate(offset)
    os.fsync(file.fileno())
