"""A baseline for the farm's scores: plain Scrapy, no rendering, the text of the DOM alone.

Usage: python -m benchmarks.plain_scrapy [SEED] [PLAN]

A spider as its documentation shows it (follow every link of the allowed hosts, obey robots.txt,
otherwise the defaults of Scrapy's settings) crawls the farm; the farm's own scorer judges it.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import yaml
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor
from scrapy.spiders import CrawlSpider, Rule

from cluewatch import farm
from cluewatch.farm import Ports
from sitefarm.plans import PlanName

PORTS = Ports(pages=8750, admin=8751)
MOST_PAGES = 5_000
_SETTINGS = {
    "ROBOTSTXT_OBEY": True,
    "LOG_LEVEL": "ERROR",
    "TELNETCONSOLE_ENABLED": False,
    "CLOSESPIDER_PAGECOUNT": MOST_PAGES,
}
_REPORTED = re.compile(
    r"discovery|fetch|trap|robots|widget|ad_clicks|verification|rate_|missing|capture|cloak|ads_"
)


class Plain(CrawlSpider):
    """Every link of the farm's hosts."""

    name = "plain"
    documents: ClassVar[list[dict[str, Any]]] = []
    allowed_domains: ClassVar[list[str]] = []
    rules = (Rule(LinkExtractor(), callback="keep", follow=True),)

    def parse_start_url(self, response: Any, **_: Any) -> None:
        """The home page is a page, too."""
        self.keep(response)

    def keep(self, response: Any) -> None:
        """What such a crawl would store: the text nodes outside scripts."""
        if not hasattr(response, "xpath"):
            return
        words = response.xpath("//body//text()[not(parent::script or parent::style)]").getall()
        text = "".join(words)
        self.documents.append({"url": response.url, "text": text, "findings": []})


def main() -> None:
    """Crawl and print the farm's rows."""
    seed = sys.argv[1] if len(sys.argv) > 1 else "plain"
    plan = PlanName(sys.argv[2]) if len(sys.argv) > 2 else PlanName.MINI
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        with farm.running(seed=seed, plan=plan, directory=directory, ports=PORTS):
            began = time.process_time()
            documents = crawled(directory)
            spent = time.process_time() - began
        card = farm.scored(directory, documents)
    print(f"seed {seed}, plan {plan}: {len(documents)} pages, {len(documents) / spent:.0f} a CPU-s")
    for row in card["rows"]:
        if _REPORTED.match(row["metric"]):
            print(f"{row['metric']}\t{row['value']}\t{row['gate']}\t{row['pass']}")


def crawled(directory: Path) -> list[dict[str, Any]]:
    """Crawl all sources of the farm; the resolver knows its names."""
    addresses = json.loads((directory / "resolve.json").read_text("utf-8"))
    sources = yaml.safe_load((directory / "sources.yml").read_text("utf-8"))["sources"]
    documents: list[dict[str, Any]] = []
    Plain.documents = documents
    Plain.start_urls = [url for source in sources for url in source["start_urls"]]
    Plain.allowed_domains = [host for source in sources for host in source["hosts"]]
    with names(addresses):
        process = CrawlerProcess(_SETTINGS)
        process.crawl(Plain)
        process.start()
    return documents


@contextmanager
def names(addresses: dict[str, str]) -> Iterator[None]:
    """Scrapy's threads ask the system for addresses: it knows the farm's hosts meanwhile."""
    asked = socket.gethostbyname

    def known(host: str) -> str:
        return addresses.get(host) or asked(host)

    socket.gethostbyname = known
    try:
        yield
    finally:
        socket.gethostbyname = asked


if __name__ == "__main__":
    main()
