"""The generic page of any website (`site@2`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from urllib.parse import urlsplit

from attrs import evolve

from crawlers.canonical import archived_original, canonical_url
from crawlers.pages.addresses import absolute, base_of
from crawlers.pages.blocks import Piece, joined, private_notes
from crawlers.pages.dates import published_at
from crawlers.pages.pictures import IMAGE_ONLY
from crawlers.pages.signals import refusal
from crawlers.pages.subject import subject_hint
from crawlers.pages.walk import walk
from crawlers.pages.walked import Walked
from crawlers.pages.widgets import widgets
from domain.outcomes import Outcome
from domain.pages import (
    BlockPage,
    Identifier,
    IdentifierKind,
    Link,
    Origin,
    PageKind,
    ParsedPage,
    Reading,
)
from language.identifiers import identifiers

PAGE = "site@2"
_MEANINGFUL = re.compile(r"[^\W\d_]")
_HAN = re.compile("[\u3400-\u9fff]")
_LOGIN_FOR_MORE = re.compile(r"登录(?:后)?(?:可)?(?:查看|浏览)(?:更多|全部|完整)")
_RECORD_CODE = re.compile(r"recordcode=(\d{14})\b", re.IGNORECASE)
_MENU_ITEM = 8
_MENU_RUN = 4
_SHELL = 30
_FEW_HAN = 40
_LARGE_PICTURES = 3
_PARAGRAPH = 40
_MAX_LINKS = 2_000
_LISTING_LINKS = 8
_HOME = re.compile(r"\A/?(?:index|default|main)?(?:\.\w{2,5})?\Z", re.IGNORECASE)


def read_site(
    *, text: str, url: str, captured_at: datetime, charset: str, notes: Sequence[str]
) -> Reading:
    """Read the decoded markup of any page: blocks, links, names, dates, or why it is no content."""
    found = walk(text)
    pieces = _menus_marked(found.pieces)
    title = next((one.text for one in pieces if one.origin is Origin.TITLE), "")
    body = [one for one in pieces if one.origin not in (Origin.TITLE, Origin.META)]
    words = "\n".join(one.text for one in body)
    refused = refusal(url=archived_original(url), title=title, markup=text, words=words)
    if refused is not None:
        return refused
    images = sum(address.rel == "img" for address in found.addresses)
    empty = _emptiness(body, images, found)
    if isinstance(empty, BlockPage):
        return empty
    more = ("login_for_more",) if _LOGIN_FOR_MORE.search(words) else ()
    return _page(
        found=found,
        pieces=pieces,
        title=title,
        url=url,
        captured_at=captured_at,
        charset=charset,
        notes=(*notes, *empty, *more, *private_notes(pieces)),
        widget_ids=widgets(text),
    )


def _page(
    *,
    found: Walked,
    pieces: list[Piece],
    title: str,
    url: str,
    captured_at: datetime,
    charset: str,
    notes: tuple[str, ...],
    widget_ids: tuple[Identifier, ...],
) -> ParsedPage:
    text, blocks = joined(pieces)
    links = links_of(found, url)
    published = published_at(
        metas=found.metas,
        data=found.data,
        times=found.times,
        lines=[block.text for block in blocks],
        url=url,
        captured_at=captured_at,
    )
    frames = tuple(f"iframe:{link.url}" for link in links if link.rel == "iframe")
    return ParsedPage(
        page=PAGE,
        canonical_url=canonical_url(url),
        kind=_kind(url, pieces, links, dated=published is not None),
        title=title or found.metas.get("og:title", "").strip(),
        text=text,
        blocks=blocks,
        links=links,
        identifiers=(*identifiers(text), *_dialled(found), *_registered(found), *widget_ids),
        author=found.metas.get("author", "").strip() or None,
        published_at=published,
        subject_hint=subject_hint(blocks=blocks, metas=found.metas, title=title),
        charset=charset,
        notes=(*notes, *frames),
    )


def links_of(found: Walked, url: str) -> tuple[Link, ...]:
    """All http(s) addresses of a page but scripts, each once per sort, in page order."""
    base = base_of(url, found.base)
    links: dict[tuple[str, str], Link] = {}
    for address in found.addresses:
        if address.rel == "script" or len(links) >= _MAX_LINKS:
            continue
        target = absolute(address.written, base)
        if target is None:
            continue
        known = links.get((target, address.rel))
        if known is None or not known.text:
            links[target, address.rel] = Link(url=target, text=address.text, rel=address.rel)
    return tuple(links.values())


def _menus_marked(pieces: list[Piece]) -> list[Piece]:
    """Runs of short pieces that are nothing but links are menus, wherever they stand."""
    marked: list[Piece] = []
    for is_item, run in groupby(pieces, lambda one: one.linked and len(one.text) <= _MENU_ITEM):
        members = list(run)
        if is_item and len(members) >= _MENU_RUN:
            members = [evolve(one, boilerplate=True) for one in members]
        marked.extend(members)
    return marked


def _emptiness(body: list[Piece], images: int, found: Walked) -> tuple[str, ...] | BlockPage:
    """Notes about a page of little text, or the refusal to take an empty one for content."""
    own = sum(len(_MEANINGFUL.findall(one.text)) for one in body if not one.boilerplate)
    if own >= _SHELL and (own >= _FEW_HAN or images < _LARGE_PICTURES):
        return ()
    rels = {address.rel for address in found.addresses}
    scripted = bool(found.code) or "script" in rels
    framed = not rels.isdisjoint(("iframe", "refresh"))
    if images >= _LARGE_PICTURES or (images and not (own or scripted or framed)):
        return (IMAGE_ONLY,)
    if scripted:
        reason = "页面正文由脚本生成，需渲染后再读；也可能是被拒绝访问"
        return BlockPage(outcome=Outcome.EMPTY_SHELL, reason=reason)
    if framed:
        return BlockPage(outcome=Outcome.EMPTY_SHELL, reason="页面只有框架或跳转，正文在别处")
    if own == 0:
        return BlockPage(outcome=Outcome.EMPTY_SHELL, reason="页面没有可读文字")
    return ("little_text",)


def _kind(url: str, pieces: list[Piece], links: Sequence[Link], *, dated: bool) -> PageKind:
    parts = urlsplit(archived_original(url))
    if _HOME.match(parts.path) and not parts.query:
        return PageKind.HOME
    own = [one for one in pieces if one.origin is Origin.DOM and not one.boilerplate]
    paragraphs = sum(not one.linked and len(one.text) >= _PARAGRAPH for one in own)
    titles = sum(one.linked and len(one.text) > _MENU_ITEM for one in own)
    if paragraphs >= 2 or (paragraphs and dated):
        return PageKind.ARTICLE
    if titles >= _LISTING_LINKS and len(links) >= _LISTING_LINKS:
        return PageKind.LISTING
    return PageKind.OTHER


def _registered(found: Walked) -> tuple[Identifier, ...]:
    """公安备案 numbers in the links of the footer, where the words are often a picture."""
    codes = dict.fromkeys(
        match[1] for one in found.addresses if (match := _RECORD_CODE.search(one.written))
    )
    return tuple(Identifier(kind=IdentifierKind.PSB, value=code) for code in codes)


def _dialled(found: Walked) -> tuple[Identifier, ...]:
    """Numbers behind `tel:` links, which may differ from the number that is shown."""
    numbers = dict.fromkeys(re.sub(r"\D", "", phone) for phone in found.phones)
    return tuple(
        Identifier(kind=IdentifierKind.PHONE, value=number)
        for number in numbers
        if 7 <= len(number) <= 13
    )
