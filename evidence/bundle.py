"""The bundle (证据包): one ZIP per clue that anybody can verify offline with a bare Python.

A masked bundle leaves out what shows the page as it was: the seal's manifest still lists its
digests, so that an original that is shown later can be held against it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import jinja2
from attrs import frozen
from sqlalchemy import Connection

from domain.captures import Seal, SealedFile, Snapshot
from domain.clues import Clue
from domain.errors import EvidenceError
from evidence import extracts, ledger, seal_keys
from evidence.digests import moment, sha256
from evidence.keyring import KeyRing
from evidence.reader import snapshot
from evidence.seal_files import MANIFEST, WARC, folder_of, member, shows_page
from evidence.seal_store import seal_of
from evidence.wacz import wacz
from evidence.warc_files import sync_directory
from storage.records import to_json

REPLAY = "capture.wacz"
_PACKED = ("image/", "application/wacz", "application/warc", "application/gzip")
"""Types whose bytes are packed already; packing them again takes time and saves nothing."""

_BUNDLED = Path(__file__).parent / "bundled"
_PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_BUNDLED),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
)


class BundleForm(StrEnum):
    """What a bundle shows: private persons masked, or everything."""

    MASKED = "masked"
    ORIGINAL = "original"


@frozen(kw_only=True)
class BundleInfo:
    """A written bundle. `root_digest` is printed in the letter: "sha256:" + hex of manifest.json.

    `files` are the members that the manifest lists, in their order in the ZIP.
    """

    path: Path
    root_digest: str
    files: tuple[SealedFile, ...]


def write_bundle(
    *,
    target: Path,
    directory: Path,
    tx: Connection,
    clue: Clue,
    type_names: Mapping[str, str],
    form: BundleForm = BundleForm.MASKED,
    keys: KeyRing | None = None,
) -> BundleInfo:
    """Write the bundle of a clue's seal; the same seal and clue give the same bytes.

    `directory` is the evidence directory, `type_names` the titles of violation types by slug. An
    incomplete seal is bundled as such. `target` appears whole or not at all. An ORIGINAL one needs
    the `keys`, and the leave of two persons (evidence/originals.py), which the caller has to see.
    Raises EvidenceError when there is no seal, or a file of it is missing, altered or closed.
    """
    seal = seal_of(tx, clue.id)
    if seal is None:
        raise EvidenceError("线索尚未固证，不能制作证据包", at=clue.number)
    kept = snapshot(tx, seal.snapshot_id) if seal.snapshot_id else None
    draft = target.with_name(f"{target.name}.part")
    try:
        with draft.open("wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                members = _Members(archive, seal.sealed_at)
                source = _Source(tx, folder_of(directory, seal), seal, form, keys)
                _put_seal(members, source)
                _put_replay(members, source, kept, clue.title)
                members.put("clue.json", "application/json", [to_json(clue).encode()])
                page = _index(clue, source, kept, type_names)
                members.put("index.html", "text/html", [page.encode()])
                lines = _ledger_lines(tx, clue, seal, kept)
                members.put("ledger.jsonl", "application/jsonl", lines)
                members.put("verify.py", "text/x-python", [(_BUNDLED / "verify.py").read_bytes()])
                files = tuple(members.files)
                manifest = _manifest(clue, seal, form, files)
                members.put(MANIFEST, "application/json", [manifest])
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    sync_directory(target.parent)
    return BundleInfo(path=target, root_digest=sha256(manifest), files=files)


class _Members:
    """Writes members one after the other, each with its digest and the time of the seal."""

    def __init__(self, archive: zipfile.ZipFile, at: datetime) -> None:
        self.files: list[SealedFile] = []
        self._archive = archive
        self._time = at.astimezone(UTC).timetuple()[:6]

    def put(self, name: str, media_type: str, chunks: Iterable[bytes]) -> SealedFile:
        """Add one member."""
        info = zipfile.ZipInfo(name, date_time=self._time)
        packed = media_type.startswith(_PACKED)
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        digest, size = hashlib.sha256(), 0
        with self._archive.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        added = SealedFile(name=name, media_type=media_type, size=size, sha256=digest.hexdigest())
        self.files.append(added)
        return added


class _Source:
    """The members of the seal that a bundle of this form may show."""

    def __init__(
        self, tx: Connection, folder: Path, seal: Seal, form: BundleForm, keys: KeyRing | None
    ) -> None:
        is_original = form is BundleForm.ORIGINAL
        self.seal = seal
        self.files = tuple(
            file
            for file in sorted(seal.files, key=lambda each: each.name)
            if is_original or not shows_page(file.name)
        )
        self._folder = folder
        self._key = seal_keys.unlock(tx, keys, seal.id) if is_original and keys else None

    def chunks(self, file: SealedFile) -> Iterator[bytes]:
        """What a member holds."""
        return member(self._folder, file, self._key)


def _put_seal(members: _Members, source: _Source) -> None:
    for file in source.files:
        try:
            added = members.put(f"seal/{file.name}", file.media_type, source.chunks(file))
        except OSError as error:
            raise EvidenceError(f"固证文件读不出: {error.strerror}", at=file.name) from error
        if added.sha256 != file.sha256:
            raise EvidenceError("固证文件与固证时的摘要不符", at=file.name)


def _put_replay(members: _Members, source: _Source, kept: Snapshot | None, title: str) -> None:
    warc = next((file for file in source.files if file.name == WARC), None)
    if kept is not None and warc is not None:
        packed = b"".join(source.chunks(warc))
        made = wacz(packed=packed, seal=source.seal, shown=kept, title=title or kept.url)
        members.put(REPLAY, "application/wacz", [made])


def _ledger_lines(tx: Connection, clue: Clue, seal: Seal, kept: Snapshot | None) -> Iterator[bytes]:
    wanted = extracts.extracts(tx, kept) if kept else ()
    subjects = [clue.id, seal.id, *(each.snapshot_id for each in wanted)]
    for entry in ledger.entries_about(tx, subjects):
        yield f"{ledger.line(entry)}\n".encode()


def _index(
    clue: Clue, source: _Source, kept: Snapshot | None, type_names: Mapping[str, str]
) -> str:
    return _PAGES.get_template("index.html").render(
        clue=clue,
        seal=source.seal,
        snapshot=kept,
        type_names=type_names,
        members={file.name for file in source.files},
    )


def _manifest(clue: Clue, seal: Seal, form: BundleForm, files: tuple[SealedFile, ...]) -> bytes:
    value = {
        "format": "cluewatch-bundle/1",
        "form": form.value,
        "clue": clue.id,
        "number": clue.number,
        "seal": seal.id,
        "status": seal.status.value,
        "sealed_at": moment(seal.sealed_at),
        "files": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "size": file.size,
                "sha256": file.sha256,
            }
            for file in files
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()
