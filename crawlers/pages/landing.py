"""Pages of landing-page builders: who built them, and which page it is (sources.md §2.3)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from attrs import evolve

from crawlers.canonical import archived_original, canonical_url
from domain.pages import ParsedPage

# By path, for the same builder serves custom domains: (builder, path with the page's own id).
_BUILDERS = (
    ("jimuyu", re.compile(r"/site/(wjz\w{3,10}/[0-9A-Za-z-]{8,40})(?:/|\Z)")),
    ("chengzi", re.compile(r"/tetris/page/(\d{8,20})(?:/|\Z)")),
    ("xijing", re.compile(r"/xjviewer/nemo/(\d{3,20})(?:/|\Z)")),
)
_MACROS = re.compile(r"=__[A-Z][A-Z0-9_]*__(?:&|\Z)")


def as_landing(page: ParsedPage, url: str) -> ParsedPage:
    """The page under its builder's identity when a builder made it, else unchanged.

    Click ids and campaign parameters are no part of that identity: one page is one document
    however it was advertised. A note names builder and page, one more an address with the
    unfilled placeholders (`__AID__`) that only advertisements carry.
    """
    parts = urlsplit(archived_original(url))
    macros = ("ad_macros",) if _MACROS.search(parts.query) else ()
    for builder, form in _BUILDERS:
        found = form.search(parts.path)
        if found:
            own = parts._replace(path=parts.path[: found.end(1)], query="", fragment="")
            return evolve(
                page,
                canonical_url=canonical_url(own.geturl()),
                notes=(*page.notes, f"landing:{builder}:{found[1]}", *macros),
            )
    return evolve(page, notes=(*page.notes, *macros)) if macros else page
