"""The truth files and the server log, read back."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

_FRESHNESS = 24
"""A sentence that appeared less than this many ticks before the last request may be unseen."""


@frozen(kw_only=True)
class Planted:
    """A sentence on a page. `slug` "" is a hard negative; `template`: counted once for the host.

    `carrier` is where the words stand; `reachable`: shown to visitors who say who they are.
    """

    host: str
    page: str
    slug: str
    text: str
    template: bool
    since: int
    carrier: str
    reachable: bool


@frozen(kw_only=True)
class TruePage:
    """An address and the original (`canonical_id`) behind it; `form` is how it is written."""

    id: str
    host: str
    kind: str
    duplicate: bool
    first: int
    allowed: bool
    samples: tuple[str, ...]
    archetype: str
    form: str


@frozen(kw_only=True)
class TrueHost:
    """A host of the farm; `delay` is the least number of civil seconds between documents."""

    host: str
    control: bool
    delay: float
    charset: str
    risk: str


@frozen(kw_only=True)
class Change:
    """An event of the farm at an address."""

    tick: int
    host: str
    path: str
    op: str


@frozen(kw_only=True)
class Fetch:
    """One line of server.jsonl. `path` is with the query."""

    tick: int
    civil: datetime
    host: str
    ip: str
    path: str
    method: str
    agent: str
    status: int
    decision: str

    @property
    def is_document(self) -> bool:
        """Assets and robots.txt are not documents; pace and precision leave them out."""
        return self.decision not in ("asset", "robots")


@frozen(kw_only=True)
class Ground:
    """Everything that a product is measured against."""

    pages: Mapping[str, TruePage]
    hosts: Mapping[str, TrueHost]
    planted: Sequence[Planted]
    negatives: Sequence[Planted]
    fetches: Sequence[Fetch]
    changes: Sequence[Change]
    adverts: Mapping[str, Sequence[str]]
    """Landing addresses of the paid results, by the address of their page."""

    @property
    def last_tick(self) -> int:
        """The tick of the last request."""
        return max((f.tick for f in self.fetches), default=0)

    @property
    def due(self) -> list[Planted]:
        """The planted sentences that must have been seen by the last request."""
        latest = self.last_tick - _FRESHNESS
        return [p for p in self.planted if p.reachable and (p.since == 0 or p.since <= latest)]

    def form_of(self, planted: Planted) -> str:
        """How the page of a sentence is written."""
        page = self.pages.get(planted.page)
        return page.form if page is not None else ""

    def page_of(self, document: Mapping[str, Any]) -> TruePage | None:
        """The page that a product's document was made of."""
        for key in ("url", "canonical_url"):
            if page := self.page_at(_address(str(document.get(key) or ""))):
                return page
        return None

    def page_at(self, address: str) -> TruePage | None:
        """The page of a host and path; a query is part of few addresses."""
        return self.pages.get(address) or self.pages.get(address.partition("?")[0])

    def on_page(self, sentences: Sequence[Planted]) -> Mapping[str, list[Planted]]:
        """Sentences by original page; template sentences under their host's name."""
        by_page: dict[str, list[Planted]] = defaultdict(list)
        for sentence in sentences:
            by_page[sentence.host if sentence.template else sentence.page].append(sentence)
        return by_page


def read(directory: Path) -> Ground:
    """Read a farm directory. Raises FileNotFoundError when the farm was never started there."""
    truth = directory / "truth"
    return Ground(
        pages={_address(r["urls"][0]): _page(r) for r in _rows(truth / "pages.jsonl")},
        hosts={
            r["host"]: TrueHost(
                host=r["host"],
                control=r["control"],
                delay=r["crawl_delay"],
                charset=r["charset"],
                risk=r["risk"],
            )
            for r in _rows(truth / "hosts.jsonl")
            if r["archetype"] != "widget"
        },
        planted=[_sentence(r) for r in _rows(truth / "violations.jsonl")],
        negatives=[_sentence(r) for r in _rows(truth / "negatives.jsonl")],
        fetches=[_fetch(r) for r in _rows(directory / "server.jsonl")],
        changes=[_change(r) for r in _rows(truth / "events.jsonl")],
        adverts=_adverts(_rows(truth / "ads.jsonl")),
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def _address(url: str) -> str:
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{(parts.hostname or '').lower()}{parts.path or '/'}{query}"


def _change(row: Mapping[str, Any]) -> Change:
    parts = urlsplit(row["url"])
    query = f"?{parts.query}" if parts.query else ""
    return Change(
        tick=row["tick"], host=parts.hostname or "", path=parts.path + query, op=row["op"]
    )


def _adverts(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[_address(row["serp_url"])].append(row["landing"])
    return found


def _page(row: Mapping[str, Any]) -> TruePage:
    return TruePage(
        id=row["canonical_id"],
        host=row["host"],
        kind=row["kind"],
        duplicate="duplicate_of" in row,
        first=row["first_tick"],
        allowed=row["robots"] == "allow",
        samples=tuple(row["samples"]),
        archetype=row["archetype"],
        form=row["form"],
    )


def _sentence(row: Mapping[str, Any]) -> Planted:
    return Planted(
        host=row["host"],
        page=row["canonical_id"],
        slug=row.get("slug", ""),
        text=row["text_as_shown"],
        template=row["scope"] == "template",
        since=row["visible_when"]["tick_from"],
        carrier=row["carrier"],
        reachable=row.get("reachable_by_policy", True),
    )


def _fetch(row: Mapping[str, Any]) -> Fetch:
    return Fetch(
        tick=row["tick"],
        civil=datetime.fromisoformat(row["civil"]),
        host=row["host"],
        ip=row["ip"],
        path=row["path"],
        method=row["method"],
        agent=row["ua"],
        status=row["status"],
        decision=row["decision"],
    )
