"""A shell is crawled, rendered once, and judged in both forms; with the farm's loopback rules."""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluewatch import intake, workers
from cluewatch.bootstrap import Services
from cluewatch.rendering import RenderWork
from documents import store as documents
from domain.captures import Profile
from domain.findings import Verdict
from domain.outcomes import Outcome
from evidence import gaps
from evidence import reader as evidence
from tests.homes import home

pytestmark = pytest.mark.browser

SHELL = """<!doctype html><html><head><meta charset="utf-8"><title>青禾医院</title></head>
<body><div id="app"></div><script>
var request = new XMLHttpRequest(); request.open('GET', '/data', false); request.send();
document.getElementById('app').innerHTML = request.responseText;
</script></body></html>"""
DATA = """<h1>牛皮癣治疗</h1><p>我院采用青禾透皮疗法，保证根治牛皮癣，永不复发。</p>
<p>治愈率高达98%，已有三万名患者在我院康复。预约电话：400-000-0123</p>
<p>地址：示范市青禾路1号 版权所有 青禾医院</p>"""
PAGES = {"/": SHELL.encode(), "/data": DATA.encode()}


@pytest.fixture
def port() -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            body = PAGES.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.36.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if shutil.which("chromium") is None and shutil.which("chromium-headless-shell") is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    network = {"resolve": {"spa.test": "127.36.0.1"}, "allowed": ["127.36.0.0/16"]}
    with home(tmp_path / "home", monkeypatch, network=network) as wired:
        yield wired


def test_raw_and_rendered_are_both_kept_and_judged(services: Services, port: int) -> None:
    url = f"http://spa.test:{port}/"
    intake.crawl_now(services, [url], whole_sites=False)
    with services.evidence_writer("render") as writer:
        work = RenderWork(services, owner="render", writer=writer)
        workers.drain((*workers.process_steps(services), work.work))
    with services.truth.read() as tx:
        kept = evidence.snapshots_of(tx, url)
        document = documents.by_url(tx, url)
        assert document is not None
        assessment = documents.assessment(tx, document.id)
        (gap,) = gaps.gaps(tx)
    seen = {(snapshot.profile, snapshot.outcome) for snapshot in kept}
    assert seen == {(Profile.DESKTOP, Outcome.EMPTY_SHELL), (Profile.RENDERED, Outcome.OK)}
    assert "保证根治牛皮癣" in document.text
    assert assessment is not None
    assert assessment.verdict is Verdict.CLUE
    assert (gap.outcome, gap.is_open) == (Outcome.EMPTY_SHELL, False)
