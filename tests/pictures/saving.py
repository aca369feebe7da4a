"""Pages with pictures as others save them, taken in as a HAR file."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from cluewatch import intake
from cluewatch.bootstrap import Services
from crawlers.importers import ImportOptions
from documents import outcomes
from domain.captures import Snapshot
from domain.pages import Document

LINES = ("青禾医院治疗牛皮癣", "祖传秘方保证根治", "永不复发无效退款", "预约电话 400-000-0123")
PAGE = "http://www.qinghe.test/zt/npx.html"


def entry(url: str, body: bytes, media: str) -> dict[str, object]:
    """One exchange of a HAR file."""
    content = {"mimeType": media, "text": base64.b64encode(body).decode(), "encoding": "base64"}
    return {
        "startedDateTime": "2026-03-02T10:00:00+08:00",
        "request": {"method": "GET", "url": url, "headers": []},
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Type", "value": media}],
            "content": content,
        },
    }


def take_in(services: Services, directory: Path, *entries: dict[str, object]) -> list[Snapshot]:
    """Import a HAR file; nothing is worked yet."""
    path = directory / "saved.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
    with services.evidence_writer("test") as writer:
        found = list(intake.import_file(services, writer, path, ImportOptions()))
    return [item.snapshot for item in found if item.snapshot is not None]


def page(*names: str, text: str = "") -> bytes:
    """A page of pictures."""
    images = "".join(f'<img src="/img/{name}">' for name in names)
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>青禾医院</title></head>"
        f"<body><p>{text}</p>{images}</body></html>"
    ).encode()


def stored(services: Services, snapshot: Snapshot) -> Document:
    """The document that was read in a snapshot."""
    with services.truth.read() as tx:
        found = outcomes.document_of(tx, snapshot.id)
    assert found is not None
    return found
