"""What a sealed set must be before it may be called complete; anything less is a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from attrs import frozen

from domain.captures import SealedFile
from domain.errors import CluewatchError, EvidenceError, RetryableError
from domain.ports import TimeReference
from domain.rendering import RenderedPage
from evidence import content, png
from evidence.reader import StoredPayload
from evidence.seal_files import WARC
from language.charset import to_text

_LIKE_ENOUGH = 0.6
_CHARSETS = ("gb18030", "utf-8", "big5", "latin-1")
_ALWAYS = (
    WARC,
    "rendered.html",
    "text.txt",
    "page.mhtml",
    "screenshot.png",
    "environment.json",
    "masked.png",
    "masked.txt",
)
_MAY_BE_EMPTY = ("text.txt", "masked.txt")


@frozen(kw_only=True)
class SealRules:
    """What the office demands beyond the files.

    `clock_required`: an offset that cannot be known is fatal. `most_offset`: a known one may not
    be larger, whatever is required. `timestamp_required`: no seal without a trusted timestamp.
    """

    clock_required: bool = False
    most_offset: timedelta = timedelta(seconds=5)
    timestamp_required: bool = False


@frozen(kw_only=True)
class ClockReading:
    """How far the civil clock was ahead of trusted time, or why that is not known."""

    offset: timedelta | None
    note: str

    @property
    def words(self) -> str:
        """For the manifest: seconds with their sign, or "unknown"."""
        return "unknown" if self.offset is None else f"{self.offset.total_seconds():+.3f} s"


def read_clock(reference: TimeReference | None, rules: SealRules) -> ClockReading:
    """Ask trusted time. Raises RetryableError when the rules forbid what comes of it."""
    if reference is None:
        reading = ClockReading(offset=None, note="未设置时间服务器")
    else:
        try:
            reading = ClockReading(offset=reference.offset(), note="")
        except CluewatchError as error:
            reading = ClockReading(offset=None, note=error.message)
    if reading.offset is None and rules.clock_required:
        raise RetryableError(f"时钟偏差无法得知：{reading.note}")
    if reading.offset is not None and abs(reading.offset) > rules.most_offset:
        raise RetryableError(f"时钟偏差过大：{reading.words}")
    return reading


def check_order(captured_at: datetime, sealed_at: datetime) -> None:
    """A seal cannot be older than what it seals."""
    if sealed_at < captured_at:
        raise EvidenceError("固证时刻早于采集时刻，时钟有误")


def check_clean(page: RenderedPage) -> None:
    """The browser must have held nothing before it opened the page."""
    dirty = sorted(name for name, count in page.cleanliness.items() if count)
    if dirty or not page.cleanliness:
        raise EvidenceError(f"浏览环境不清洁：{'、'.join(dirty) or '没有清洁性记录'}")


def check_shown(page: RenderedPage, payload: StoredPayload) -> None:
    """The page shown must be the page that was kept, and must show something."""
    whole, *_ = [png.is_blank(picture) for picture in (page.screenshot, page.masked, *page.tiles)]
    if whole:
        raise EvidenceError("截图是空白的")
    wanted, shown = (urlsplit(url).hostname for url in (payload.snapshot.url, page.final_url))
    if page.visit is not None and wanted != shown:
        raise EvidenceError(f"页面已转到另一网站 {shown}")
    like = _likeness(page, payload)
    if like is None:
        raise EvidenceError("页面没有可见文字或图片，无法与快照核对")
    if like < _LIKE_ENOUGH:
        raise EvidenceError(f"页面内容与快照不符（相同部分 {like:.0%}），可能被拦截或已改动")


def is_garbled(page: RenderedPage, payload: StoredPayload) -> bool:
    """Whether the browser shows the very bytes that were kept, read in another charset.

    Sites declare one and send another; such a picture proves nothing that anybody could read.
    """
    html = content.decoded(payload.body, payload.headers)
    if page.visit is None or page.visit.body != html:
        return False
    if (_likeness(page, payload) or 0) >= _LIKE_ENOUGH:
        return False
    shown = page.html.decode("utf-8", "replace")
    misread = (html.decode(charset, "replace") for charset in _CHARSETS)
    return any((content.likeness(text, shown) or 0) >= _LIKE_ENOUGH for text in misread)


def _likeness(page: RenderedPage, payload: StoredPayload) -> float | None:
    html = content.decoded(payload.body, payload.headers)
    stored, _, _ = to_text(html, payload.headers)
    return content.likeness(stored, page.html.decode("utf-8", "replace"))


def check_whole(files: list[SealedFile], *, live: bool) -> None:
    """Every member that the profile asks for must be there, and hold something.

    Only the text of the screen may be empty: some pages are pictures and nothing else.
    """
    sizes = {file.name: file.size or file.name in _MAY_BE_EMPTY for file in files}
    wanted = (*_ALWAYS, "visit.json") if live else _ALWAYS
    missing = [name for name in wanted if not sizes.get(name)]
    if not any(name.startswith("raw.") for name in sizes):
        missing.append("raw")
    if missing:
        raise EvidenceError(f"固证文件缺失或为空：{'、'.join(missing)}")
