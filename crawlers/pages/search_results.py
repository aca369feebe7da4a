"""Result pages of search engines: which of their links are found and which are paid for."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qs, urlsplit

from attrs import evolve, frozen
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.canonical import archived_original
from crawlers.pages import markup
from crawlers.pages.addresses import absolute
from domain.pages import Link, PageKind, ParsedPage

PAGE = "search_results@1"


@frozen(kw_only=True)
class _Engine:
    """Where an engine puts results (CSS). Attributes hold the address that a redirector hides."""

    host: str
    path: str
    organic: str
    advert: str = ""
    target_attributes: tuple[str, ...] = ()
    heading: str = "h3 a[href], h2 a[href]"


_ENGINES = (
    _Engine(
        host=r"(?:www|m)\.so\.com",
        path="/s",
        organic="ul.result > li.res-list",
        advert="#m-spread-left li, #m-spread-bottom li, #e_idea_pp > li, "
        "#e_idea_pp_vip_bottom > li",
        target_attributes=("e-landurl", "data-mdurl"),
    ),
    _Engine(
        host=r"(?:www|m)\.sogou\.com",
        path="/web",
        organic="div.rb, div.vrwrap",
        advert=".sponsored li, .sponsored > div, .ad_result, .tgad-box, div[id^=AD_]",
    ),
    _Engine(
        host=r"(?:www|m)\.baidu\.com",
        path="/s",
        organic="#content_left > .c-container[mu], #content_left > .result",
        advert="[data-landurl], [data-tuiguang], .ec-tuiguang, .ecfc-tuiguang, [data-placeid], "
        ".EC_result, .ec_ad, .ec_wise_ad",
        target_attributes=("data-landurl", "mu"),
    ),
    _Engine(
        host=r"(?:www|cn)\.bing\.com",
        path="/search",
        organic="li.b_algo",
        advert="li.b_ad",
    ),
    _Engine(
        host=r"s\.weibo\.com",
        path="/weibo",
        organic="div.card-feed",
        heading=".from a[href]",
    ),
)


def as_search_results(page: ParsedPage, text: str, url: str) -> ParsedPage:
    """The page with its results told apart when it comes from a search engine, else unchanged.

    Links get rel "organic" or "ad" (once each, in page order, before the other links), with the
    landing address decoded from the markup and never asked for. The word 广告 in scripts or text
    proves nothing; only the node of a result does.
    """
    engine = _engine(url)
    if engine is None:
        return page
    tree = markup.parse(text)
    base = archived_original(url)
    adverts = _adverts(tree, engine, base)
    paid = {link.url for link in adverts}
    organic = [link for link in _organic(tree, engine, base) if link.url not in paid]
    told = {link.url for link in (*adverts, *organic)}
    others = (link for link in page.links if link.url not in told)
    return evolve(
        page,
        page=PAGE,
        kind=PageKind.SEARCH_RESULTS,
        links=(*organic, *adverts, *others),
        published_at=None,
        subject_hint=None,
        notes=(*page.notes, f"organic:{len(organic)}", f"ads:{len(adverts)}"),
    )


def _engine(url: str) -> _Engine | None:
    parts = urlsplit(archived_original(url))
    host = parts.hostname or ""
    return next(
        (one for one in _ENGINES if one.path == parts.path and re.fullmatch(one.host, host)), None
    )


def _organic(tree: LexborHTMLParser, engine: _Engine, base: str) -> list[Link]:
    links = (_result(node, engine, base, "organic") for node in tree.css(engine.organic))
    return list({link.url: link for link in links if link}.values())


def _adverts(tree: LexborHTMLParser, engine: _Engine, base: str) -> list[Link]:
    nodes = tree.css(engine.advert) if engine.advert else []
    links = (_result(node, engine, base, "ad") for node in nodes)
    return list({link.url: link for link in links if link}.values())


def _result(node: LexborNode, engine: _Engine, base: str, rel: str) -> Link | None:
    anchor = node.css_first(engine.heading) or node.css_first("a[href]")
    if anchor is None and node.tag == "a":
        anchor = node
    if anchor is None:
        return None
    stated = [n.attributes.get(name) for name in engine.target_attributes for n in (anchor, node)]
    href = anchor.attributes.get("href") or ""
    written = next((one for one in (*stated, _decoded(href)) if one), href)
    url = absolute(written, base)
    words = " ".join(anchor.text(deep=True).split())
    return Link(url=url, text=words, rel=rel) if url else None


def _decoded(href: str) -> str | None:
    """The landing address inside an ad redirector's parameters, without a request."""
    query = parse_qs(urlsplit(href).query) if "?" in href and "aurl=" in href else {}
    for value in query.get("aurl", ()):
        padded = value + "=" * (-len(value) % 4)
        try:
            return base64.urlsafe_b64decode(padded).decode("utf-8")
        except (binascii.Error, ValueError):
            return None
    return None
