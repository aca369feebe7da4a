"""Pages whose words stand in the state of their scripts: landing builders and social platforms."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote

from crawlers.canonical import canonical_url
from crawlers.pages.blocks import Piece, joined, piece, private_notes
from crawlers.pages.data import strings_in
from crawlers.pages.dates import moment_of, unix_moment
from crawlers.pages.literals import NotLiteral, read_literal
from crawlers.pages.widgets import widgets
from domain.pages import Link, Origin, PageKind, ParsedPage
from language.identifiers import identifiers

PAGE = "script_state@1"
_VARIABLE = re.compile(
    r"(?:\bwindow\.|\bvar\s+|\blet\s+|\bconst\s+|\s)"
    r"(__INITIAL_STATE__|__INITIAL_SSR_STATE__|_ROUTER_DATA|_SSR_HYDRATED_DATA|__pData|__info"
    r"|\$render_data|shop_config|__NUXT_DATA__|pageData)\s*=(?!=)"
)
_ELEMENT = re.compile(
    r"<script\b[^>]*\bid\s*=\s*[\"']?(RENDER_DATA|js-initialData|__NEXT_DATA__|globalData)\b[^>]*>"
    r"(.*?)</script",
    re.DOTALL | re.IGNORECASE,
)
# What people wrote stands under these keys; the rest of a state is the application's own.
_WRITTEN = frozenset(
    {
        "title", "subtitle", "desc", "description", "text", "content", "detail", "excerpt",
        "summary", "digest", "nickname", "name", "screen_name", "longtextcontent", "shopname",
        "address", "label", "value", "placeholder", "btntext", "buttontext", "caption", "tips",
        "headline", "tagname", "iplocation", "richtext", "html",
    }
)  # fmt: skip
_TITLES = frozenset({"title", "shopname", "headline"})
_AUTHORS = frozenset({"nickname", "screen_name"})
_MOMENTS = frozenset({"create_time", "createtime", "created_at", "publish_time", "time"})
_TITLE = re.compile(r"<title[^>]*>(.{0,400}?)</title", re.DOTALL | re.IGNORECASE)
_HAN = re.compile("[\u3400-\u9fff]")
_LEAST_HAN = 20
_MOST_LINKS = 200
_PICTURE = re.compile(r"\Ahttps?://\S+(?:\.(?:jpe?g|png|webp)\b|[?&]wx_fmt=|imageView)\S*\Z")


def read_state(*, text: str, url: str, charset: str, notes: Sequence[str]) -> ParsedPage | None:
    """Read a page that shows nothing without its scripts from the state that they start from.

    None when there is no state of a known name, or too little Chinese in it to be content.
    """
    for name, value in states(text):
        pieces = list(dict.fromkeys(strings_in(value, name, keys=_WRITTEN)))
        if sum(len(_HAN.findall(one.text)) for one in pieces) >= _LEAST_HAN:
            return _page(name, value, pieces, text, url, charset, notes)
    return None


def _page(  # noqa: PLR0917 - the parts of one reading
    name: str,
    value: object,
    pieces: list[Piece],
    text: str,
    url: str,
    charset: str,
    notes: Sequence[str],
) -> ParsedPage:
    written = _TITLE.search(text)
    title = " ".join(html.unescape(written[1]).split()) if written else ""
    title = title or next((one for one in _named(value, _TITLES)), "")
    heading = piece(title, Origin.TITLE, "title")
    whole = [*([heading] if heading else []), *pieces]
    words, blocks = joined(whole)
    pictures = dict.fromkeys(one for one in _strings(value) if _PICTURE.match(one))
    links = [Link(url=canonical_url(one), rel="img") for one in list(pictures)[:_MOST_LINKS]]
    return ParsedPage(
        page=PAGE,
        canonical_url=canonical_url(url),
        kind=PageKind.POST,
        title=title,
        text=words,
        blocks=blocks,
        links=tuple(links),
        identifiers=(*identifiers(words), *widgets(text)),
        author=next((one for one in _named(value, _AUTHORS)), None),
        published_at=_published(value),
        charset=charset,
        extractor=name,
        notes=(*notes, *private_notes(whole)),
    )


def states(text: str) -> Iterator[tuple[str, object]]:
    """The states of known names on a page, each with its value; nothing is executed."""
    for found in _ELEMENT.finditer(text):
        body = html.unescape(found[2].strip())
        value = _json(unquote(body) if body.startswith("%") else body)
        if value is not None:
            yield found[1], value
    for found in _VARIABLE.finditer(text):
        try:
            value = read_literal(text, found.end())
        except NotLiteral:
            continue
        inner = _json(value) if isinstance(value, str) else None
        yield found[1], value if inner is None else inner


def _json(text: str) -> object | None:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _published(value: object) -> datetime | None:
    for written in _named(value, _MOMENTS):
        digits = written.partition(".")[0]
        seconds = digits[:-3] if len(digits) == 13 else digits
        moment = unix_moment(seconds) or moment_of(written)
        if moment is not None:
            return moment
    return None


def _named(value: object, names: frozenset[str]) -> Iterator[str]:
    """Non-empty scalars under one of the keys, in order."""
    for key, one in _scalars(value):
        if key.lower() in names and one.strip():
            yield one.strip()


def _strings(value: object) -> Iterator[str]:
    return (one for _, one in _scalars(value))


def _scalars(value: object) -> Iterator[tuple[str, str]]:
    pending: list[tuple[str, object]] = [("", value)]
    while pending:
        key, one = pending.pop()
        if isinstance(one, dict):
            pending.extend(reversed([(str(name), member) for name, member in one.items()]))
        elif isinstance(one, list):
            pending.extend((key, member) for member in reversed(one))
        elif isinstance(one, float):
            yield key, f"{one:.15g}"
        elif isinstance(one, str | int) and not isinstance(one, bool):
            yield key, str(one)
