"""Rows about how a product crawled, from the server's log alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

from sitefarm.score.ground import Fetch, Ground, TruePage
from sitefarm.score.rows import Row, count, share

_AGENT = "MedAdMonitor"
_BUDGET = 1.5
"""Discovery is measured within this many document fetches per true document."""
_TOLERANCE = 0.25
"""Civil seconds by which two arrivals may be nearer than two departures were."""
_GOOD = ("content", "list")


def rows(ground: Ground) -> list[Row]:
    """All rows about fetching."""
    documents = [f for f in ground.fetches if f.is_document]
    total = len(ground.fetches)

    def decided(decision: str) -> int:
        return sum(f.decision == decision for f in ground.fetches)

    return [
        _discovery("discovery_recall", ground, _wanted(ground), documents, 0.98),
        _worst_archetype(ground, documents),
        share("fetch_precision", _precision(documents), at_least=0.85),
        count("trap_fetches", decided("trap"), len(documents)),
        count("robots_denied_fetches", decided("robots_denied_path"), total, at_most=0),
        count("widget_hits", decided("widget"), total, at_most=0),
        count("ad_clicks", decided("ad_click"), total, at_most=0),
        count("verification_pages", decided("block"), len(documents), at_most=0),
        count(
            "form_posts",
            sum(f.method not in ("GET", "HEAD") for f in ground.fetches),
            total,
            at_most=0,
        ),
        count("rate_breaches_host", _breaches(ground, documents, _host), len(documents), at_most=0),
        count("rate_breaches_ip", _breaches(ground, documents, _ip), len(documents), at_most=0),
        count(
            "missing_agent_token",
            sum(_AGENT not in f.agent for f in ground.fetches),
            total,
            at_most=0,
        ),
    ]


def _wanted(ground: Ground) -> list[TruePage]:
    found = {
        page.id: page
        for page in ground.pages.values()
        if page.kind in _GOOD and not page.duplicate and page.first == 0 and page.allowed
    }
    return list(found.values())


def _discovery(
    metric: str, ground: Ground, wanted: Sequence[TruePage], documents: Sequence[Fetch], gate: float
) -> Row:
    """Share of the wanted pages that were answered within the budget of these fetches."""
    pages = (
        ground.page_at(fetch.host + fetch.path)
        for fetch in documents[: int(_BUDGET * len(wanted))]
        if fetch.status in (200, 304)
    )
    seen = {page.id for page in pages if page is not None}
    return share(metric, {page.id: [page.id in seen] for page in wanted}, at_least=gate)


def _worst_archetype(ground: Ground, documents: Sequence[Fetch]) -> Row:
    """The archetype that was discovered least, each within a budget of its own."""
    wanted: dict[str, list[TruePage]] = defaultdict(list)
    for page in _wanted(ground):
        wanted[page.archetype].append(page)
    rows = []
    for pages in wanted.values():
        hosts = {page.host for page in pages}
        own = [fetch for fetch in documents if fetch.host in hosts]
        rows.append(_discovery("discovery_recall_worst_archetype", ground, pages, own, 0.95))
    return min(rows, key=lambda row: row.value or 0.0)


def _precision(documents: Sequence[Fetch]) -> dict[str, list[bool]]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for fetch in documents:
        groups[fetch.host + fetch.path].append(fetch.decision in _GOOD)
    return groups


def _host(fetch: Fetch) -> str:
    return fetch.host


def _ip(fetch: Fetch) -> str:
    return fetch.ip


def _breaches(ground: Ground, documents: Sequence[Fetch], key: Callable[[Fetch], str]) -> int:
    """Pairs of neighbouring document requests that came sooner than the host's delay."""
    by_key: dict[str, list[Fetch]] = defaultdict(list)
    for fetch in sorted(documents, key=lambda f: f.civil):
        if fetch.host in ground.hosts:
            by_key[key(fetch)].append(fetch)
    return sum(
        (second.civil - first.civil).total_seconds() < ground.hosts[second.host].delay - _TOLERANCE
        for fetches in by_key.values()
        for first, second in pairwise(fetches)
    )
