"""How long a reviewer waits for the next item, against reading a document's whole page.

Usage: python -m benchmarks.reviewing
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from rich.console import Console
from rich.table import Table
from starlette.testclient import TestClient

from cluewatch import configuration
from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from cluewatch.console.app import create_app
from cluewatch.settings import config_path, load_settings
from documents import store as documents
from domain.findings import Assessment, Finding, Verdict
from domain.ids import derive_id
from domain.pages import Block, Document, Origin, PageKind
from domain.people import Role

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WAITING = 5_000
ANSWERS = 200
PARAGRAPHS = 60
OWN = "a password of my own"


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["CLUEWATCH_HOME"] = home
        configuration.write(config_path(), {})
        services = Services(load_settings())
        services.prepare()
        ids = _fill(services)
        client, token = _reviewer(services)
        answers = [_seconds(partial(_answer, client, i, token)) for i in ids[-ANSWERS:]]
        pages = [_seconds(partial(client.get, f"/documents/{i}")) for i in ids[:ANSWERS]]
        services.close()
    table = Table(title=f"{WAITING} documents of {PARAGRAPHS} paragraphs; {ANSWERS} answers")
    for column in ("what", "p50 ms", "p95 ms", "ratio of p95"):
        table.add_column(column)
    ours, theirs = _quantiles(answers), _quantiles(pages)
    table.add_row("answer → next item", *_ms(ours), f"{ours[1] / theirs[1]:.2f}")
    table.add_row("peer: a document's page", *_ms(theirs), "1.00")
    Console(width=120).print(table)


def _fill(services: Services) -> list[str]:
    """Documents that wait, oldest first."""
    ids = []
    for start in range(0, WAITING, 500):
        with services.truth.write() as tx:
            for number in range(start, start + 500):
                document = _document(number)
                documents.put(tx, document)
                documents.put_assessment(tx, _assessment(document))
                ids.append(document.id)
    return ids


def _document(number: int) -> Document:
    lines = [f"第 {number} 篇第 {n} 段：门诊时间与交通路线。" for n in range(PARAGRAPHS)]
    text, blocks, place = "\n".join(lines), [], 0
    for line in lines:
        blocks.append(Block(text=line, origin=Origin.DOM, start=place, end=place + len(line)))
        place += len(line) + 1
    url = f"http://host{number}.test/"
    return Document(
        id=derive_id("document", url),
        url=url,
        canonical_url=url,
        site=f"host{number}.test",
        source_id=None,
        captured_at=NOW + timedelta(seconds=number),
        payload_digest="sha256:" + "0" * 64,
        page="site@1",
        kind=PageKind.ARTICLE,
        title=f"第 {number} 篇",
        text=text,
        blocks=tuple(blocks),
    )


def _assessment(document: Document) -> Assessment:
    findings = tuple(
        Finding(
            id=derive_id("finding", document.id, str(block.start)),
            document_id=document.id,
            type="disguised",
            start=block.start,
            end=block.end,
            quote=block.text,
            score=0.6,
            origin="rule:disguised@1",
            segment=derive_id("segment", block.text),
        )
        for block in document.blocks[10:50:10]
    )
    return Assessment(
        id=derive_id("assessment", document.id),
        document_id=document.id,
        verdict=Verdict.REVIEW,
        findings=findings,
        policy="benchmark",
        rulebook="benchmark",
        judged_at=NOW,
    )


def _reviewer(services: Services) -> tuple[TestClient, str]:
    at = services.clock.now()
    with services.truth.write() as tx:
        once = accounts.create(tx, id="u", name="li", roles=[Role.ANALYST], at=at, actor="bench")
        user = accounts.by_name(tx, name="li")
        accounts.change_password(tx, user=user, old=once, new=OWN, at=at)
    client = TestClient(create_app(services), base_url="http://127.0.0.1:8470")
    client.post("/login", data={"name": "li", "password": OWN})
    found = re.search(r'name="form_token" value="([^"]+)"', client.get("/review").text)
    assert found
    return client, found[1]


def _answer(client: TestClient, document_id: str, token: str) -> None:
    sent = {"form_token": token, "place": str(10**9), "answer": "lawful"}
    headers = {"HX-Request": "true"}
    got = client.post(f"/review/{document_id}", data=sent, headers=headers)
    assert got.status_code == 200
    assert "/review/" in got.text


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _quantiles(seconds: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(seconds, n=20)
    return statistics.median(seconds), cuts[-1]


def _ms(quantiles: tuple[float, float]) -> tuple[str, str]:
    return f"{quantiles[0] * 1000:.1f}", f"{quantiles[1] * 1000:.1f}"


if __name__ == "__main__":
    main()
