"""The renderer with a real Chromium: live pages, stored pages, and a page that breaks out."""

from __future__ import annotations

import base64
import hashlib
import http.server
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from crawlers.browser import ChromiumRenderer
from crawlers.egress import Egress, PolicyDenied
from domain.captures import Hop, Profile
from domain.errors import PermanentError, RetryableError, Unreachable
from tests.evidence.stand_ins import grey_png

pytestmark = pytest.mark.browser

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


def test_live_page_after_scripts_with_lazy_parts(renderer: ChromiumRenderer, serve: Serve) -> None:
    port = serve(
        "127.31.0.1",
        {
            "/": html(
                "<div id=a></div><div style='height:3000px'></div><img id=lazy>"
                "<script>document.getElementById('a').textContent='脚本写出的正文';"
                "new IntersectionObserver((e)=>{if(e[0].isIntersecting)"
                "{document.body.dataset.lazy='loaded'}})"
                ".observe(document.getElementById('lazy'));alert('弹窗')</script>"
            )
        },
    )
    page = renderer.render(f"http://yard.test:{port}/")
    text = page.html.decode()
    assert "脚本写出的正文" in text
    assert 'data-lazy="loaded"' in text
    assert page.screenshot.startswith(b"\x89PNG")
    width, height = (int.from_bytes(page.screenshot[i : i + 4]) for i in (16, 20))
    assert width == 1280
    assert height > 3000
    assert page.final_url == f"http://yard.test:{port}/"
    assert page.environment["time_zone"] == "Asia/Shanghai"
    assert page.environment["network"] == "live"
    assert not any(page.cleanliness.values())
    assert b"Content-Type: multipart/related" in page.mhtml
    assert page.text.startswith("脚本写出的正文")
    assert page.tiles == ()


def test_the_way_to_a_live_page_is_told(renderer: ChromiumRenderer, serve: Serve) -> None:
    dot = grey_png([b"\x00\xff"])
    port = serve(
        "127.31.0.1",
        {
            "/old": (301, {"Location": "/older"}, b""),
            "/older": (302, {"Location": "/"}, b""),
            "/": html("<p>正文</p><div style='height:9000px'></div><img loading=lazy src=/a.png>"),
            "/a.png": (200, {"Content-Type": "image/png"}, dot),
        },
    )
    home = f"http://yard.test:{port}"
    page = renderer.render(f"{home}/old")
    assert page.visit is not None
    assert page.visit.redirects == (
        Hop(url=f"{home}/old", status=301),
        Hop(url=f"{home}/older", status=302),
    )
    assert (page.visit.status, page.visit.addresses) == (200, ("127.31.0.1",))
    assert page.visit.address == "127.31.0.1"
    assert "正文".encode() in page.visit.body
    assert page.visit.tls is None
    assert [(each.url, each.body) for each in page.pictures] == [(f"{home}/a.png", dot)]
    heights = [int.from_bytes(tile[20:24]) for tile in page.tiles]
    assert heights[:2] == [4000, 4000]
    assert sum(heights) == int(page.environment["page_height"]) > 9000


def test_a_redirect_to_another_host_is_followed(renderer: ChromiumRenderer, serve: Serve) -> None:
    try:
        serve("127.31.0.2", {"/": html("<p>新址</p>")}, 80)
    except OSError as error:
        pytest.skip(f"port 80 cannot be served here: {error}")
    port = serve("127.31.0.1", {"/": (301, {"Location": "http://barn.test/"}, b"")})
    page = renderer.render(f"http://yard.test:{port}/")
    assert page.visit is not None
    assert (page.text, page.visit.address) == ("新址", "127.31.0.2")
    assert page.final_url == "http://barn.test/"


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("http://169.254.169.254/", PolicyDenied),
        ("https://169.254.169.254/", PolicyDenied),
        ("http://nowhere.test/", Unreachable),
        ("https://nowhere.test/", Unreachable),
    ],
)
def test_what_our_proxy_answers_is_no_answer_of_the_site(
    *, renderer: ChromiumRenderer, serve: Serve, place: str, error: type[Exception]
) -> None:
    port = serve("127.31.0.1", {"/": (302, {"Location": place}, b"")})
    with pytest.raises(error):
        renderer.render(f"http://yard.test:{port}/")


