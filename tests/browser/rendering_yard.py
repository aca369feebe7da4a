"""Loopback servers and a renderer with a real Chromium."""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest

from crawlers.browser import ChromiumRenderer
from crawlers.egress import Egress

Serve = Callable[..., int]
Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def asked() -> list[tuple[str, str]]:
    """(address, path) of every request that any of the servers saw."""
    return []


@pytest.fixture
def serve(asked: list[tuple[str, str]]) -> Iterator[Serve]:
    """Start a loopback server: serve(address, {path: (status, headers, body)}) -> port."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(address: str, pages: dict[str, Answer | Callable[[], Answer]], port: int = 0) -> int:
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Quiet."""

            def do_GET(self) -> None:
                asked.append((f"{address}:{server.server_port}", self.path))
                answer = pages.get(self.path, (404, {}, b"gone"))
                status, headers, body = answer() if callable(answer) else answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        server = http.server.ThreadingHTTPServer((address, port), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def egress() -> Egress:
    return Egress(
        resolve={"yard.test": "127.31.0.1", "barn.test": "127.31.0.2"},
        allowed=[ip_network("127.31.0.0/16")],
        agency_set=False,
        lookup=lambda _: (),
    )


@pytest.fixture
def renderer(egress: Egress) -> Iterator[ChromiumRenderer]:
    if shutil.which("chromium") is None and shutil.which("chromium-headless-shell") is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    made = ChromiumRenderer(executable=None, egress=egress, token="MedAdMonitor/1.0", deadline=20)
    yield made
    made.close()


def html(body: str) -> tuple[int, dict[str, str], bytes]:
    text = f"<!doctype html><html><head><meta charset=utf-8></head><body>{body}</body></html>"
    return 200, {"Content-Type": "text/html; charset=utf-8"}, text.encode()
