"""Feeds: RSS, Atom and JSON Feed, as bridges and official lists write them (sources.md §1.2)."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from attrs import frozen
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from crawlers.canonical import split
from crawlers.importers.records import MAX_BODY, TOO_LONG, ImportOptions, ImportRecord, imported
from crawlers.importers.saved import file_time
from crawlers.importers.scrub import scrub
from crawlers.pages.dates import CHINA, moment_of
from domain.captures import Acquisition
from language.charset import to_text

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30};)")
_PROXIED = re.compile(
    r"https?://[^\s\"'<>?]{1,300}\?(?:[^\s\"'<>]{0,200}?&(?:amp;)?)?(?:u|url|src|img)="
    r"(https?(?:%3A|:)(?:%2F|/){2}mmbiz\.qpic\.cn[^\s\"'<>&]{1,600})",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^>]{1,2000}>")
_BODIES = ("encoded", "content_html", "content", "content_text")
_SUMMARIES = ("description", "summary")
_FULL_TEXT = 200
_MOST = 20_000


@frozen(kw_only=True)
class _Item:
    """One entry of a feed as it is written; "" where it says nothing."""

    title: str
    link: str
    body: str
    author: str
    published: str


def read_feed(path: Path, *, options: ImportOptions) -> Iterator[ImportRecord]:
    """Each entry of a feed: with its full text a capture, with a summary alone an address to visit.

    A capture is the entry's own markup in a page of ours (title, author, date as metas), and its
    note names the file by its SHA-256. Dates without a zone are Chinese time; pictures behind a
    bridge's proxy get their own addresses back.
    """
    data = path.read_bytes()
    text, _, _ = to_text(data)
    title, items = _items(text)
    if isinstance(items, str):
        yield ImportRecord(record=path.name, error=f"{path.name}：{items}")
        return
    origin = f"摘自订阅文件 {path.name}（SHA-256 {hashlib.sha256(data).hexdigest()}）"
    for number, item in enumerate(items[:_MOST], start=1):
        place = f"{path.name} 第 {number} 条"
        moment = options.captured_at or file_time(path)
        yield _record(item, place, title, origin, moment)
    if not items:
        yield ImportRecord(record=path.name, error=f"{path.name}：订阅文件里没有条目")
    if len(items) > _MOST:
        reason = f"{path.name}：超过 {_MOST} 条，其余未读"
        yield ImportRecord(record=path.name, error=reason)


def _record(item: _Item, place: str, feed: str, origin: str, captured_at: datetime) -> ImportRecord:
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


def _page(item: _Item, feed: str) -> str:
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


def _items(text: str) -> tuple[str, Sequence[_Item] | str]:
    """The feed's title and its entries, or why there are none."""
    start = text.lstrip("\ufeff \t\r\n")
    return _json_items(start) if start.startswith("{") else _xml_items(start)


def _json_items(text: str) -> tuple[str, Sequence[_Item] | str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return "", f"不是有效的 JSON Feed（{str(error)[:80]}）"
    listed = value.get("items") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        return "", "JSON Feed 缺少 items 列表"
    items = [_json_item(one) for one in listed if isinstance(one, dict)]
    return str(value.get("title") or ""), items


def _json_item(entry: dict[str, object]) -> _Item:
    authors = entry.get("authors") or [entry.get("author")]
    first = authors[0] if isinstance(authors, list) and authors else None
    name = first.get("name") if isinstance(first, dict) else first
    body = next((entry[key] for key in (*_BODIES, *_SUMMARIES[1:]) if entry.get(key)), "")
    link = entry.get("url") or entry.get("external_url") or entry.get("id")
    return _Item(
        title=str(entry.get("title") or ""),
        link=str(link or ""),
        body=str(body),
        author=str(name or ""),
        published=str(entry.get("date_published") or entry.get("date_modified") or ""),
    )


def _xml_items(text: str) -> tuple[str, Sequence[_Item] | str]:
    text = _DECLARATION.sub("", text)
    text = _ENTITY.sub(lambda match: html.escape(html.unescape(match[0])), text)
    try:
        root = fromstring(_ILLEGAL.sub("", text), forbid_dtd=False, forbid_entities=True)
    except DefusedXmlException:
        return "", "订阅文件声明了 XML 实体，拒绝读取"
    except (ParseError, ValueError, RecursionError) as error:
        return "", f"订阅文件的 XML 损坏（{str(error)[:80]}）"
    head = next((one for one in root if _name(one) == "channel"), root)
    entries = [one for one in root.iter() if _name(one) in ("item", "entry")]
    return _text(head, ("title",)), [_xml_item(one) for one in entries]


def _xml_item(entry: Element) -> _Item:
    body = _text(entry, _BODIES)
    return _Item(
        title=_text(entry, ("title",)),
        link=_link(entry),
        body=body or _text(entry, _SUMMARIES),
        author=_text(entry, ("author", "creator")),
        published=_text(entry, ("pubDate", "published", "date", "updated")),
    )


def _link(entry: Element) -> str:
    """`<link>` by its text or, in Atom, its `href`; else a guid or id that is an address."""
    links = [one for one in entry if _name(one) == "link"]
    links.sort(key=lambda one: one.get("rel", "alternate") != "alternate")
    written = [(one.text or "").strip() or one.get("href", "") for one in links]
    written.append(_text(entry, ("guid", "id")))
    return next((one for one in written if split(one) is not None), "")


def _text(entry: Element, names: Sequence[str]) -> str:
    """What the first of the named children holds; markup inside it (Atom's xhtml) as text."""
    for name in names:
        for child in entry:
            words = "".join(child.itertext()).strip() if _name(child) == name else ""
            if words:
                return words
    return ""


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
