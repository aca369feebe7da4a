"""Every saved case is read as a person has accepted it to be read.

A case is a folder with body.html, meta.json (url, captured_at, headers) and expected.json. A
missing expected.json is written from the present reading and the test fails: read it, then
commit it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from crawlers.pages import navigation, read
from domain.pages import ParsedPage
from storage.records import to_plain

_CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/body.html"))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_case_is_read_as_accepted(case: Path) -> None:
    reading = _reading(case)
    accepted = case / "expected.json"
    if not accepted.exists():
        accepted.write_text(json.dumps(reading, ensure_ascii=False, indent=1) + "\n", "utf-8")
        pytest.fail(f"{case.name}: expected.json was written; read it and commit it if it is right")
    assert reading == json.loads(accepted.read_text("utf-8"))


def _reading(case: Path) -> object:
    meta = json.loads((case / "meta.json").read_text("utf-8"))
    body = (case / "body.html").read_bytes()
    headers = [(name, value) for name, value in meta["headers"]]
    reading = read(
        body=body,
        url=meta["url"],
        headers=headers,
        captured_at=datetime.fromisoformat(meta["captured_at"]),
    )
    if isinstance(reading, ParsedPage):
        assert reading.text == "\n".join(block.text for block in reading.blocks)
        assert all(reading.text[b.start : b.end] == b.text for b in reading.blocks)
    links = navigation(body=body, url=meta["url"], headers=headers)
    whole = {
        "reading": type(reading).__name__,
        **_plain(reading),
        "navigation": [f"{link.rel} {link.url} {link.text}".rstrip() for link in links],
    }
    return json.loads(json.dumps(whole, default=str))


def _plain(reading: object) -> dict[str, object]:
    plain = to_plain(reading)
    assert isinstance(plain, dict)
    return plain
