"""Result pages of search engines: which of their links are found and which are paid for."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from attrs import evolve, frozen
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.canonical import archived_original
from crawlers.pages import markup
from crawlers.pages.addresses import absolute
from crawlers.pages.blocked import AD_REDIRECTORS
from crawlers.pages.search_engines import Engine, engine_of
from domain.pages import Link, PageKind, ParsedPage

PAGE = "search_results@2"
_REDIRECTOR = re.compile("|".join(AD_REDIRECTORS), re.IGNORECASE)
_LABELS = frozenset({"广告", "推广", "商业推广", "推广链接", "赞助", "赞助商链接"})
# Not em, b or font: engines mark the words that were searched for with these.
_LABEL_ELEMENTS = "span, i, label, a, div, sup"
_LONGEST_LABEL = 12
_NOT_SHOWN = re.compile("[\\s\u200b-\u200f\u2060\ufeff·|]+")
_CSS_LABEL = re.compile(
    r"\.([\w-]+)\s*::?(?:before|after)\s*\{[^{}]{0,400}?content\s*:\s*[\"']([^\"']{1,60})[\"']"
)
_CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_DOMAIN = re.compile(r"\A(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:/\S*)?\Z", re.ASCII | re.I)


@frozen(kw_only=True)
class _Page:
    """A result page under reading; `label_classes` write an advertisement's mark by style sheet."""

    engine: Engine
    base: str
    adverts: frozenset[int]
    label_classes: frozenset[str]


@frozen(kw_only=True)
class _Advert:
    link: Link
    labelled: bool


def as_search_results(page: ParsedPage, text: str, url: str) -> ParsedPage:
    """The page with its results told apart when it comes from a search engine, else unchanged.

    Links get rel "organic" or "ad" (in page order, before the other links; one "ad" for each
    advertisement, even where two lead to one address), with the landing address decoded from the
    markup and never asked for. Signs count on the node of a result alone: the word 广告 in scripts
    or elsewhere proves nothing. `ads_unlabelled` counts the paid results that carry no mark.
    """
    if urlsplit(archived_original(url)).path not in ("/s", "/web", "/search", "/weibo"):
        return page
    tree = markup.parse(text)
    engine = engine_of(url, tree)
    if engine is None:
        return page
    adverts, organic = _results(tree, engine, archived_original(url), text)
    told = {link.url for link in (*organic, *(advert.link for advert in adverts))}
    others = (link for link in page.links if link.url not in told)
    bare = sum(not advert.labelled for advert in adverts)
    return evolve(
        page,
        page=PAGE,
        kind=PageKind.SEARCH_RESULTS,
        links=(*organic, *(advert.link for advert in adverts), *others),
        published_at=None,
        subject_hint=None,
        notes=(
            *page.notes,
            f"organic:{len(organic)}",
            f"ads:{len(adverts)}",
            *((f"ads_unlabelled:{bare}",) if bare else ()),
        ),
    )


def _results(
    tree: LexborHTMLParser, engine: Engine, base: str, text: str
) -> tuple[list[_Advert], list[Link]]:
    known = {node.mem_id for node in tree.css(engine.advert)} if engine.advert else set()
    page = _Page(
        engine=engine,
        base=base,
        adverts=frozenset(known),
        label_classes=frozenset(_label_classes(text)),
    )
    both = ", ".join(selector for selector in (engine.organic, engine.advert) if selector)
    adverts: list[_Advert] = []
    organic: dict[str, Link] = {}
    for node in _outermost(tree.css(both)):
        labelled = _is_labelled(node, page)
        if _is_paid(node, page, labelled=labelled):
            links = [_link(part, page, "ad") for part in _parts(node, engine)]
            adverts += [_Advert(link=link, labelled=labelled) for link in links if link]
            continue
        link = _link(node, page, "organic") if node.mem_id not in known else None
        if link is not None:
            organic.setdefault(link.url, link)
    return adverts, list(organic.values())


