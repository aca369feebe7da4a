"""The folder of one seal: files written durably with their digests, and checked again later."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import evolve

from domain.captures import Seal, SealedFile
from domain.errors import EvidenceError
from domain.ids import derive_id
from evidence.digests import CHUNK
from evidence.warc_files import sync_directory

MANIFEST = "manifest.json"
WARC = "capture.warc.gz"
FOLDER = "seals"
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

    def add(self, name: str, media_type: str, chunks: Iterable[bytes]) -> SealedFile:
        """Write one file and fsync it; it is in `files` once it is whole."""
        digests = _Digests()
        path = self.path / name
        try:
            with path.open("xb") as file:
                for chunk in chunks:
                    file.write(chunk)
                    digests.update(chunk)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, EvidenceError):
            path.unlink(missing_ok=True)
            raise
        added = digests.sealed(name, media_type)
        self.files.append(added)
        return added

    def check(self) -> None:
        """Read every file back. Raises EvidenceError naming the first that differs."""
        for wanted in self.files:
            if problem := _difference(self.path, wanted):
                raise EvidenceError(problem, at=wanted.name)

    def sync(self) -> None:
        """Make the names in the folder durable."""
        sync_directory(self.path)


def folder_of(directory: Path, seal: Seal) -> Path:
    """The folder of a stored seal; the form of the name in the row is checked first."""
    if not _DIRECTORY.fullmatch(seal.directory):
        raise EvidenceError(f"固证目录名不合规: {seal.directory!r}")
    return directory / seal.directory


def problems_of_seal(
    directory: Path, seal: Seal, *, deleted: bool = False
) -> Iterator[tuple[str, str]]:
    """(file name, what is wrong) for every file changed, missing or added since sealing.

    Of a `deleted` seal nothing but its proof may be left.
    """
    if not seal.directory:
        return
    try:
        folder = folder_of(directory, seal)
    except EvidenceError as error:
        yield "", error.message
        return
    wanted = {file.name: file for file in seal.files if not deleted or is_proof(file.name)}
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for name in sorted(wanted):
        if problem := _difference(folder, wanted[name]):
            yield name, problem
    for name in sorted(present - set(wanted)):
        yield name, "固证目录中多出的文件"


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


def _difference(folder: Path, wanted: SealedFile) -> str | None:
    if not _NAME.fullmatch(wanted.name):
        return "文件名不合规"
    digests = _Digests()
    try:
        with (folder / wanted.name).open("rb") as file:
            while chunk := file.read(CHUNK):
                digests.update(chunk)
    except FileNotFoundError:
        return "文件缺失"
    except OSError as error:
        return f"文件读不出: {error.strerror}"
    found = digests.sealed(wanted.name, wanted.media_type)
    if wanted.sm3 is None or found.sm3 is None:  # made or checked where OpenSSL has no SM3
        found = evolve(found, sm3=wanted.sm3)
    return None if found == wanted else "文件内容与固证时的摘要不符"


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

    def update(self, data: bytes) -> None:
        self._size += len(data)
        self._sha256.update(data)
        if self._sm3:
            self._sm3.update(data)

    def sealed(self, name: str, media_type: str) -> SealedFile:
        return SealedFile(
            name=name,
            media_type=media_type,
            size=self._size,
            sha256=self._sha256.hexdigest(),
            sm3=self._sm3.hexdigest() if self._sm3 else None,
        )
