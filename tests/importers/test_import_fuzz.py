"""Damaged files of every kind: clear errors that name the file, never a crash, nothing invented."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from crawlers.importers import ImportOptions, read_file
from tests.hostile.damage import damaged

_URL = "http://clinic.test/a.html"
_PAGE = "<html><title>门诊公告</title><p>本周六照常开诊，请携带证件就诊。</p></html>"


def _har() -> bytes:
    content = {"mimeType": "text/html", "text": _PAGE}
    entry = {
        "startedDateTime": "2025-06-01T10:03:04Z",
        "request": {"url": _URL},
        "response": {"status": 200, "headers": [], "content": content},
    }
    return json.dumps({"log": {"version": "1.2", "entries": [entry, entry]}}).encode()


def _warc() -> bytes:
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + _PAGE.encode()
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {_URL}\r\n"
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>\r\n"
        f"WARC-Date: 2025-06-01T02:03:04Z\r\nContent-Type: application/http\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head.encode() + body + b"\r\n\r\n") * 2


def _zipped(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return packed.getvalue()


def _xlsx() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["网址", "说明"])
    sheet.append([_URL, "夸大"])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


_KINDS: dict[str, Callable[[], bytes]] = {
    "har": _har,
    "warc": _warc,
    "wacz": lambda: _zipped("archive/data.warc", _warc()),
    "zip": lambda: _zipped("a.html", _PAGE.encode()),
    "xlsx": _xlsx,
    "csv": f'网址,说明\n{_URL},夸大\n"http://b.test/{"x" * 200}",无\n'.encode,
    "html": _PAGE.encode,
    "mhtml": (
        f"Snapshot-Content-Location: {_URL}\nMIME-Version: 1.0\nContent-Type: multipart/related;\n"
        f'\tboundary="--X"\n\n----X\nContent-Type: text/html\n\n{_PAGE}\n----X--\n'
    ).encode,
    "rss": (
        f"<rss><channel><item><title>公告</title><link>{_URL}</link><description><![CDATA["
        f"{_PAGE * 6}]]></description></item></channel></rss>"
    ).encode,
    "jsonfeed": lambda: json.dumps(
        {"version": "https://jsonfeed.org/version/1", "items": [{"url": _URL, "title": "公告"}]}
    ).encode(),
    "platform": lambda: json.dumps([{"url": _URL, "文案": "到院"}]).encode(),
    "sidecar": f"file,url,captured_at\np.html,{_URL},2025-06-01\n".encode,
}


@pytest.mark.parametrize("kind", _KINDS)
def test_the_undamaged_file_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "sample"
    path.write_bytes(_KINDS[kind]())
    (tmp_path / "p.html").write_text(_PAGE, "utf-8")
    options = ImportOptions(base_url="http://clinic.test/")
    records = list(read_file(path, options=options))
    assert records
    assert all(record.capture or record.request for record in records), records


@pytest.mark.parametrize("kind", _KINDS)
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32), cuts=st.integers(0, 6))
def test_damage_is_answered_by_errors_that_name_the_file(
    tmp_path: Path, kind: str, seed: int, cuts: int
) -> None:
    path = tmp_path / f"{kind}.damaged"
    path.write_bytes(damaged(_KINDS[kind](), random.Random(seed), cuts))  # noqa: S311 - no secret
    for record in read_file(path, options=ImportOptions()):
        assert bool(record.error) + bool(record.capture) + record.request == 1
        if record.error:
            assert path.name in record.error


def test_a_cell_of_any_length_is_an_error_of_its_row(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(f"网址,说明\n{_URL},{'x' * 200_000}\n", "utf-8")
    records = list(read_file(path, options=ImportOptions()))
    assert any(record.url == _URL for record in records) or all(r.error for r in records)