def _outermost(nodes: list[LexborNode]) -> Iterator[LexborNode]:
    """Nodes that stand in none of the others: an advert's parts are not adverts of their own."""
    chosen = {node.mem_id for node in nodes}
    seen: set[int] = set()
    for node in nodes:
        parent = node.parent
        while parent is not None and parent.mem_id not in chosen:
            parent = parent.parent
        if parent is None and node.mem_id not in seen:
            seen.add(node.mem_id)
            yield node


def _is_paid(node: LexborNode, page: _Page, *, labelled: bool) -> bool:
    """A sign of the engine, an ad redirector behind a heading, or a mark without a real address."""
    engine = page.engine
    if engine.signs and (node.css_first(engine.signs) is not None):
        return True
    anchors = (one.attributes.get("href") or "" for one in node.css(engine.heading))
    if any(_REDIRECTOR.search(_absolute_form(href, page.base)) for href in anchors):
        return True
    if engine.name != "baidu" and node.mem_id in page.adverts:
        return True
    stated = ("srcid", *engine.real)
    return labelled and not any(node.attributes.get(name) for name in stated)


def _absolute_form(href: str, base: str) -> str:
    return absolute(href, base) or href


def _is_labelled(node: LexborNode, page: _Page) -> bool:
    for element in node.css(_LABEL_ELEMENTS):
        classes = (element.attributes.get("class") or "").split()
        if page.label_classes.intersection(classes):
            return True
        words = _NOT_SHOWN.sub("", element.text(deep=True)[: _LONGEST_LABEL * 3])
        if words in _LABELS:
            return True
    return any((picture.attributes.get("alt") or "") in _LABELS for picture in node.css("img[alt]"))


def _label_classes(text: str) -> Iterator[str]:
    if "content" not in text:
        return
    for name, content in _CSS_LABEL.findall(text):
        words = _CSS_ESCAPE.sub(lambda match: _character(match[1]), content)
        if words.strip() in _LABELS:
            yield name


def _character(code: str) -> str:
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else ""


def _parts(node: LexborNode, engine: Engine) -> list[LexborNode]:
    """The adverts in a node: a block of several has a heading for each."""
    headings = [one for one in node.css("h3") if one.css_first("a[href]") is not None]
    return headings if len(headings) > 1 and engine.name != "bing" else [node]


def _link(node: LexborNode, page: _Page, rel: str) -> Link | None:
    anchor = node.css_first(page.engine.heading) or node.css_first("a[href]")
    if anchor is None:
        return None
    stated = [n.attributes.get(name) for name in page.engine.real for n in (anchor, node)]
    inner = [node.css_first(f"[{name}]") for name in page.engine.real] if rel == "ad" else []
    stated += [
        one.attributes.get(name) for one, name in zip(inner, page.engine.real, strict=False) if one
    ]
    href = anchor.attributes.get("href") or ""
    shown = _shown_domain(node) if rel == "ad" and _REDIRECTOR.search(href) else None
    written = next((one for one in (*stated, _decoded(href), shown) if one), href)
    url = absolute(written, page.base)
    words = " ".join(anchor.text(deep=True).split())
    return Link(url=url, text=words, rel=rel) if url else None


def _decoded(href: str) -> str | None:
    """The landing address inside an ad redirector's parameters, without a request."""
    if not _REDIRECTOR.search(href) and "aurl=" not in href:
        return None
    query = parse_qs(urlsplit(href).query)
    value: str
    for value in (*query.get("aurl", ()), *query.get("url", ()), *query.get("lurl", ())):
        if value.startswith(("http://", "https://")):
            return value
        try:
            plain: str = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("utf-8")
        except (binascii.Error, ValueError):
            continue
        if plain.startswith(("http://", "https://")):
            return plain
    return None


def _shown_domain(node: LexborNode) -> str | None:
    """The host that an advert shows where its address cannot be decoded."""
    for element in node.css("cite, .cite, .c-showurl, .showurl, .ad_url, .url"):
        found = _DOMAIN.match(_NOT_SHOWN.sub("", element.text(deep=True)))
        if found:
            return f"http://{found[1].lower()}/"
    return None