def test_a_page_that_is_gone_is_shown_with_its_status(
    renderer: ChromiumRenderer, serve: Serve
) -> None:
    port = serve("127.31.0.1", {"/": html("x")})
    page = renderer.render(f"http://yard.test:{port}/gone")
    assert page.visit is not None
    assert page.visit.status == 404


def test_the_certificate_of_a_page_is_kept(
    egress: Egress, asked: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Chromium trusts the test's own key by a switch that a wrapper adds; the product has none."""
    chromium = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    key, pem, der, spki = certificate("yard.test", tmp_path)
    wrapper = tmp_path / "chromium"
    switch = f"--ignore-certificate-errors-spki-list={spki}"
    wrapper.write_text(f'#!/bin/sh\nexec {chromium} {switch} "$@"\n')
    wrapper.chmod(0o755)

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<p>TLS</p>")

    server = http.server.ThreadingHTTPServer(("127.31.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = ChromiumRenderer(executable=wrapper, egress=egress, token="x", deadline=30)
    try:
        page = made.render(f"https://yard.test:{server.server_port}/")
    finally:
        made.close()
        server.shutdown()
        server.server_close()
    assert page.visit is not None
    assert page.visit.tls is not None
    assert page.visit.tls.certificates == (der,)
    assert page.visit.tls.protocol.startswith("TLS 1.")
    assert page.visit.tls.names[0] == "yard.test"


def certificate(name: str, folder: Path) -> tuple[Path, Path, bytes, str]:
    """A self-signed certificate: key file, PEM file, DER, and the digest of its public key."""
    key, pem = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        f"-subj /CN={name} -addext subjectAltName=DNS:{name} -keyout {key} -out {pem}".split(),
        check=True,
        capture_output=True,
    )
    public = subprocess.run(
        ["openssl", "pkey", "-in", str(key), "-pubout", "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    spki = base64.b64encode(hashlib.sha256(public).digest()).decode()
    return key, pem, ssl.PEM_cert_to_DER_cert(pem.read_text()), spki


def test_a_telephone_is_named_honestly_and_gets_its_own_page(
    renderer: ChromiumRenderer, serve: Serve
) -> None:
    code = "document.body.textContent=navigator.userAgent+' '+innerWidth"
    port = serve("127.31.0.1", {"/": html(f"<script>{code}</script>")})
    url = f"http://yard.test:{port}/"
    phone = renderer.render(url, profile=Profile.MOBILE).html.decode()
    assert "Mobile" in phone
    assert "MedAdMonitor/1.0" in phone
    assert "MicroMessenger" not in phone
    desk = renderer.render(url)
    assert "Mobile" not in desk.html.decode()
    assert desk.environment["viewport"] == "1280x900"


def test_widgets_and_analytics_are_never_asked(
    renderer: ChromiumRenderer, serve: Serve, asked: list[tuple[str, str]]
) -> None:
    parts = "<script src='/JS/LsJS.aspx?siteid=A'></script><img src='/adclick?to=1'>"
    port = serve("127.31.0.1", {"/": html(f"<p>正文</p>{parts}<img src='/own.png'>")})
    renderer.render(f"http://yard.test:{port}/")
    assert sorted({path for _, path in asked}) == ["/", "/own.png"]


def test_a_browser_that_outgrows_its_memory_is_ended(egress: Egress, serve: Serve) -> None:
    if shutil.which("chromium") is None and shutil.which("chromium-headless-shell") is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    port = serve("127.31.0.1", {"/": html("<p>好</p>")})
    made = ChromiumRenderer(executable=None, egress=egress, token="x", deadline=20, memory=1)
    try:
        with pytest.raises(RetryableError, match="MiB 内存"):
            made.render(f"http://yard.test:{port}/")
    finally:
        made.close()


def test_stored_page_fetches_nothing(
    renderer: ChromiumRenderer, serve: Serve, asked: list[tuple[str, str]]
) -> None:
    port = serve("127.31.0.1", {"/x.js": (200, {}, b"document.title='fetched'")})
    stored = (
        f"<title>旧页</title><p>保存的正文</p><script src='http://yard.test:{port}/x.js'></script>"
    )
    page = renderer.render_stored(
        f"http://yard.test:{port}/old.html", stored.encode("gb18030"), "gb18030"
    )
    assert "保存的正文" in page.html.decode()
    assert "旧页" in page.html.decode()
    assert page.environment["network"] == "offline"
    assert asked == []


def test_hostile_page_reaches_nothing_else(
    renderer: ChromiumRenderer, serve: Serve, asked: list[tuple[str, str]]
) -> None:
    inner = serve("127.0.0.1", {"/secret": html("内部")})
    other = serve("127.31.0.1", {"/secret": html("别的端口")})
    tries = [
        f"http://127.0.0.1:{inner}/secret",
        f"http://localhost:{inner}/secret",
        f"http://[::ffff:127.0.0.1]:{inner}/secret",
        f"http://2130706433:{inner}/secret",
        f"http://yard.test:{other}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "/hop",
    ]
    code = "".join(
        f"fetch('{url}',{{mode:'no-cors'}}).catch(()=>0);new Image().src='{url}';"
        f"document.write('<iframe src=\"{url}\"></iframe>');"
        for url in tries
    )
    sockets = f"try{{new WebSocket('ws://127.0.0.1:{inner}/secret')}}catch(e){{}}"
    worker = f"navigator.sendBeacon('http://127.0.0.1:{inner}/secret','x');"
    pages = {
        "/": html(f"<p>诱饵</p><script>{code}{sockets}{worker}</script>"),
        "/hop": (302, {"Location": f"http://127.0.0.1:{inner}/secret"}, b""),
    }
    port = serve("127.31.0.1", pages)
    page = renderer.render(f"http://yard.test:{port}/")
    assert "诱饵" in page.html.decode()
    assert {where for where, _ in asked} == {f"127.31.0.1:{port}"}


def test_page_that_never_ends_is_given_up(egress: Egress, serve: Serve) -> None:
    if shutil.which("chromium") is None and shutil.which("chromium-headless-shell") is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    port = serve(
        "127.31.0.1", {"/": html("<script>while(true){}</script>"), "/ok": html("<p>好</p>")}
    )
    made = ChromiumRenderer(executable=None, egress=egress, token="x", deadline=4)
    try:
        with pytest.raises(RetryableError, match="秒内未能呈现"):
            made.render(f"http://yard.test:{port}/")
        assert "好" in made.render(f"http://yard.test:{port}/ok").html.decode()
    finally:
        made.close()


def test_a_browser_that_is_killed_is_no_vanished_page(
    egress: Egress, serve: Serve, tmp_path: Path
) -> None:
    """The wrapper's own path among the arguments tells our browser from any other."""
    chromium = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    wrapper = tmp_path / "chromium"
    wrapper.write_text(f'#!/bin/sh\nexec {chromium} --crash-dumps-dir={tmp_path} "$@"\n')
    wrapper.chmod(0o755)
    mark = f"--crash-dumps-dir={tmp_path}"

    def die() -> Answer:
        kill_all(mark)
        return html("x")

    port = serve("127.31.0.1", {"/": die, "/ok": html("<p>好</p>")})
    made = ChromiumRenderer(executable=wrapper, egress=egress, token="x", deadline=60)
    try:
        with pytest.raises(RetryableError) as caught:
            made.render(f"http://yard.test:{port}/")
        assert not isinstance(caught.value, Unreachable)
        assert "好" in made.render(f"http://yard.test:{port}/ok").text
    finally:
        made.close()


def kill_all(argument: str) -> None:
    """Kill every process that was started with this argument."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if argument.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
        except OSError:  # it has ended meanwhile
            continue


def test_forbidden_address_starts_no_browser(egress: Egress) -> None:
    made = ChromiumRenderer(executable=Path("/nonexistent"), egress=egress, token="x")
    with pytest.raises(PolicyDenied):
        made.render("http://127.0.0.1/")


def test_missing_browser_names_the_remedy(egress: Egress) -> None:
    made = ChromiumRenderer(executable=Path("/nonexistent"), egress=egress, token="x")
    with pytest.raises(PermanentError, match="apt-get install chromium"):
        made.render_stored("http://yard.test/", b"<p>x</p>", "utf-8")
    made.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_closed_port_is_no_answer(renderer: ChromiumRenderer, scheme: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.31.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(Unreachable):
        renderer.render(f"{scheme}://yard.test:{port}/")
