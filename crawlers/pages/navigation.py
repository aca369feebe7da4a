"""The addresses on a page that a spider may follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crawlers.canonical import archived_original, site_of
from crawlers.pages import scripts
from crawlers.pages.addresses import absolute, base_of
from crawlers.pages.blocked import is_blocked
from crawlers.pages.feeds import Feed, feed_links, feed_of, is_feed
from crawlers.pages.walk import walk
from crawlers.pages.walked import Address
from crawlers.pages.wechat_lists import ArticleList, article_list, list_links
from domain.pages import Link
from language.charset import to_text
from language.decoding import BadContent, decode_body

_FOLLOWED = frozenset({"a", "iframe"})
_ON_SITE = frozenset({"refresh", "script", "js"})
_LISTED = frozenset({"article", "next"})
_MAX_LINKS = 5_000
_FILES = (
    ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".svg", ".ico", ".css", ".mp3", ".mp4",
    ".flv", ".avi", ".wmv", ".swf", ".zip", ".rar", ".7z", ".exe", ".apk", ".woff", ".woff2",
    ".ttf",
)  # fmt: skip


def navigation(*, body: bytes, url: str, headers: Sequence[tuple[str, str]]) -> tuple[Link, ...]:
    """The links of a page that a spider may follow, in page order, each address once.

    Anchors and areas ("a"), frames ("iframe"), a meta refresh that stays on the site
    ("refresh"), addresses in string literals of inline scripts ("js"), and script files of the
    same site ("script": they may write menus, see `script_links`). Of a feed its entries, of a
    list of a public account its articles and its next part ("article", "next"). Never ad
    redirectors, consult widgets, analytics, pictures, downloads or schemes other than http(s).
    Empty when the body cannot be decoded.
    """
    decoded = decode_body(headers, body)
    if isinstance(decoded, BadContent):
        return ()
    text, _, _ = to_text(decoded, headers)
    feed = feed_of(text) if is_feed(text) else None
    if isinstance(feed, Feed):
        return feed_links(feed, url)
    listed = article_list(text, url)
    if isinstance(listed, ArticleList):
        return tuple(link for link in list_links(listed) if link.rel in _LISTED)
    found = walk(text)
    written = [*found.addresses, *_literal_addresses(found.code)]
    return tuple(_links(written, base_of(url, found.base), archived_original(url)))


def script_links(js: bytes, base_url: str) -> tuple[Link, ...]:
    """The pages that a script file names in its string literals (menus written by it), rel "js".

    `base_url` is the page that loads the script, for that is what its addresses refer to.
    """
    code, _, _ = to_text(js)
    markup = scripts.written_markup(code)
    written = [*_literal_addresses([code])]
    if markup.strip():
        found = walk(markup)
        anchors = (one for one in found.addresses if one.rel in _FOLLOWED)
        written = [*(Address(written=a.written, text=a.text, rel="js") for a in anchors), *written]
    return tuple(_links(written, base_of(base_url, None), archived_original(base_url)))


def _literal_addresses(code: Iterable[str]) -> Iterator[Address]:
    for one in code:
        for written in scripts.page_addresses(one):
            yield Address(written=written, text="", rel="js")


def _links(written: Iterable[Address], base: str, page: str) -> Iterator[Link]:
    site = site_of(page)
    seen: set[str] = set()
    for address in written:
        if address.rel not in _FOLLOWED and address.rel not in _ON_SITE:
            continue
        url = absolute(address.written, base)
        if url is None or url in seen or len(seen) >= _MAX_LINKS:
            continue
        seen.add(url)
        if _may_follow(url, address.rel, site):
            yield Link(url=url, text=address.text, rel=address.rel)


def _may_follow(url: str, rel: str, site: str) -> bool:
    if is_blocked(url) or (rel in _ON_SITE and site_of(url) != site):
        return False
    return not url.partition("?")[0].lower().endswith(_FILES)
