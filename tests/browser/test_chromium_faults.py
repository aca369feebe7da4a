"""The renderer with a real Chromium: what is never asked, escapes and deaths."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest

from crawlers.browser import ChromiumRenderer
from crawlers.egress import Egress, PolicyDenied
from domain.errors import PermanentError, RetryableError, Unreachable
from tests.browser.rendering_yard import Answer, Serve, html
from tests.browser.rendering_yard import asked as asked  # noqa: PLC0414 - fixtures here as well
from tests.browser.rendering_yard import egress as egress  # noqa: PLC0414
from tests.browser.rendering_yard import renderer as renderer  # noqa: PLC0414
from tests.browser.rendering_yard import serve as serve  # noqa: PLC0414

pytestmark = pytest.mark.browser


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
