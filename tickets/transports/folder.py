"""The folder drop: a package is a folder that appears whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from domain.errors import PermanentError, RetryableError

MANIFEST = "SHA256SUMS"
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class FolderDrop:
    """A folder per office under `root`, one sub-folder per key, with a SHA256SUMS of its files.

    A package appears whole or not at all: it is written beside its place, synced, and renamed.
    Folders whose name begins with a dot are unfinished and mean nothing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def deliver(self, *, key: str, office: str, address: str, files: Sequence[Path]) -> str:
        """See domain.ports.Transport. A key that is already there is left as it is; `address` is a
        folder under the root, the office's own id when it is empty."""
        office = address or office
        for name in (key, office):
            if not _SAFE_NAME.fullmatch(name):
                raise PermanentError(f"“{name}”不能用作文件夹名")
        target = self._root / office / key
        try:
            if not target.exists():
                self._write(target, files)
            manifest = (target / MANIFEST).read_bytes()
        except OSError as error:
            raise RetryableError(f"无法写入投递文件夹：{error}", at=str(target)) from error
        digest = hashlib.sha256(manifest).hexdigest()
        return f"已投递到文件夹 {office}/{key}，清单摘要 sha256:{digest}"

    def _write(self, target: Path, files: Sequence[Path]) -> None:
        names = [file.name for file in files]
        if len(set(names)) < len(names) or MANIFEST in names or not names:
            raise PermanentError(f"投递包为空，或文件重名：{'、'.join(names)}")
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            sums = [f"{_copy(file, unfinished / file.name)}  {file.name}\n" for file in files]
            _write_synced(unfinished / MANIFEST, "".join(sums).encode())
            unfinished.chmod(0o755)
            _sync(unfinished)
            _rename_once(unfinished, target)
            _sync(target.parent)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _copy(source: Path, target: Path) -> str:
    if source.is_symlink() or not source.is_file():
        raise PermanentError("投递包里只能有普通文件", at=str(source))
    shutil.copyfile(source, target)
    _sync(target)
    with target.open("rb") as copied:
        return hashlib.file_digest(copied, "sha256").hexdigest()


def _write_synced(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _sync(path)


def _rename_once(unfinished: Path, target: Path) -> None:
    """A folder that is not empty cannot be replaced: whoever renames first has delivered."""
    try:
        unfinished.rename(target)
    except OSError:
        if not (target / MANIFEST).exists():
            raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
