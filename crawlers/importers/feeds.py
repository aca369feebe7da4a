"""Feeds as files: each entry a capture of its own, or an address to visit."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote

from crawlers.canonical import split
from crawlers.importers.records import MAX_BODY, TOO_LONG, ImportOptions, ImportRecord, imported
from crawlers.importers.saved import file_time
from crawlers.importers.scrub import scrub
from crawlers.pages.dates import CHINA, moment_of
from crawlers.pages.feeds import Entry, feed_of
from domain.captures import Acquisition
from language.charset import to_text

_PROXIED = re.compile(
    r"https?://[^\s\"'<>?]{1,300}\?(?:[^\s\"'<>]{0,200}?&(?:amp;)?)?(?:u|url|src|img)="
    r"(https?(?:%3A|:)(?:%2F|/){2}mmbiz\.qpic\.cn[^\s\"'<>&]{1,600})",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^>]{1,2000}>")
_FULL_TEXT = 200
_MOST = 20_000


def read_feed(path: Path, *, options: ImportOptions) -> Iterator[ImportRecord]:
    """Each entry of a feed: with its full text a capture, with a summary alone an address to visit.

    A capture is the entry's own markup in a page of ours (title, author, date as metas), and its
    note names the file by its SHA-256. Dates without a zone are Chinese time; pictures behind a
    bridge's proxy get their own addresses back.
    """
    data = path.read_bytes()
    text, _, _ = to_text(data)
    feed = feed_of(text)
    if isinstance(feed, str):
        yield ImportRecord(record=path.name, error=f"{path.name}：{feed}")
        return
    origin = f"摘自订阅文件 {path.name}（SHA-256 {hashlib.sha256(data).hexdigest()}）"
    for number, item in enumerate(feed.entries[:_MOST], start=1):
        place = f"{path.name} 第 {number} 条"
        moment = options.captured_at or file_time(path)
        yield _record(item, place, feed.title, origin, moment)
    if not feed.entries:
        yield ImportRecord(record=path.name, error=f"{path.name}：订阅文件里没有条目")
    if len(feed.entries) > _MOST:
        reason = f"{path.name}：超过 {_MOST} 条，其余未读"
        yield ImportRecord(record=path.name, error=reason)


def _record(item: Entry, place: str, feed: str, origin: str, captured_at: datetime) -> ImportRecord:
    if split(item.link) is None:
        reason = f"{place}：条目没有可用的网址（{item.title[:40] or item.link[:40]}）"
        return ImportRecord(record=place, error=reason)
    if len(_TAG.sub("", item.body)) < _FULL_TEXT and "<img" not in item.body:
        return ImportRecord(record=place, url=scrub(item.link, ()).url, request=True)
    headers = (("Content-Type", "text/html; charset=utf-8"),)
    clean = scrub(item.link, headers, _page(item, feed).encode("utf-8", "replace"))
    if len(clean.body) > MAX_BODY:
        return ImportRecord(record=place, url=clean.url, error=f"{place}：{TOO_LONG}")
    capture = imported(
        url=clean.url,
        captured_at=captured_at,
        acquisition=Acquisition.FEED,
        body=clean.body,
        headers=clean.headers,
        note="；".join(note for note in (origin, clean.note) if note),
    )
    return ImportRecord(record=place, url=clean.url, capture=capture)


def _page(item: Entry, feed: str) -> str:
    published = _moment(item.published)
    metas = {
        "author": item.author,
        "article:published_time": published.isoformat() if published else "",
        "og:site_name": feed,
    }
    written = "".join(
        f'<meta name="{name}" content="{html.escape(value)}">'
        for name, value in metas.items()
        if value
    )
    body = item.body if "<" in item.body else f"<p>{html.escape(item.body)}</p>"
    body = _PROXIED.sub(lambda match: unquote(match[1]), body)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{html.escape(item.title)}'
        f"</title>{written}</head><body>{body}</body></html>"
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return moment_of(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
