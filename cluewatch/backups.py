"""Backups: a folder that holds one moment of a home, with a manifest of digests; and back again.

The database is copied first, then the evidence that this copy names: evidence is only ever added
before its row, so whatever happens meanwhile, the copy is whole. The index is not copied; it is
built again. With PostgreSQL the database's own tools copy the database (docs/operations.md).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path, PurePosixPath

from attrs import evolve, frozen
from cattrs import BaseValidationError

from cluewatch import VERSION
from cluewatch.bootstrap import Services
from cluewatch.settings import CONFIG_NAME, FRONTIER_FILE, TRUTH_FILE
from domain.errors import PermanentError, RetryableError
from evidence import holdings
from storage.database import Database
from storage.records import from_json, to_json

MANIFEST = "manifest.json"
CONTENT = "home"
DATABASES = (TRUTH_FILE, FRONTIER_FILE)
_BESIDE = {"outbox": "*", "packs": "*", "logs": "*.jsonl"}
_CHUNK = 1 << 20

Progress = Callable[[str], None]


@frozen(kw_only=True)
class Entry:
    """One file of a backup. `changed` is the original's time of change, in nanoseconds
    (0: not compared)."""

    path: str
    size: int
    sha256: str = ""
    changed: int = 0


@frozen(kw_only=True)
class Manifest:
    """What a backup holds. `databases` is false when PostgreSQL keeps them."""

    version: str
    made_at: datetime
    databases: bool
    files: tuple[Entry, ...]


def make(services: Services, target: Path, *, base: Path | None, progress: Progress) -> Manifest:
    """Copy everything that counts into the new folder `target`; processes may go on working.

    What is as it was in the backup `base` is linked to it instead of copied (same disk). Raises
    PermanentError when `target` is there already, RetryableError when evidence was deleted
    meanwhile.
    """
    if target.exists():
        raise PermanentError("备份目录已存在，请换一个", at=str(target))
    home = services.settings.home.absolute()
    draft = target.with_name(f"{target.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / CONTENT).mkdir(parents=True, mode=0o700)
    embedded = services.truth.is_sqlite
    if embedded:
        for name in DATABASES:
            _copy_database(home / name, draft / CONTENT / name)
    known = {entry.path: entry for entry in read(base).files} if base is not None else {}
    entries = []
    for path, length in _wanted(services, draft / CONTENT):
        progress(path.name)
        entry = _entry(home, path, length, known)
        goal = draft / CONTENT / entry.path
        goal.parent.mkdir(parents=True, exist_ok=True)
        if base is not None and entry.sha256:
            os.link(base / CONTENT / entry.path, goal)
        else:
            entry = evolve(entry, sha256=_copy(path, goal, length))
        entries.append(entry)
    if embedded:
        for name in DATABASES:
            file = draft / CONTENT / name
            entries.append(Entry(path=name, size=file.stat().st_size, sha256=_hash(file)))
    manifest = Manifest(
        version=VERSION,
        made_at=services.clock.now(),
        databases=embedded,
        files=tuple(sorted(entries, key=lambda entry: entry.path)),
    )
    (draft / MANIFEST).write_text(to_json(manifest) + "\n", "utf-8")
    draft.rename(target)
    return manifest


def read(backup: Path) -> Manifest:
    """The manifest of a backup. Raises PermanentError when there is none that can be read."""
    file = backup / MANIFEST
    try:
        manifest = from_json(Manifest, file.read_text("utf-8"))
    except (OSError, ValueError, TypeError, KeyError, BaseValidationError) as error:
        raise PermanentError(f"不是完整的备份：{error}", at=str(file)) from error
    for entry in manifest.files:
        path = PurePosixPath(entry.path)
        if path.is_absolute() or ".." in path.parts:
            raise PermanentError("清单中有越界的路径", at=entry.path)
    return manifest


def restore(backup: Path, home: Path, *, progress: Progress) -> Manifest:
    """Lay a backup out as a home, every file checked against the manifest on its way.

    Nothing stands at `home` until all of it is right. Raises PermanentError: `home` is not empty,
    or a file of the backup is missing or was changed.
    """
    manifest = read(backup)
    if home.exists() and any(home.iterdir()):
        raise PermanentError("主目录不是空的", at=str(home))
    draft = home.absolute().with_name(f"{home.name}.restoring")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    for entry in manifest.files:
        progress(entry.path)
        goal = draft / entry.path
        goal.parent.mkdir(parents=True, exist_ok=True)
        try:
            found = _copy(backup / CONTENT / entry.path, goal, None)
        except OSError as error:
            raise PermanentError(f"备份缺少文件：{error.strerror}", at=entry.path) from error
        if found != entry.sha256:
            raise PermanentError("备份中的文件与清单不符", at=entry.path)
    if home.exists():
        home.rmdir()
    draft.rename(home.absolute())
    return manifest


def _wanted(services: Services, content: Path) -> Iterator[tuple[Path, int | None]]:
    """The files to copy, and how much of each. The evidence is that of the copied database; a
    deletion meanwhile would leave graves where that database expects records."""
    copied = services.truth
    if copied.is_sqlite:
        copied = Database(f"sqlite:///{content / TRUTH_FILE}")
    with copied.read() as tx:
        deleted = holdings.count_deletions(tx)
        named = list(holdings.holdings(tx, services.settings.evidence_directory))
    if copied is not services.truth:
        copied.close()
        _settle(content / TRUTH_FILE)
    for one in named:
        yield one.path, one.length
    with services.truth.read() as tx:
        if holdings.count_deletions(tx) != deleted:
            raise RetryableError("备份期间有证据到期删除，请重做备份")
    home = services.settings.home.absolute()
    beside = (path for name, kind in _BESIDE.items() for path in sorted((home / name).rglob(kind)))
    for path in (home / CONFIG_NAME, *beside):
        if path.is_file() and not path.is_symlink():
            yield path, None


def _entry(home: Path, path: Path, length: int | None, known: dict[str, Entry]) -> Entry:
    """What is to be copied; with a digest when the backup before has the very same."""
    at = path.stat()
    name = path.relative_to(home).as_posix()
    fresh = Entry(path=name, size=at.st_size if length is None else length, changed=at.st_mtime_ns)
    before = known.get(name)
    if before is not None and evolve(before, sha256="") == fresh:
        return before
    return fresh


def _copy(source: Path, goal: Path, length: int | None) -> str:
    """Copy the first `length` bytes with the mode of the file; returns their SHA-256."""
    digest, left = hashlib.sha256(), length
    with source.open("rb") as reader, goal.open("xb") as writer:
        while part := reader.read(_CHUNK if left is None else min(_CHUNK, left)):
            digest.update(part)
            writer.write(part)
            left = None if left is None else left - len(part)
        writer.flush()
        os.fsync(writer.fileno())
    if left:
        raise PermanentError("证据文件比数据库所记的短", at=str(source))
    shutil.copymode(source, goal)
    return digest.hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_database(source: Path, goal: Path) -> None:
    """One moment of a SQLite database by its own backup interface; writers go on meanwhile."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(goal)) as copy:
        live.backup(copy)
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    goal.chmod(0o600)
    if verdict != "ok":
        raise PermanentError(f"数据库已损坏：{verdict}", at=str(source))
    _settle(goal)


def _settle(database: Path) -> None:
    """Leave one file, with no write-ahead log beside it."""
    with closing(sqlite3.connect(database)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
