"""Sealing (固证): the full proof of one clue, or a record of what could not be proved and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve, frozen
from sqlalchemy import Connection

from domain.captures import Acquisition, CaptureRequest, Seal, SealStatus, Snapshot
from domain.errors import CluewatchError, EvidenceError, NotFound, PermanentError
from domain.outcomes import Outcome
from domain.ports import Clock, RenderedPage, Renderer
from evidence import content, extracts, ledger, png
from evidence.digests import moment
from evidence.extracts import Extract
from evidence.reader import EvidenceReader, StoredPayload, latest, plain, snapshot
from evidence.seal_files import MANIFEST, SealFolder
from evidence.seal_store import attempts, put, seal_of
from language.charset import to_text
from storage.database import Database

__all__ = ["Sealer", "seal_of"]

ACTOR = "sealer"
_LIKE_ENOUGH = 0.6
_EXTENSIONS = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/json": "json",
    "text/plain": "txt",
}
_PACKED = {"gzip": ".gz", "x-gzip": ".gz", "br": ".br", "deflate": ".zz"}


@frozen(kw_only=True)
class _Subject:
    """What is to be sealed, as the database knows it."""

    snapshot: Snapshot
    live: bool
    extracts: tuple[Extract, ...]
    entries: tuple[ledger.Entry, ...]


class Sealer:
    """Makes seals. A step that fails makes the seal incomplete with its reason, never an error."""

    def __init__(
        self, *, directory: Path, database: Database, clock: Clock, renderer: Renderer | None
    ) -> None:
        self._directory = directory
        self._database = database
        self._clock = clock
        self._renderer = renderer
        self._reader = EvidenceReader(directory=directory)

    def seal(self, request: CaptureRequest) -> Seal:
        """Seal the snapshot that the request names, else the newest good one of its address.

        A page that was crawled is visited again; what was imported, or has gone since, is shown
        from its stored bytes and marked `live=False`. Files are durable before the row is. A
        request without a clue is filed under its own id.
        """
        clue_id = request.clue_id or request.id
        with self._database.read() as tx:
            first = attempts(tx, clue_id)
            subject, reason = _subject(tx, request)
        folder = SealFolder(self._directory, clue_id, first=first)
        if subject is not None:
            reason = self._try(folder, subject)
        made = Seal(
            id=folder.seal_id,
            clue_id=clue_id,
            snapshot_id=subject.snapshot.id if subject else request.snapshot_id or "",
            url=subject.snapshot.url if subject else request.url,
            status=SealStatus.INCOMPLETE if reason else SealStatus.SEALED,
            reason=reason,
            live=subject.live if subject else False,
            sealed_at=self._clock.now(),
            directory=folder.name,
        )
        made = _with_manifest(folder, made, subject)
        with self._database.write() as tx:
            put(tx, made, actor=ACTOR)
        return made

    def _try(self, folder: SealFolder, subject: _Subject) -> str | None:
        try:
            self._collect(folder, subject)
            folder.check()
        except CluewatchError as error:
            return error.message
        except OSError as error:
            return f"固证文件无法写入: {error.strerror}"
        return None

    def _collect(self, folder: SealFolder, subject: _Subject) -> None:
        copies = (extracts.copy(self._directory, wanted) for wanted in subject.extracts)
        pieces = (piece for copied in copies for piece in copied)
        folder.add("capture.warc.gz", "application/warc+gzip", pieces)
        with self._database.read() as tx:
            payload = self._reader.payload(tx, subject.snapshot.id)
        media = content.media_type(payload.headers) or "application/octet-stream"
        folder.add(_raw_name(payload), media, (payload.body,))
        page = self._render(subject, payload, media)
        environment = {**page.environment, "final_url": page.final_url, "live": subject.live}
        folder.add("environment.json", "application/json", (_json(environment),))
        folder.add("rendered.html", "text/html; charset=utf-8", (page.html,))
        folder.add("screenshot.png", "image/png", (page.screenshot,))
        text = content.visible_text(page.html.decode("utf-8", "replace"))
        folder.add("text.txt", "text/plain; charset=utf-8", (text.encode(),))
        _check_shown(subject, payload, page)

    def _render(self, subject: _Subject, payload: StoredPayload, media: str) -> RenderedPage:
        if self._renderer is None:
            raise PermanentError("没有可用的浏览器，无法截图")
        if subject.live:
            return self._renderer.render(subject.snapshot.url)
        if "html" not in media:
            raise EvidenceError(f"{media} 类型的内容无法离线成像")
        html = content.decoded(payload.body, payload.headers)
        _, name, _ = to_text(html, payload.headers)
        return self._renderer.render_stored(subject.snapshot.url, html, name)


def _subject(tx: Connection, request: CaptureRequest) -> tuple[_Subject | None, str | None]:
    """What to seal, or None and why there is nothing."""
    try:
        wanted = request.snapshot_id
        kept = snapshot(tx, wanted) if wanted else latest(tx, request.url, Outcome.OK)
        if kept is None or kept.outcome is not Outcome.OK:
            return None, "没有可供固证的快照"
        copied = extracts.extracts(tx, kept)
    except NotFound as error:
        return None, error.message
    newest = latest(tx, kept.url)
    gone = newest is not None and newest.outcome.is_gone
    subject = _Subject(
        snapshot=kept,
        live=kept.acquisition is Acquisition.CRAWL and not gone,
        extracts=copied,
        entries=tuple(ledger.entries_about(tx, [each.snapshot_id for each in copied])),
    )
    return subject, None


def _check_shown(subject: _Subject, payload: StoredPayload, page: RenderedPage) -> None:
    if png.is_blank(page.screenshot):
        raise EvidenceError("截图是空白的")
    wanted, shown = (urlsplit(url).hostname for url in (subject.snapshot.url, page.final_url))
    if subject.live and wanted != shown:
        raise EvidenceError(f"页面已转到另一网站 {shown}")
    html = content.decoded(payload.body, payload.headers)
    stored, _, _ = to_text(html, payload.headers)
    like = content.likeness(stored, page.html.decode("utf-8", "replace"))
    if like is None:
        raise EvidenceError("页面没有可见文字，无法与快照核对")
    if like < _LIKE_ENOUGH:
        raise EvidenceError(f"页面内容与快照不符（相同部分 {like:.0%}），可能被拦截或已改动")


def _with_manifest(folder: SealFolder, seal: Seal, subject: _Subject | None) -> Seal:
    """The seal with its manifest written last and everything durable."""
    manifest = _json(_manifest(folder, seal, subject))
    try:
        added = folder.add(MANIFEST, "application/json", (manifest,))
        folder.sync()
    except OSError as error:
        reason = seal.reason or f"固证清单无法写入: {error.strerror}"
        files = tuple(folder.files)
        return evolve(seal, status=SealStatus.INCOMPLETE, reason=reason, files=files)
    return evolve(seal, manifest_digest=f"sha256:{added.sha256}", files=tuple(folder.files))


def _manifest(folder: SealFolder, seal: Seal, subject: _Subject | None) -> dict[str, Any]:
    return {
        "format": "cluewatch-seal/1",
        "seal": seal.id,
        "clue": seal.clue_id,
        "url": seal.url,
        "status": seal.status.value,
        "reason": seal.reason,
        "made": {
            "at": moment(seal.sealed_at),
            "by": ACTOR,
            "live": seal.live,
            "how": "以浏览器实时访问" if seal.live else "以已保存的字节离线成像，并非实时访问",
            "clock_offset": "unknown",
        },
        "snapshot": plain(subject.snapshot) if subject else None,
        "records": [
            {
                "snapshot": each.snapshot_id,
                "warc": each.warc,
                "offset": each.offset,
                "length": each.length,
                "stored_digest": each.digest,
                "record_digests": list(each.records),
            }
            for each in (subject.extracts if subject else ())
        ],
        "ledger": [
            {"writer": entry.writer, "seq": entry.seq, "digest": entry.digest}
            for entry in (subject.entries if subject else ())
        ],
        "files": [
            {"name": file.name, "media_type": file.media_type, "size": file.size}
            | {"sha256": file.sha256, "sm3": file.sm3}
            for file in folder.files
        ],
    }


def _raw_name(payload: StoredPayload) -> str:
    extension = _EXTENSIONS.get(content.media_type(payload.headers), "bin")
    name = content.coding(payload.headers)
    return f"raw.{extension}{_PACKED.get(name, '.coded') if name else ''}"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()
