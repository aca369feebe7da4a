"""HAR files: what a browser or a phone recorded of its own traffic."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from crawlers.canonical import split
from crawlers.importers.platform import listed_articles
from crawlers.importers.records import MAX_BODY, TOO_LONG, ImportOptions, ImportRecord, imported
from crawlers.importers.scrub import scrub
from crawlers.pages.signals import outcome_of_status
from crawlers.pages.wechat_lists import ArticleList, article_list
from domain.captures import Acquisition
from language.charset import to_text

# The content of a HAR is decoded already; these headers speak of the bytes on the wire.
_WIRE_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_PAGES = ("text/html", "application/xhtml", "application/json", "text/plain", "text/json",
          "application/xml", "text/xml", "image/", "application/pdf")  # fmt: skip


class _Header(BaseModel):
    name: str
    value: str = ""


class _Content(BaseModel):
    mime_type: str = Field(default="", alias="mimeType")
    text: str | None = None
    encoding: str | None = None


class _Response(BaseModel):
    status: int = 0
    headers: list[_Header] = []
    content: _Content = _Content()


class _Request(BaseModel):
    url: str


class _Entry(BaseModel):
    request: _Request
    response: _Response
    started: AwareDatetime | datetime = Field(alias="startedDateTime")
    ip: str | None = Field(default=None, alias="serverIPAddress")


class _Log(BaseModel):
    entries: list[dict[str, object]]


class _Har(BaseModel):
    log: _Log


def read_har(data: bytes, *, name: str, options: ImportOptions) -> Iterator[ImportRecord]:
    """Each page, data or picture entry with stored content; scripts, styles and fonts are left."""
    try:
        har = _Har.model_validate_json(data.decode("utf-8-sig", "replace"))
    except ValidationError as error:
        reason = f"{name}：不是有效的 HAR 文件（{_first(error)}）"
        yield ImportRecord(record=name, error=reason)
        return
    found = False
    for number, raw in enumerate(har.log.entries, start=1):
        record = _record(raw, f"{name} 第 {number} 条", options)
        if record is not None:
            found = True
            yield record
            yield from _listed(record)
    if not found:
        yield ImportRecord(record=name, error=f"{name}：HAR 文件里没有保存任何网页内容")


def _listed(record: ImportRecord) -> Iterator[ImportRecord]:
    """The articles in a recorded list of a public account, to be visited in their turn."""
    if record.capture is not None and record.url is not None:
        text, _, _ = to_text(record.capture.body, record.capture.headers)
        listed = article_list(text, record.url)
        if isinstance(listed, ArticleList):
            yield from listed_articles(listed, record.record)


def _record(raw: dict[str, object], place: str, options: ImportOptions) -> ImportRecord | None:
    try:
        entry = _Entry.model_validate(raw)
    except ValidationError as error:
        return ImportRecord(record=place, error=f"{place}：条目不完整（{_first(error)}）")
    content = entry.response.content
    media = content.mime_type.partition(";")[0].strip().lower()
    if split(entry.request.url) is None or not media.startswith(_PAGES):
        return None
    if not content.text and (media != "text/html" or entry.response.status != 200):
        return None
    body = _body(content)
    if isinstance(body, bytes):
        return _captured(entry, place, media, body, options)
    url = scrub(entry.request.url, ()).url
    return ImportRecord(record=place, url=url, error=f"{place}：{body}")


def _captured(
    entry: _Entry, place: str, media: str, body: bytes, options: ImportOptions
) -> ImportRecord:
    response = entry.response
    kept = [(h.name, h.value) for h in response.headers if h.name.lower() not in _WIRE_HEADERS]
    if response.content.encoding != "base64":
        kept = [pair for pair in kept if pair[0].lower() != "content-type"]
        kept.append(("Content-Type", f"{media}; charset=utf-8"))
    clean = scrub(entry.request.url, kept, body)
    started = entry.started if entry.started.tzinfo else entry.started.replace(tzinfo=UTC)
    capture = imported(
        url=clean.url,
        captured_at=options.captured_at or started,
        acquisition=Acquisition.IMPORT_HAR,
        body=clean.body,
        headers=clean.headers,
        status=response.status,
        outcome=outcome_of_status(response.status, clean.headers),
        ip=entry.ip or None,
        note=clean.note,
    )
    return ImportRecord(record=place, url=clean.url, capture=capture)


def _body(content: _Content) -> bytes | str:
    """The stored bytes, or why there are none."""
    if not content.text:
        return "HAR 没有保存正文，请重新导出并选择包含内容"
    body = content.text.encode("utf-8", "replace")
    if content.encoding == "base64":
        try:
            body = base64.b64decode(b"".join(body.split()), validate=True)
        except (binascii.Error, ValueError):
            return "正文的 base64 编码损坏"
    return body if len(body) <= MAX_BODY else TOO_LONG


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}：{problem['msg']}" if place else problem["msg"]
