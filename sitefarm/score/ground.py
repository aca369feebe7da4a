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


@frozen(kw_only=True)
class Planted:
    """A sentence on a page. `slug` "" is a hard negative; `template`: counted once for the host."""

    host: str
    page: str
    slug: str
    text: str
    template: bool
    since: int


@frozen(kw_only=True)
class TruePage:
    """An address and the original (`canonical_id`) behind it."""

    id: str
    host: str
    kind: str
    duplicate: bool
    first: int
    allowed: bool
    samples: tuple[str, ...]


@frozen(kw_only=True)
class TrueHost:
    """A host of the farm; `delay` is the least number of civil seconds between documents."""

    host: str
    control: bool
    delay: float
    charset: str


@frozen(kw_only=True)
class Fetch:
    """One line of server.jsonl. `url_path` has no query."""

    tick: int
    civil: datetime
    host: str
    ip: str
    url_path: str
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

    @property
    def last_tick(self) -> int:
        """The tick of the last request."""
        return max((f.tick for f in self.fetches), default=0)

    def page_of(self, document: Mapping[str, Any]) -> TruePage | None:
        """The page that a product's document was made of."""
        for key in ("url", "canonical_url"):
            if page := self.pages.get(_address(str(document.get(key) or ""))):
                return page
        return None

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
            )
            for r in _rows(truth / "hosts.jsonl")
            if r["archetype"] != "widget"
        },
        planted=[_sentence(r) for r in _rows(truth / "violations.jsonl")],
        negatives=[_sentence(r) for r in _rows(truth / "negatives.jsonl")],
        fetches=[_fetch(r) for r in _rows(directory / "server.jsonl")],
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{(parts.hostname or '').lower()}{parts.path or '/'}"


def _page(row: Mapping[str, Any]) -> TruePage:
    return TruePage(
        id=row["canonical_id"],
        host=row["host"],
        kind=row["kind"],
        duplicate="duplicate_of" in row,
        first=row["first_tick"],
        allowed=row["robots"] == "allow",
        samples=tuple(row["samples"]),
    )


def _sentence(row: Mapping[str, Any]) -> Planted:
    return Planted(
        host=row["host"],
        page=row["canonical_id"],
        slug=row.get("slug", ""),
        text=row["text_as_shown"],
        template=row["scope"] == "template",
        since=row["visible_when"]["tick_from"],
    )


def _fetch(row: Mapping[str, Any]) -> Fetch:
    return Fetch(
        tick=row["tick"],
        civil=datetime.fromisoformat(row["civil"]),
        host=row["host"],
        ip=row["ip"],
        url_path=row["path"].partition("?")[0],
        method=row["method"],
        agent=row["ua"],
        status=row["status"],
        decision=row["decision"],
    )
