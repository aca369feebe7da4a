"""A jumping civil clock, databases, and loopback sites whose log is the judge."""

from __future__ import annotations

import http.server
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from attrs import Factory, define, frozen

from crawlers import tables as crawler_tables
from crawlers.config import CrawlConfig
from crawlers.egress import Egress
from crawlers.frontier import tables as frontier_tables
from documents import tables as document_tables
from domain.sources import Source, SourceKind
from evidence import tables as evidence_tables
from evidence.writer import EvidenceWriter
from storage.database import Database, Durability

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class JumpingClock:
    """Runs like a clock, and jumps when it is waited for."""

    def __init__(self) -> None:
        self._base = START
        self._read = time.monotonic()

    def now(self) -> datetime:
        """Civil time."""
        return self._base + timedelta(seconds=time.monotonic() - self._read)

    async def wait_until(self, moment: datetime) -> None:
        """Jump."""
        self.jump(moment)

    def jump(self, moment: datetime) -> None:
        """Forward only."""
        if moment > self.now():
            self._base, self._read = moment, time.monotonic()


@frozen(kw_only=True)
class Hit:
    """One line of a server's log, in civil time."""

    at: datetime
    host: str
    path: str
    headers: dict[str, str]


@define(kw_only=True)
class Site:
    """What a loopback host answers: path -> (status, headers, body), or a function of the hit."""

    host: str
    address: str
    pages: dict[str, tuple[int, dict[str, str], bytes]] = Factory(dict)
    answer: Callable[[Hit], tuple[int, dict[str, str], bytes] | None] = lambda _hit: None


class Web:
    """Loopback sites on one port, each on an address of its own."""

    def __init__(self, clock: JumpingClock) -> None:
        self.clock = clock
        self.sites: dict[str, Site] = {}
        self.log: list[Hit] = []
        self.port = 0
        self._servers: list[http.server.ThreadingHTTPServer] = []

    def site(self, host: str, address: str) -> Site:
        """Add a host; hosts may share an address."""
        if all(site.address != address for site in self.sites.values()):
            server = http.server.ThreadingHTTPServer((address, self.port), self._handler())
            self.port = server.server_port
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.sites[host] = Site(host=host, address=address)
        return self.sites[host]

    def url(self, host: str, path: str = "/") -> str:
        """The full address of a path."""
        return f"http://{host}:{self.port}{path}"

    def paths(self, host: str) -> list[str]:
        """What was asked of a host, in order."""
        return [hit.path for hit in self.log if hit.host == host]

    def distances(self, *hosts: str) -> list[float]:
        """Civil seconds between the requests to these hosts taken together."""
        moments = [hit.at for hit in self.log if hit.host in hosts]
        return [(b - a).total_seconds() for a, b in itertools.pairwise(moments)]

    def close(self) -> None:
        """Stop all servers."""
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Quiet."""

            def do_GET(self) -> None:
                host = self.headers["Host"].partition(":")[0]
                hit = Hit(at=web.clock.now(), host=host, path=self.path, headers=dict(self.headers))
                web.log.append(hit)
                site = web.sites[host]
                given = site.answer(hit) or site.pages.get(self.path)
                status, headers, body = given or (404, {}, b"<h1>no such page</h1>")
                self.send_response(status)
                usual = {
                    "Content-Type": "text/html; charset=utf-8",
                    "Content-Length": str(len(body)),
                }
                for name, value in {**usual, **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        return Handler


def word(number: int) -> str:
    """A word of its own for every number: pages that differ in digits only are taken for a trap."""
    return chr(0x6000 + number) * 2


def page(title: str, *links: str, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    """An ordinary page with enough to say."""
    anchors = "".join(f'<li><a href="{link}">第{i}篇</a></li>' for i, link in enumerate(links))
    words = f"{title}：门诊时间与就诊流程说明。" * 12
    text = f"<html><head><title>{title}</title></head><body><p>{words}</p><ul>{anchors}</ul></body>"
    return status, {}, text.encode()


@define(kw_only=True)
class Yard:
    """Databases and directories of one crawl."""

    directory: Path
    truth: Database
    frontier: Database

    @classmethod
    def make(cls, directory: Path) -> Yard:
        """The databases in a directory, created when they are not there yet."""
        truth = Database(f"sqlite:///{directory}/truth.db")
        frontier = Database(f"sqlite:///{directory}/frontier.db", durability=Durability.NORMAL)
        crawler_tables.metadata.create_all(truth.engine)
        evidence_tables.metadata.create_all(truth.engine)
        document_tables.metadata.create_all(truth.engine)
        frontier_tables.metadata.create_all(frontier.engine)
        return cls(directory=directory, truth=truth, frontier=frontier)

    def config(
        self, web: Web, *, worker: str = "w1", hours: float = 2, **more: object
    ) -> CrawlConfig:
        """A crawl of the loopback web that ends when nothing is due within `hours`."""
        resolve = {host: site.address for host, site in web.sites.items()}
        return CrawlConfig(
            clock=web.clock,
            frontier=self.frontier,
            truth=self.truth,
            writer=lambda: EvidenceWriter(
                directory=self.directory / "evidence",
                database=self.truth,
                clock=web.clock,
                writer=worker,
            ),
            egress=Egress(resolve=resolve, allowed=[ip_network("127.0.0.0/8")], agency_set=False),
            user_agent="Mozilla/5.0 (X11; Linux x86_64) MedAdMonitor/1.0 (+loopback)",
            worker=worker,
            horizon=web.clock.now() + timedelta(hours=hours),
            **more,  # type: ignore[arg-type]  # the test names them
        )


def source(host: str, *start: str, **more: object) -> Source:
    """A hospital site under watch."""
    values: dict[str, object] = {
        "id": host,
        "kind": SourceKind.HOSPITAL_SITE,
        "title": host,
        "region": "110000",
        "start_urls": start,
        "hosts": (host,),
        **more,
    }
    return Source(**values)  # type: ignore[arg-type]  # a test's shorthand
