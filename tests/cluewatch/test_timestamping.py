"""The way to a timestamp authority over loopback HTTP, and what may come back on it."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from cluewatch.clock import SystemClock
from cluewatch.timestamping import authority
from crawlers.egress import Egress, PolicyDenied
from domain.errors import ConfigError, RetryableError
from tests.evidence.authority import LocalAuthority, skip_without_openssl

MINUTE = timedelta(minutes=1)
Answer = tuple[int, str, bytes]


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    skip_without_openssl()
    return LocalAuthority(tmp_path_factory.mktemp("tsa") / "a")


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[bytes], Answer]], str]]:
    """Start a server that answers requests so; returns its address."""
    servers: list[http.server.HTTPServer] = []

    def start(reply: Callable[[bytes], Answer]) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Quiet."""

            def do_POST(self) -> None:
                assert self.headers["Host"].startswith("tsa.test:")
                assert self.headers["Content-Type"] == "application/timestamp-query"
                status, media, body = reply(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.send_header("Content-Type", media)
                self.send_header("Location", "http://127.0.0.1/")
                self.end_headers()
                self.wfile.write(body)

        server = http.server.HTTPServer(("127.33.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://tsa.test:{server.server_port}/stamp"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def egress() -> Egress:
    return Egress(
        resolve={"tsa.test": "127.33.0.1"}, allowed=[ip_network("127.33.0.0/16")], agency_set=False
    )


REPLY = "application/timestamp-reply"


def test_a_stamp_comes_over_http(
    tsa: LocalAuthority, serve: Callable[..., str], egress: Egress
) -> None:
    url = serve(lambda request: (200, REPLY, tsa.answer(request)))
    stamps = authority(url, tsa.root_path, egress)
    now = SystemClock().now()
    answer = stamps.stamp(b"data", near=now, most=MINUTE)
    assert abs(stamps.check(answer, b"data") - now) < MINUTE


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, "text/html", b"<h1>Welcome</h1>"), "text/html"),
        ((503, REPLY, b""), "503"),
        ((302, REPLY, b""), "302"),
        ((200, REPLY, b"garbage"), "无法读取"),
        ((200, REPLY, bytes(1 << 20)), "过长"),
    ],
)
def test_what_is_no_stamp_is_refused(
    tsa: LocalAuthority, serve: Callable[..., str], egress: Egress, answer: Answer, words: str
) -> None:
    stamps = authority(serve(lambda _: answer), tsa.root_path, egress)
    with pytest.raises(RetryableError, match=words):
        stamps.stamp(b"data", near=SystemClock().now(), most=MINUTE)


def test_the_way_is_checked_by_egress(tsa: LocalAuthority) -> None:
    closed = Egress(resolve={}, allowed=[], agency_set=True)
    stamps = authority("http://127.0.0.1/stamp", tsa.root_path, closed)
    with pytest.raises(PolicyDenied):
        stamps.stamp(b"data", near=SystemClock().now(), most=MINUTE)


def test_roots_must_be_there(tmp_path: Path, egress: Egress) -> None:
    with pytest.raises(ConfigError, match="根证书"):
        authority("http://tsa.test/", None, egress)
    (tmp_path / "roots.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="无法读取"):
        authority("http://tsa.test/", tmp_path / "roots.pem", egress)
