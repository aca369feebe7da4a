"""Rows about paid search results: found or not, and whether their landing was read right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from sitefarm.score.ground import Ground
from sitefarm.score.rows import Row, share


@define
class Adverts:
    """What a product says of the result pages; the newest document of each counts."""

    claimed: dict[str, Counter[str]] = field(factory=dict)

    def examine(self, ground: Ground, document: Mapping[str, Any]) -> None:
        """Take one document into account; pages that are no result pages are ignored."""
        page = ground.page_of(document)
        if page is not None and page.id in ground.adverts:
            links = document.get("links") or ()
            self.claimed[page.id] = Counter(x["url"] for x in links if x.get("rel") == "ad")

    def rows(self, ground: Ground) -> Iterator[Row]:
        """Recall and precision of advertisements by their landing; nothing without any."""
        found: dict[str, list[bool]] = defaultdict(list)
        right: dict[str, list[bool]] = defaultdict(list)
        for page, landings in ground.adverts.items():
            true, claimed = Counter(landings), self.claimed.get(page, Counter())
            hits = (true & claimed).total()
            found[page] = [True] * hits + [False] * (true.total() - hits)
            right[page] = [True] * hits + [False] * (claimed.total() - hits)
        if ground.adverts:
            yield share("ads_recall", found, at_least=0.98)
            yield share("ads_precision", right, at_least=0.98)
