"""Public-account pages (`wechat@2`): articles of all types, accounts, and pages about their end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from attrs import frozen
from selectolax.lexbor import LexborHTMLParser

from crawlers.canonical import archived_original, canonical_url
from crawlers.pages import markup
from crawlers.pages.addresses import absolute
from crawlers.pages.blocks import Piece, joined, piece, private_notes
from crawlers.pages.dates import moment_of, unix_moment
from crawlers.pages.site import links_of
from crawlers.pages.walk import walk_within
from crawlers.pages.walked import Walked
from crawlers.pages.wechat_parts import cards_of, media_pieces, placement_pieces
from crawlers.pages.wechat_state import State, article_state
from crawlers.pages.wechat_status import account_page, status_of
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

PAGE = "wechat@2"
_HOST = "mp.weixin.qq.com"
_SIGNS = ("window.cgiDataNew", 'id="js_content"', "id='js_content'", "id=js_content")
_SCRIPT = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_POSTS = frozenset({5, 6, 7, 8, 10, 17})
_WORDS_IN_STATE = frozenset({8, 10, 17})
_HAN = re.compile("[\u3400-\u9fff]")
_FEW_HAN = 40
_TITLE_OF_TEXT_POST = 20
_TEXT_TYPE = 10
_BODY = (("text_page_info", "content_noencode"), ("short_content",), ("content_noencode",),
         ("text_page_info", "content"), ("desc",), ("digest",))  # fmt: skip


@frozen(kw_only=True)
class _Source:
    """One page under reading: its markup without scripts, its state, its address.

    A copy that a browser saved has lost its scripts; its state is empty and the DOM speaks alone.
    """

    markup: str
    tree: LexborHTMLParser
    state: State
    url: str


def is_wechat(text: str, url: str) -> bool:
    """Whether the page is of a public account, by its host or (replicas, saved copies) its form."""
    if urlsplit(archived_original(url)).hostname == _HOST:
        return True
    return any(sign in text for sign in _SIGNS)


def read_wechat(*, text: str, url: str, charset: str, notes: Sequence[str]) -> Reading | None:
    """Read a page of a public account; None when it is none that is known (read it as a site)."""
    still = _SCRIPT.sub("", text)
    if not any(sign in text for sign in _SIGNS):
        return status_of(still, url) or account_page(
            still, page=PAGE, url=url, charset=charset, notes=notes
        )
    state = article_state(text)
    if state is None and urlsplit(archived_original(url)).hostname != _HOST:
        return None  # pages of other hosts that imitate an article have their advert around it
    state = state or State(values={}, extractor="dom")
    source = _Source(markup=still, tree=markup.parse(still), state=state, url=url)
    return _article(source, charset, tuple(notes))


def _article(source: _Source, charset: str, notes: tuple[str, ...]) -> Reading:
    state = source.state
    shown = state.number("item_show_type")
    found = walk_within(source.markup, "#js_content") if shown not in _WORDS_IN_STATE else None
    body, extractor = _content(state, found)
    pieces = [*body, *media_pieces(state), *placement_pieces(state)]
    title = _title(source, shown)
    heading = piece(title, Origin.TITLE, "title")
    if heading is None and not any(one.text for one in pieces):
        reason = "公众号页面没有正文，需渲染后再读"
        return BlockPage(outcome=Outcome.EMPTY_SHELL, reason=reason)
    pictures = _pictures(state)
    whole = _once([*([heading] if heading else []), *pieces])
    text, blocks = joined(whole)
    cards = cards_of(source.tree, state)
    few = len(_HAN.findall(text)) < _FEW_HAN
    image_only = few and _picture_count(found, pictures) >= 3
    return ParsedPage(
        page=PAGE,
        canonical_url=_canonical(source),
        kind=PageKind.POST if shown in _POSTS else PageKind.ARTICLE,
        title=title,
        text=text,
        blocks=blocks,
        links=(*_links(source, found, pictures), *cards.links),
        identifiers=(*identifiers(text), *_account_ids(state), *cards.identifiers),
        author=state.text("author") or _seen(source, "#js_author_name_text, #js_author_name"),
        account=state.text("nick_name") or _seen(source, "#js_name"),
        published_at=_published(source),
        charset=charset,
        extractor=extractor,
        notes=(
            *notes,
            f"item_show_type:{shown}",
            *(("image_only",) if image_only else ()),
            *_state_notes(source),
            *cards.notes,
            *private_notes(whole),
        ),
    )


def _content(state: State, found: Walked | None) -> tuple[list[Piece], str]:
    """The words of an article and where they were found, most trusted place first."""
    if found is not None and any(one.text for one in found.pieces):
        return found.pieces, "dom"
    for path in _BODY:
        words = state.text(*path)
        if not words:
            continue
        if "<" in words and ">" in words:
            inner = walk_within(f"<div id=js_content>{words}</div>", "#js_content")
            return (inner.pieces if inner else []), f"{state.extractor}:{'.'.join(path)}"
        lines = (piece(line, Origin.JS_STATE, ".".join(path)) for line in words.splitlines())
        return [line for line in lines if line], f"{state.extractor}:{'.'.join(path)}"
    return [], "none"


def _once(pieces: list[Piece]) -> list[Piece]:
    """The pieces without those of the state that repeat what was said before."""
    seen: set[str] = set()
    kept: list[Piece] = []
    for one in pieces:
        if one.origin is Origin.JS_STATE and one.text and one.text in seen:
            continue
        seen.add(one.text)
        kept.append(one)
    return kept


def _title(source: _Source, shown: int) -> str:
    state = source.state
    title = " ".join(state.text("title").split())
    if shown == _TEXT_TYPE and not state.number("text_page_info", "is_user_title"):
        return title[:_TITLE_OF_TEXT_POST]
    if title:
        return title
    return _seen(source, "#activity-name") or _stated(source, "meta[property='og:title']") or ""


def _seen(source: _Source, selector: str) -> str | None:
    """The words of the first element that a selector finds, None when there are none."""
    element = source.tree.css_first(selector)
    words = " ".join(element.text(deep=True).split()) if element is not None else ""
    return words or None


def _stated(source: _Source, selector: str) -> str | None:
    element = source.tree.css_first(selector)
    words = (element.attributes.get("content") or "").strip() if element is not None else ""
    return words or None


def _published(source: _Source) -> datetime | None:
    state = source.state
    return (
        unix_moment(state.text("ori_create_time"))
        or moment_of(state.text("create_time"))
        or moment_of(_seen(source, "#publish_time") or "")
    )


def _canonical(source: _Source) -> str:
    state, url = source.state, source.url
    biz, mid, idx = state.text("bizuin"), state.number("mid"), state.number("idx")
    if not (biz and mid and idx):
        return canonical_url(url)
    parts = urlsplit(archived_original(url))
    return canonical_url(f"{parts.scheme}://{parts.netloc}/s?__biz={biz}&idx={idx}&mid={mid}")


def _pictures(state: State) -> tuple[Link, ...]:
    pictures = (
        (str(item.get("cdn_url") or ""), "二维码" if item.get("is_qr_code") else "")
        for item in state.items("picture_page_info_list")
    )
    return tuple(
        Link(url=target, text=words, rel="img")
        for written, words in pictures
        if (target := absolute(written.replace("&amp;amp;", "&").replace("&amp;", "&"), ""))
    )


def _picture_count(content: Walked | None, pictures: tuple[Link, ...]) -> int:
    inside = sum(one.rel == "img" for one in content.addresses) if content else 0
    return max(inside, len(pictures))


def _links(source: _Source, content: Walked | None, pictures: tuple[Link, ...]) -> tuple[Link, ...]:
    links = list(links_of(content, source.url)) if content else []
    target = absolute(source.state.text("source_url"), source.url)
    if target:
        links.append(Link(url=target, text="阅读原文", rel="source"))
    known = {link.url for link in links}
    return (*links, *(one for one in pictures if one.url not in known))


def _account_ids(state: State) -> tuple[Identifier, ...]:
    names = (state.text("alias"), state.text("user_name"))
    return tuple(Identifier(kind=IdentifierKind.WECHAT, value=name) for name in names if name)


def _state_notes(source: _Source) -> tuple[str, ...]:
    state = source.state
    notes = [
        f"{name}:{state.number(name)}"
        for name in ("ban_scene", "del_reason_id", "advertisement_num", "is_pay_subscribe")
        if state.number(name)
    ]
    codes = sum(bool(item.get("is_qr_code")) for item in state.items("picture_page_info_list"))
    if codes:
        notes.append(f"qr_pictures:{codes}")
    if urlsplit(archived_original(source.url)).hostname != _HOST:
        notes.append("wechat_markup_elsewhere")
    return tuple(notes)
