"""A browser that hangs: in a script, for a server, or altogether. The seal is made later, once."""

from __future__ import annotations

import http.server
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
from attrs import evolve, frozen

from cluewatch import workers
from cluewatch.bootstrap import Services
from cluewatch.sealing import SealWork
from crawlers.browser import ChromiumRenderer
from crawlers.egress import Egress
from domain.captures import Acquisition, Capture, SealStatus
from tests.faults.conftest import Home, Settled
from tests.faults.feed import captures, hasten
from tickets import worklist
from tickets.worklist import ClueFilter

pytestmark = [pytest.mark.faults, pytest.mark.browser]

ADDRESS = "127.31.0.1"
DEADLINE = 8.0


@frozen(kw_only=True)
class Site:
    """A site of one page. `hang` is done once, when the page is first asked for."""

    port: int
    hang: list[Callable[[], bytes]]


@pytest.fixture
def page() -> Capture:
    """The first advertisement of the feed."""
    return next(one for one in captures("faults", 6) if "保证根治" in one.body.decode())


@pytest.fixture
def site(page: Capture) -> Iterator[Site]:
    """Serves the page, after it has hung."""
    hang: list[Callable[[], bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = hang.pop()() if hang and self.path == "/0.html" else page.body
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer((ADDRESS, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(port=server.server_port, hang=hang)
    server.shutdown()
    server.server_close()


@pytest.fixture
def chromium(tmp_path: Path) -> Path:
    """Our browser, told from any other by an argument of its own."""
    found = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if found is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    wrapper = tmp_path / "chromium"
    wrapper.write_text(f'#!/bin/sh\nexec {found} --crash-dumps-dir={tmp_path} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


@pytest.mark.parametrize("fault", ["script", "server", "stopped"])
def test_a_browser_that_hangs_is_given_up_and_the_seal_made_later(
    *,
    home: Home,
    site: Site,
    page: Capture,
    chromium: Path,
    settled: Settled,
    fault: str,
) -> None:
    services = home()
    sealing = SealWork(services, owner="seal")
    with browser(services, chromium):
        url = f"http://yiyuan.test:{site.port}/0.html"
        crawled = evolve(page, url=url, acquisition=Acquisition.CRAWL)
        with services.evidence_writer("test") as writer:
            writer.record([crawled])
        workers.drain(workers.all_steps(services))
        released = threading.Event()
        site.hang.append(lambda: hung(fault, page, chromium, released))
        assert sealing.work() == 1
        assert seal_of(services) is SealStatus.PENDING
        workers.drain(workers.all_steps(services))
        assert seal_of(services) is SealStatus.INCOMPLETE
        released.set()
        hasten(services)
        assert sealing.work() == 1
        workers.drain(workers.all_steps(services))
        assert seal_of(services) is SealStatus.SEALED
    found = settled(services)
    assert (found.captures, found.clues, found.tickets) == (1, 1, 1)


def hung(fault: str, page: Capture, chromium: Path, released: threading.Event) -> bytes:
    """What the page does, or does not."""
    if fault == "script":
        return page.body.replace(b"</body>", b"<script>for(;;);</script></body>")
    if fault == "stopped":
        signal_all(f"--crash-dumps-dir={chromium.parent}", signal.SIGSTOP)
    released.wait(60)
    return page.body


@contextmanager
def browser(services: Services, chromium: Path) -> Iterator[None]:
    """A real browser for seals, with little patience; ended even when it has been stopped."""
    egress = Egress(
        resolve={"yiyuan.test": ADDRESS},
        allowed=[ip_network("127.31.0.0/16")],
        agency_set=True,
        lookup=lambda _host: (),
    )
    renderer = ChromiumRenderer(
        executable=chromium, egress=egress, token="MedAdMonitor/1.0", deadline=DEADLINE
    )
    del services.__dict__["paced_renderer"]
    services.__dict__.update(egress=egress, renderer=renderer)
    try:
        yield
    finally:
        signal_all(f"--crash-dumps-dir={chromium.parent}", signal.SIGKILL)
        renderer.close()


def seal_of(services: Services) -> SealStatus:
    """How the one clue is sealed."""
    with services.truth.read() as tx:
        (entry,) = worklist.clues(tx, ClueFilter()).entries
        return entry.seal


def signal_all(argument: str, number: signal.Signals) -> None:
    """Signal every process that was started with this argument."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if argument.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(folder.name), number)
        except OSError:  # it has ended meanwhile
            continue
