"""How much rendering is needed: pages rendered, and text recalled, against rendering every page.

Usage: python -m benchmarks.rendering [SEED]

The full farm runs; of each form of page on each host two are read as they are served and as a
browser shows them, and count for all pages of that form. The peer renders everything.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

from attrs import frozen

from cluewatch import farm
from cluewatch.farm import Ports
from crawlers import pages
from crawlers.browser import ChromiumRenderer
from crawlers.egress import Egress
from domain.errors import RetryableError
from domain.outcomes import Outcome
from domain.pages import ParsedPage, Reading
from sitefarm import render
from sitefarm.plans import PlanName
from sitefarm.records import START, Kind, Page, Site, World
from sitefarm.world import build

AGENT = "MedAdMonitor/1.0"
EACH = 2
PORTS = Ports(pages=8740, admin=8741)
_END = re.compile(r"[。！？!?\n]")
_HAN = re.compile("[\u3400-\u9fff]")
_LEAST_HAN = 6


@frozen(kw_only=True)
class Sample:
    """Sentences of one page as served and as rendered; `weight` pages are like it."""

    weight: float
    asks: bool
    served: frozenset[str]
    rendered: frozenset[str]

    def recalled(self, *, render_all: bool = False, render_none: bool = False) -> int:
        """Characters of all its sentences that a way of looking obtains."""
        looked = render_all or (self.asks and not render_none)
        got = self.rendered if looked else frozenset()
        return sum(map(len, self.served | got))

    @property
    def whole(self) -> int:
        """Characters of all sentences that there are."""
        return sum(map(len, self.served | self.rendered))


def main() -> None:
    """Print the row of docs/benchmarks.md."""
    seed = sys.argv[1] if len(sys.argv) > 1 else "render"
    world = build(seed, plan=PlanName.FULL, port=PORTS.pages)
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        with farm.running(seed=seed, plan=PlanName.FULL, directory=directory, ports=PORTS):
            samples = list(sampled(world, directory))
    count = sum(one.weight for one in samples)
    whole = sum(one.weight * one.whole for one in samples)

    def share(**how: bool) -> float:
        return sum(one.weight * one.recalled(**how) for one in samples) / whole

    asked = sum(one.weight for one in samples if one.asks) / count
    print(f"seed {seed}: {count:.0f} pages, {len(samples)} of them looked at both ways")
    print(f"rendered {asked:.1%}, recall {share():.2%}")
    print(f"peer, rendering all: 100 %, recall {share(render_all=True):.2%}")
    print(f"ablation, rendering none: 0 %, recall {share(render_none=True):.2%}")


def sampled(world: World, directory: Path) -> Iterator[Sample]:
    """A few pages of every form of every host, both ways."""
    egress = Egress(
        resolve=json.loads((directory / "resolve.json").read_text("utf-8")),
        allowed=[ip_network("127.0.0.0/8")],
        agency_set=False,
        ports=frozenset({PORTS.pages}),
    )
    browser = ChromiumRenderer(executable=None, egress=egress, token=AGENT)
    try:
        for site in world.sites.values():
            for group in forms(site).values():
                for page in group[:EACH]:
                    weight = len(group) / len(group[:EACH])
                    yield both_ways(browser, world, site, page, weight)
    finally:
        browser.close()


def forms(site: Site) -> dict[tuple[str, str], list[Page]]:
    """The documents of a host that stand there at first, by view and form."""
    groups: dict[tuple[str, str], list[Page]] = defaultdict(list)
    for page in site.pages.values():
        if page.alive(0) and page.kind in (Kind.CONTENT, Kind.LIST) and not page.duplicate_of:
            groups[page.view, page.form].append(page)
    return groups


def both_ways(
    browser: ChromiumRenderer, world: World, site: Site, page: Page, weight: float
) -> Sample:
    """Read a page as it is served and as the browser shows it."""
    url, media = world.url(site.host, page.path), render.media(site, page)
    served = read(render.body(world, site, page, 0), url, media)
    try:
        html = browser.render(url).html
    except RetryableError:
        html = b""  # a cloak led the browser away
    shown = read(html, url, "text/html; charset=utf-8")
    return Sample(
        weight=weight,
        asks=not isinstance(served, ParsedPage) and served.outcome is Outcome.EMPTY_SHELL,
        served=sentences(served),
        rendered=sentences(shown),
    )


def read(body: bytes, url: str, media: str) -> Reading:
    return pages.read(body=body, url=url, headers=[("Content-Type", media)], captured_at=START)


def sentences(reading: Reading) -> frozenset[str]:
    """Sentences with some Chinese; none of a page that is no content."""
    text = reading.text if isinstance(reading, ParsedPage) else ""
    found = ("".join(piece.split()) for piece in _END.split(text))
    return frozenset(one for one in found if len(_HAN.findall(one)) >= _LEAST_HAN)


if __name__ == "__main__":
    main()
