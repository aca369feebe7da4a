"""Which search engine a result page comes from (search_engines.yml)."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawlers.canonical import archived_original
from storage.datafiles import Strict, read, shipped


class Engine(Strict):
    """One engine: its address, and where its pages keep results (see the file's head)."""

    name: str
    host: str
    path: str
    mark: str
    organic: str
    advert: str
    signs: str
    real: tuple[str, ...]
    heading: str = "h3 a[href], h2 a[href], .t a[href]"


class _Engines(Strict):
    """search_engines.yml."""

    engines: tuple[Engine, ...]


_LEAST_RESULTS = 2


def engine_of(url: str, tree: LexborHTMLParser) -> Engine | None:
    """The engine by its address or, for saved copies and replicas, by the form of its results."""
    parts = urlsplit(archived_original(url))
    on_path = [one for one in _engines() if one.path == parts.path]
    for one in on_path:
        if re.fullmatch(one.host, parts.hostname or ""):
            return one
    return next((one for one in on_path if _has_its_form(tree, one)), None)


def _has_its_form(tree: LexborHTMLParser, engine: Engine) -> bool:
    """Whether results stand as the engine sets them; all but one may be paid for."""
    results = len(tree.css(f"{engine.mark}, {engine.advert}"))
    return results >= _LEAST_RESULTS and tree.css_first(engine.mark) is not None


@cache
def _engines() -> tuple[Engine, ...]:
    return read(shipped("crawlers.pages", "search_engines.yml")).validated(_Engines).engines
