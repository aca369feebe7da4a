"""Bodies that are data rather than pages: JSON, plain text, scripts and style sheets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from crawlers.canonical import canonical_url
from crawlers.pages.addresses import absolute
from crawlers.pages.blocks import Piece, joined, piece, private_notes
from crawlers.pages.scripts import written_markup
from crawlers.pages.walk import walk
from domain.outcomes import Outcome
from domain.pages import Link, Origin, PageKind, ParsedPage, Reading, StatusPage
from language.identifiers import identifiers

PAGE = "data@1"
_HAN = re.compile("[\u3400-\u9fff]")
_MAX_DEPTH = 40
_MAX_PIECES = 20_000
_SCRIPTS = ("text/javascript", "application/javascript", "application/x-javascript")


def read_data(
    *, text: str, url: str, media: str, charset: str, notes: Sequence[str]
) -> Reading | None:
    """Read a body that is no markup; None when it is to be read as a page.

    JSON gives the strings that hold Chinese, with their keys as paths; a script gives what it
    writes into pages; plain text gives its lines.
    """
    start = text.lstrip("\ufeff \t\r\n")
    path = url.partition("?")[0].lower()
    if media in _SCRIPTS or (path.endswith(".js") and not start.startswith("<")):
        written = written_markup(text)
        pieces = [one for one in walk(written).pieces if one.text] if written.strip() else []
        nothing = "脚本文件：没有写入页面的文字"
    elif media == "text/css" or path.endswith(".css"):
        pieces, nothing = [], "样式表：没有文字"
    elif start[:1] in ("{", "["):
        value = _json(start)
        if value is None:
            return None
        pieces, nothing = list(strings_in(value)), "JSON 数据里没有中文文字"
    elif "<" not in start[:4096] and media in ("text/plain", ""):
        lines = (piece(line, Origin.DOM, "text") for line in text.splitlines()[:_MAX_PIECES])
        pieces, nothing = [line for line in lines if line], "文本文件没有文字"
    else:
        return None
    if not any(one.text for one in pieces):
        return StatusPage(outcome=Outcome.OK, reason=nothing)
    return _page(pieces, url, charset, notes)


def _page(pieces: list[Piece], url: str, charset: str, notes: Sequence[str]) -> ParsedPage:
    text, blocks = joined(pieces)
    targets = (absolute(word, url) for word in re.findall(r"https?://[^\s\"'<>，。]+", text))
    return ParsedPage(
        page=PAGE,
        canonical_url=canonical_url(url),
        kind=PageKind.OTHER,
        title="",
        text=text,
        blocks=blocks,
        links=tuple(Link(url=target, rel="text") for target in dict.fromkeys(targets) if target),
        identifiers=identifiers(text),
        charset=charset,
        extractor="data",
        notes=(*notes, *private_notes(pieces)),
    )


def _json(text: str) -> object | None:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def strings_in(
    value: object, path: str = "$", *, keys: frozenset[str] | None = None
) -> Iterator[Piece]:
    """Strings with Chinese in a JSON value, in order; HTML in them is read as markup.

    `path` is what the value itself is called; its members' keys are appended to it. With `keys`
    (lower case) only strings under one of them count.
    """
    pending: list[tuple[object, str, int]] = [(value, path, 0)]
    count = 0
    while pending and count < _MAX_PIECES:
        one, path, depth = pending.pop()
        if isinstance(one, str):
            if not _HAN.search(one) or not _wanted(path, keys):
                continue
            for made in _text(one, path):
                count += 1
                yield made
        elif depth < _MAX_DEPTH:
            pending.extend(reversed(_members(one, path, depth + 1)))


def _wanted(path: str, keys: frozenset[str] | None) -> bool:
    return keys is None or path.rpartition(".")[2].partition("[")[0].lower() in keys


def _members(value: object, path: str, depth: int) -> list[tuple[object, str, int]]:
    if isinstance(value, dict):
        return [(member, f"{path}.{key}"[-200:], depth) for key, member in value.items()]
    if isinstance(value, list):
        return [(member, f"{path}[{at}]"[-200:], depth) for at, member in enumerate(value)]
    return []


def _text(text: str, path: str) -> Iterator[Piece]:
    if "<" in text and ">" in text:
        yield from (one for one in walk(text).pieces if one.text)
        return
    for line in text.splitlines():
        made = piece(line, Origin.JS_STATE, path)
        if made is not None:
            yield made
