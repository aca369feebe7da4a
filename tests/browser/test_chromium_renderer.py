"""The renderer with a real Chromium: live pages and stored pages."""

from __future__ import annotations

import base64
import hashlib
import http.server
import shutil
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from crawlers.browser import ChromiumRenderer
from crawlers.egress import Egress, PolicyDenied
from domain.captures import Hop, Profile
from domain.errors import Unreachable
from tests.browser.rendering_yard import Serve, html
from tests.browser.rendering_yard import asked as asked  # noqa: PLC0414 - fixtures here as well
from tests.browser.rendering_yard import egress as egress  # noqa: PLC0414
from tests.browser.rendering_yard import renderer as renderer  # noqa: PLC0414
from tests.browser.rendering_yard import serve as serve  # noqa: PLC0414
from tests.evidence.stand_ins import grey_png

pytestmark = pytest.mark.browser


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
