"""A crawl in a process of its own, to be killed: `python -m … DIRECTORY PORT`."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from crawlers.engine import crawl
from tests.crawling.loopback import JumpingClock, Site, Web, Yard

HOSTS = {"one.test": "127.32.0.1", "two.test": "127.32.0.2"}


def main(directory: str, port: str, later: str) -> None:
    """Crawl what the source table names; the servers run in the parent process."""
    clock = JumpingClock()
    clock.jump(clock.now() + timedelta(minutes=float(later)))
    web = Web(clock)
    web.port = int(port)
    for host, address in HOSTS.items():
        web.sites[host] = Site(host=host, address=address)
    crawl(Yard.make(Path(directory)).config(web, hours=3))


if __name__ == "__main__":
    main(*sys.argv[1:])
