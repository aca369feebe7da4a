"""Sealing (固证): the full proof of one clue, or a record of what could not be proved and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import define, evolve

from domain.captures import (
    Acquisition,
    Capture,
    CaptureRequest,
    Profile,
    Seal,
    SealStatus,
    Snapshot,
)
from domain.errors import (
    CluewatchError,
    EvidenceError,
    PermanentError,
    RetryableError,
    Unreachable,
)
from domain.outcomes import Outcome
from domain.ports import Clock, Renderer, TimeReference, VisitJudge
from domain.rendering import RenderedPage
from evidence import content, extracts, seal_checks, seal_manifest, seal_subject
from evidence.keyring import KeyRing
from evidence.reader import EvidenceReader, StoredPayload
from evidence.seal_checks import ClockReading, SealRules
from evidence.seal_files import MANIFEST, WARC, SealFolder
from evidence.seal_members import put_page, put_read_pictures, raw_name
from evidence.seal_store import attempts, put, seal_of
from evidence.seal_subject import Subject
from evidence.timestamps import TOKEN, Timestamps
from language.charset import to_text
from storage.database import Database

__all__ = ["Sealer", "seal_of"]

_RENDERED = (("Content-Type", "text/html; charset=utf-8"),)
_GARBLED = "实时访问得到的字节与存证相同，但网页声明的编码有误，浏览器显示为乱码"
_UNREAD = ClockReading(offset=None, note="未及核对时钟")


@define(kw_only=True)
class _Attempt:
    """One attempt as it goes on: what is sealed, how it is shown, what was found on the way."""

    request: CaptureRequest
    folder: SealFolder
    subject: Subject | None = None
    live: bool = False
    why_stored: str | None = None
    clock: ClockReading = _UNREAD


class Sealer:
    """Makes seals. A step that fails makes the seal incomplete with its reason, never an error.

    `keep` stores a capture and returns its snapshot; an officer's visit is evidence by itself.
    `keys` close what shows the page as it was, `mask` takes private persons out of its words.
    """

    def __init__(
        self,
        *,
        directory: Path,
        database: Database,
        clock: Clock,
        renderer: Renderer | None,
        judge: VisitJudge,
        keep: Callable[[Capture], Snapshot],
        keys: KeyRing,
        mask: Callable[[str], str],
        reference: TimeReference | None = None,
        timestamps: Timestamps | None = None,
        rules: SealRules | None = None,
    ) -> None:
        self._directory = directory
        self._database = database
        self._clock = clock
        self._renderer = renderer
        self._judge = judge
        self._keep = keep
        self._keys = keys
        self._mask = mask
        self._reference = reference
        self._timestamps = timestamps
        self._rules = rules or SealRules()
        self._reader = EvidenceReader(directory=directory)

    def seal(self, request: CaptureRequest) -> Seal:
        """Seal the snapshot that the request names, else the newest good one of its address.

        A page that was crawled is visited again; what was imported, or has gone since, is shown
        from its stored bytes and marked `live=False`. A request of profile OFFICER visits the
        page now and keeps what it finds as a capture of its own. Files are durable before the row
        is. A request without a clue is filed under its own id.
        """
        clue_id = request.clue_id or request.id
        with self._database.read() as tx:
            first = attempts(tx, clue_id)
        attempt = _Attempt(
            request=request, folder=SealFolder(self._directory, clue_id, first=first)
        )
        reason = self._try(attempt)
        subject = attempt.subject
        made = Seal(
            id=attempt.folder.seal_id,
            clue_id=clue_id,
            snapshot_id=subject.snapshot.id if subject else request.snapshot_id or "",
            url=subject.snapshot.url if subject else request.url,
            status=SealStatus.INCOMPLETE if reason else SealStatus.SEALED,
            reason=reason,
            live=attempt.live,
            sealed_at=self._clock.now(),
            directory=attempt.folder.name,
        )
        made = self._finish(attempt, made)
        with self._database.write() as tx:
            closed = self._keys.close(attempt.folder.key, owner=made.id)
            put(tx, made, request=request, key=closed)
        return made

    def _try(self, attempt: _Attempt) -> str | None:
        try:
            attempt.clock = seal_checks.read_clock(self._reference, self._rules)
            self._collect(attempt)
            attempt.folder.check()
        except CluewatchError as error:
            return error.message
        except OSError as error:
            return f"固证文件无法写入: {error.strerror}"
        return None

    def _collect(self, attempt: _Attempt) -> None:
        page = self._visit_now(attempt) if attempt.request.profile is Profile.OFFICER else None
        subject = attempt.subject or self._stored_subject(attempt)
        payload = self._copy(attempt.folder, subject)
        page = page or self._show(attempt, subject, payload)
        put_page(attempt.folder, page, self._mask)
        seal_checks.check_clean(page)
        seal_checks.check_shown(page, payload)
        seal_checks.check_whole(attempt.folder.files, live=attempt.live)
        seal_checks.check_order(subject.snapshot.captured_at, self._clock.now())

    def _stored_subject(self, attempt: _Attempt) -> Subject:
        request = attempt.request
        with self._database.read() as tx:
            subject = seal_subject.find(tx, request.url, request.snapshot_id)
        attempt.subject = subject
        attempt.why_stored = attempt.why_stored or subject.why_stored
        attempt.live = attempt.why_stored is None
        return subject

    def _copy(self, folder: SealFolder, subject: Subject) -> StoredPayload:
        copies = (extracts.copy(self._directory, wanted) for wanted in subject.extracts)
        pieces = (piece for copied in copies for piece in copied)
        folder.add(WARC, "application/warc+gzip", pieces)
        with self._database.read() as tx:
            payload = self._reader.payload(tx, subject.snapshot.id)
        media = content.media_type(payload.headers) or "application/octet-stream"
        folder.add(raw_name(payload), media, (payload.body,))
        with self._database.read() as tx:
            shown = [self._reader.payload(tx, picture.id) for picture in subject.pictures]
        put_read_pictures(folder, shown)
        return payload

    def _visit_now(self, attempt: _Attempt) -> RenderedPage | None:
        """An officer's visit, kept as a capture; None when the page has gone."""
        request = attempt.request
        page, outcome = self._look(attempt, request.url)
        if page is None or page.visit is None:
            return None
        visit = page.visit
        kept = self._keep(
            Capture(
                url=request.url,
                source_id=request.source_id,
                captured_at=self._clock.now(),
                outcome=outcome,
                profile=Profile.OFFICER,
                acquisition=Acquisition.OFFICER,
                status=visit.status,
                headers=_decoded_headers(visit.headers),
                body=visit.body,
                ip=visit.address,
                redirects=visit.redirects,
                robots="由人员现场取证，不适用",
                note=request.purpose,
            )
        )
        if outcome is not Outcome.OK:
            return None
        with self._database.read() as tx:
            attempt.subject = seal_subject.find(tx, request.url, kept.id)
        attempt.live = True
        return page

    def _show(self, attempt: _Attempt, subject: Subject, payload: StoredPayload) -> RenderedPage:
        if attempt.live:
            page, outcome = self._look(attempt, subject.snapshot.url)
            if page is not None and outcome is Outcome.OK:
                if not seal_checks.is_garbled(page, payload):
                    return page
                attempt.why_stored = _GARBLED
            attempt.live = False
        media = content.media_type(payload.headers)
        if "html" not in media:
            raise EvidenceError(f"{media or '未知'} 类型的内容无法离线成像")
        html = content.decoded(payload.body, payload.headers)
        _, name, _ = to_text(html, payload.headers)
        return self._browser().render_stored(subject.snapshot.url, html, name)

    def _look(self, attempt: _Attempt, url: str) -> tuple[RenderedPage | None, Outcome]:
        """Visit the page; notes why when it has gone. Raises RetryableError when refused."""
        try:
            page = self._browser().render(url)
        except Unreachable as error:
            attempt.why_stored = f"实时访问时{error.message}"
            return None, Outcome.UNREACHABLE
        outcome, reason = self._judge(
            url=page.final_url,
            status=page.visit.status if page.visit else 0,
            headers=_RENDERED,
            body=page.html,
        )
        if outcome.is_gone:
            attempt.why_stored = f"实时访问时页面已不存在（{reason or outcome.value}）"
        elif outcome is not Outcome.OK:
            raise RetryableError(f"实时访问未得到网页内容（{outcome.value}）：{reason}")
        return page, outcome

    def _finish(self, attempt: _Attempt, seal: Seal) -> Seal:
        """The seal with its manifest and timestamp written last, and everything durable."""
        folder = attempt.folder
        seal, written, token = self._stamped(attempt, seal)
        try:
            added = folder.add(MANIFEST, "application/json", (written,))
            if token is not None:
                folder.add(TOKEN, "application/timestamp-reply", (token,))
            folder.sync()
        except OSError as error:
            reason = seal.reason or f"固证清单无法写入: {error.strerror}"
            files = tuple(folder.files)
            return evolve(seal, status=SealStatus.INCOMPLETE, reason=reason, files=files)
        return evolve(seal, manifest_digest=f"sha256:{added.sha256}", files=tuple(folder.files))

    def _stamped(self, attempt: _Attempt, seal: Seal) -> tuple[Seal, bytes, bytes | None]:
        """The manifest with its timestamp; one that says why there is none, else."""
        rules, why = self._rules, "未设置时间戳服务"
        if seal.reason is None and self._timestamps is not None:
            written = _manifest(attempt, seal, timestamp=f"{TOKEN}，{self._timestamps.authority}")
            try:
                token = self._timestamps.stamp(written, near=seal.sealed_at, most=rules.most_offset)
            except CluewatchError as error:
                why = f"时间戳未取得：{error.message}"
            else:
                return seal, written, token
        if seal.reason is None and rules.timestamp_required:
            seal = evolve(seal, status=SealStatus.INCOMPLETE, reason=why)
        return seal, _manifest(attempt, seal, timestamp=f"无：{why}"), None

    def _browser(self) -> Renderer:
        if self._renderer is None:
            raise PermanentError("没有可用的浏览器，无法截图")
        return self._renderer


def _manifest(attempt: _Attempt, seal: Seal, *, timestamp: str) -> bytes:
    return seal_manifest.manifest(
        seal=seal,
        request=attempt.request,
        subject=attempt.subject,
        files=attempt.folder.files,
        clock=attempt.clock,
        why_stored=attempt.why_stored,
        timestamp=timestamp,
    )


def _decoded_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The browser has undone the content coding, so the header must not ask for it again."""
    coding = "content-encoding"
    return tuple(
        (f"X-Archive-Orig-{name}" if name.lower() == coding else name, value)
        for name, value in headers
    )
