"""Feeds: RSS, Atom and JSON Feed, as bridges and official lists write them (sources.md §1.2)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, ParseError

from attrs import frozen
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from crawlers.canonical import canonical_url, split
from crawlers.pages.addresses import absolute
from crawlers.pages.blocks import Piece, joined, piece, private_notes
from crawlers.pages.walk import walk
from domain.outcomes import Outcome
from domain.pages import BlockPage, Link, Origin, PageKind, ParsedPage
from language.identifiers import identifiers

PAGE = "feed@1"
_XML_FEED = re.compile(r"<(?:rss|rdf:RDF)\b|<feed\b[^>]*w3\.org/2005/Atom")
_HTML_PAGE = re.compile(r"<html\b|<!doctype\s+html", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30};)")
_BODIES = ("encoded", "content_html", "content", "content_text")
_SUMMARIES = ("description", "summary")
_HEAD = 8192
_MOST = 2_000


@frozen(kw_only=True)
class Entry:
    """One entry of a feed as it is written; "" where it says nothing."""

    title: str
    link: str
    body: str
    author: str
    published: str


@frozen(kw_only=True)
class Feed:
    """A feed and its entries in order."""

    title: str
    entries: tuple[Entry, ...]


def is_feed(text: str) -> bool:
    """Whether the head of a body is that of a feed."""
    start = text[:_HEAD].lstrip("\ufeff \t\r\n")
    if not start.startswith(("{", "<")):
        return False
    if start.startswith("{"):
        named = '"version"' in start[:2000] and '"items"' in start
        return named or "jsonfeed.org/version" in start[:2000]
    feed, page = _XML_FEED.search(start), _HTML_PAGE.search(start)
    return feed is not None and (page is None or feed.start() < page.start())


def feed_of(text: str) -> Feed | str:
    """A feed's entries, or why it cannot be read. Entities that a feed declares are refused."""
    start = text.lstrip("\ufeff \t\r\n")
    title, entries = _json_entries(start) if start.startswith("{") else _xml_entries(start)
    return entries if isinstance(entries, str) else Feed(title=title, entries=tuple(entries))


def read_feed_page(
    *, text: str, url: str, charset: str, notes: Sequence[str]
) -> ParsedPage | BlockPage:
    """A crawled feed as a list: titles and words of its entries, each entry a link ("article")."""
    feed = feed_of(text)
    if isinstance(feed, str):
        return BlockPage(outcome=Outcome.BAD_CONTENT, reason=feed)
    heading = piece(feed.title, Origin.TITLE, "title")
    pieces = [*([heading] if heading else []), *_pieces(feed)]
    words, blocks = joined(pieces)
    return ParsedPage(
        page=PAGE,
        canonical_url=canonical_url(url),
        kind=PageKind.LISTING,
        title=feed.title,
        text=words,
        blocks=blocks,
        links=feed_links(feed, url),
        identifiers=identifiers(words),
        charset=charset,
        extractor="feed",
        notes=(*notes, *private_notes(pieces)),
    )


def feed_links(feed: Feed, url: str) -> tuple[Link, ...]:
    """The entries' addresses, each once, rel "article"."""
    found: dict[str, Link] = {}
    for entry in feed.entries[:_MOST]:
        target = absolute(entry.link, url)
        if target is not None:
            found.setdefault(target, Link(url=target, text=entry.title, rel="article"))
    return tuple(found.values())


def _pieces(feed: Feed) -> Iterator[Piece]:
    for number, entry in enumerate(feed.entries[:_MOST], start=1):
        made = piece(entry.title, Origin.DOM, f"entry[{number}]", linked=True)
        if made is not None:
            yield made
        yield from (one for one in walk(entry.body).pieces if one.text)


def _json_entries(text: str) -> tuple[str, Sequence[Entry] | str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return "", f"不是有效的 JSON Feed（{str(error)[:80]}）"
    listed = value.get("items") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        return "", "JSON Feed 缺少 items 列表"
    items = [_json_entry(one) for one in listed if isinstance(one, dict)]
    return str(value.get("title") or ""), items


def _json_entry(entry: dict[str, object]) -> Entry:
    authors = entry.get("authors") or [entry.get("author")]
    first = authors[0] if isinstance(authors, list) and authors else None
    name = first.get("name") if isinstance(first, dict) else first
    body = next((entry[key] for key in (*_BODIES, *_SUMMARIES[1:]) if entry.get(key)), "")
    link = entry.get("url") or entry.get("external_url") or entry.get("id")
    return Entry(
        title=str(entry.get("title") or ""),
        link=str(link or ""),
        body=str(body),
        author=str(name or ""),
        published=str(entry.get("date_published") or entry.get("date_modified") or ""),
    )


def _xml_entries(text: str) -> tuple[str, Sequence[Entry] | str]:
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
    return _text(head, ("title",)), [_xml_entry(one) for one in entries]


def _xml_entry(entry: Element) -> Entry:
    body = _text(entry, _BODIES)
    return Entry(
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
