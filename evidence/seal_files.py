"""The folder of one seal: files written durably with their digests, and checked again later.

What shows the page as it was is closed (evidence/envelope.py); digests are kept of what a file
holds and of the closed file, so that both can be checked, the second one without any key.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import evolve

from domain.captures import Seal, SealedFile
from domain.errors import EvidenceError
from domain.ids import derive_id
from evidence import envelope
from evidence.digests import CHUNK
from evidence.keyring import KEY_BYTES
from evidence.warc_files import sync_directory

MANIFEST = "manifest.json"
WARC = "capture.warc.gz"
FOLDER = "seals"
MASKED_PICTURE = "masked.png"
CLOSED = ".enc"
_OPEN = ("manifest.", "environment.", "visit.", "certificates.", "masked.")
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
_DIRECTORY = re.compile(rf"{FOLDER}/{_ID.pattern}/{_ID.pattern}")
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,63}")


class SealFolder:
    """A new folder that receives the files of one attempt, each under a fixed name of ours.

    `first` is the number of earlier attempts; a folder left by one that died is passed over.
    """

    def __init__(self, directory: Path, clue_id: str, *, first: int) -> None:
        clue = clue_id if _ID.fullmatch(clue_id) else derive_id(clue_id)
        parent = directory / FOLDER / clue
        try:
            parent.mkdir(parents=True, exist_ok=True)
            self.seal_id, self.path = _new_folder(parent, clue_id, first)
            for made in (parent, parent.parent, directory):
                sync_directory(made)
        except OSError as error:
            raise EvidenceError(f"固证目录无法建立: {error.strerror}", at=str(parent)) from error
        self.name = f"{FOLDER}/{clue}/{self.seal_id}"
        self.files: list[SealedFile] = []
        self.key = secrets.token_bytes(KEY_BYTES)

    def add(self, name: str, media_type: str, chunks: Iterable[bytes]) -> SealedFile:
        """Write one file, closed if it shows the page; it is in `files` once it is durable."""
        digests, stored = _Digests(), hashlib.sha256()
        is_closed = shows_page(name)
        stream = digests.over(chunks)
        if is_closed:
            stream = envelope.closed(stream, key=self.key, name=name)
        path = self.path / (f"{name}{CLOSED}" if is_closed else name)
        try:
            with path.open("xb") as file:
                for chunk in stream:
                    file.write(chunk)
                    stored.update(chunk)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, EvidenceError):
            path.unlink(missing_ok=True)
            raise
        added = digests.sealed(name, media_type)
        if is_closed:
            added = evolve(added, stored=stored.hexdigest())
        self.files.append(added)
        return added

    def check(self) -> None:
        """Read every file back. Raises EvidenceError naming the first that differs."""
        for wanted in self.files:
            if problem := _difference(self.path, wanted, self.key):
                raise EvidenceError(problem, at=wanted.name)

    def sync(self) -> None:
        """Make the names in the folder durable."""
        sync_directory(self.path)


def folder_of(directory: Path, seal: Seal) -> Path:
    """The folder of a stored seal; the form of the name in the row is checked first."""
    if not _DIRECTORY.fullmatch(seal.directory):
        raise EvidenceError(f"固证目录名不合规: {seal.directory!r}")
    return directory / seal.directory


def member(folder: Path, file: SealedFile, key: bytes | None) -> Iterator[bytes]:
    """What a member holds, piece by piece, opened with the `key` of its seal.

    Raises OSError when it cannot be read, EvidenceError when it was altered or the key is missing.
    The digest is the caller's to check.
    """
    stored = _read(folder / stored_name(file))
    if file.stored is None:
        return stored
    if key is None:
        raise EvidenceError("没有固证密钥，原件无法打开", at=file.name)
    return envelope.opened(stored, key=key, name=file.name)


def stored_name(file: SealedFile) -> str:
    """The name under which a member lies in its folder."""
    return file.name if file.stored is None else f"{file.name}{CLOSED}"


def problems_of_seal(
    directory: Path, seal: Seal, *, key: bytes | None, deleted: bool = False
) -> Iterator[tuple[str, str]]:
    """(file name, what is wrong) for every file changed, missing or added since sealing.

    Without the `key` of the seal closed files are checked as they lie there. Of a `deleted` seal
    nothing but its proof may be left.
    """
    if not seal.directory:
        return
    try:
        folder = folder_of(directory, seal)
    except EvidenceError as error:
        yield "", error.message
        return
    wanted = {stored_name(file): file for file in seal.files if not deleted or is_proof(file.name)}
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for name in sorted(wanted):
        if problem := _difference(folder, wanted[name], key):
            yield name, problem
    for name in sorted(present - set(wanted)):
        yield name, "固证目录中多出的文件"


def shows_page(name: str) -> bool:
    """Whether a member shows the page as it was, private persons and all; unknown names do."""
    return not name.startswith(_OPEN)


def is_proof(name: str) -> bool:
    """Whether a member outlives the deletion of its seal: digests and stamp show no page."""
    return name.startswith("manifest.")


def _new_folder(parent: Path, clue_id: str, attempt: int) -> tuple[str, Path]:
    while True:
        seal_id = derive_id("seal", clue_id, str(attempt))
        try:
            (parent / seal_id).mkdir()
        except FileExistsError:
            attempt += 1
        else:
            return seal_id, parent / seal_id


def _difference(folder: Path, wanted: SealedFile, key: bytes | None) -> str | None:
    if not _NAME.fullmatch(wanted.name):
        return "文件名不合规"
    try:
        if wanted.stored is not None and _sha256(folder / stored_name(wanted)) != wanted.stored:
            return "加密文件与固证时的摘要不符"
        if wanted.stored is not None and key is None:
            return None
        return _difference_inside(folder, wanted, key)
    except FileNotFoundError:
        return "文件缺失"
    except OSError as error:
        return f"文件读不出: {error.strerror}"


def _difference_inside(folder: Path, wanted: SealedFile, key: bytes | None) -> str | None:
    digests = _Digests()
    try:
        for _ in digests.over(member(folder, wanted, key)):
            pass
    except EvidenceError as error:
        return error.message
    found = evolve(digests.sealed(wanted.name, wanted.media_type), stored=wanted.stored)
    if wanted.sm3 is None or found.sm3 is None:  # made or checked where OpenSSL has no SM3
        found = evolve(found, sm3=wanted.sm3)
    return None if found == wanted else "文件内容与固证时的摘要不符"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for chunk in _read(path):
        digest.update(chunk)
    return digest.hexdigest()


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def has_sm3() -> bool:
    """Whether this system's OpenSSL can digest with SM3 (GB/T 32905)."""
    return _sm3() is not None


def _sm3() -> hashlib._Hash | None:
    try:
        return hashlib.new("sm3")
    except ValueError:  # this OpenSSL was built without it
        return None


class _Digests:
    """SHA-256, and SM3 where the system's OpenSSL has it, over one stream."""

    def __init__(self) -> None:
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._sm3 = _sm3()

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks, digested as they pass."""
        for chunk in chunks:
            self._size += len(chunk)
            self._sha256.update(chunk)
            if self._sm3:
                self._sm3.update(chunk)
            yield chunk

    def sealed(self, name: str, media_type: str) -> SealedFile:
        return SealedFile(
            name=name,
            media_type=media_type,
            size=self._size,
            sha256=self._sha256.hexdigest(),
            sm3=self._sm3.hexdigest() if self._sm3 else None,
        )
