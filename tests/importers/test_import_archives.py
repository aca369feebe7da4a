"""Web archives and recordings of browsers become captures, record by record."""

from __future__ import annotations

import base64
import gzip
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.captures import Acquisition, Profile
from domain.outcomes import Outcome
from tests.importers.reading import PAGE, URL, all_of, one_of, title_of


class _Warc:
    """A WARC file written by hand, record by record, each its own gzip member."""

    def __init__(self, *, packed: bool = True) -> None:
        self.data = b""
        self._packed = packed

    def add(
        self,
        url: str = URL,
        body: bytes = PAGE.encode(),
        *,
        kind: str = "response",
        status: str = "200 OK",
        headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),),
        about: tuple[tuple[str, str], ...] = (),
    ) -> None:
        http = kind != "resource"
        block = _lines(f"HTTP/1.1 {status}", *headers) + body if http else body
        head = (
            ("WARC-Type", kind),
            ("WARC-Record-ID", "<urn:uuid:00000000-0000-0000-0000-000000000000>"),
            ("WARC-Target-URI", url),
            ("WARC-Date", "2025-06-01T02:03:04Z"),
            ("Content-Type", "application/http; msgtype=response" if http else "text/html"),
            ("Content-Length", str(len(block))),
            *about,
        )
        record = _lines("WARC/1.0", *head) + block + b"\r\n\r\n"
        self.data += gzip.compress(record) if self._packed else record

    def save(self, path: Path) -> Path:
        path.write_bytes(self.data)
        return path


def _lines(first: str, *headers: tuple[str, str]) -> bytes:
    return "\r\n".join([first, *(f"{n}: {v}" for n, v in headers), "", ""]).encode()


@pytest.mark.parametrize("packed", [True, False])
def test_a_warc_response_keeps_bytes_headers_and_date(tmp_path: Path, packed: bool) -> None:
    body = gzip.compress(PAGE.encode())
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Set-Cookie", "s=1"))
    warc = _Warc(packed=packed)
    warc.add(body=body, headers=headers, about=(("WARC-IP-Address", "192.0.2.7"),))
    capture = one_of(warc.save(tmp_path / "any.name"))
    assert capture.body == body
    assert capture.headers == headers[:2]
    assert capture.captured_at == datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)
    assert (capture.profile, capture.acquisition) == (Profile.IMPORT, Acquisition.IMPORT_WARC)
    assert (capture.outcome, capture.status, capture.ip) == (Outcome.OK, 200, "192.0.2.7")
    assert capture.note == "导入时已移除敏感信息：Set-Cookie"
    assert title_of(capture) == "门诊公告"


def test_chunked_statuses_resources_and_revisits(tmp_path: Path) -> None:
    warc = _Warc()
    chunked = b"".join(f"{len(p):x}\r\n".encode() + p + b"\r\n" for p in (b"<p>ab", b"cd</p>", b""))
    warc.add(body=chunked, headers=(("Transfer-Encoding", "chunked"),))
    warc.add("http://clinic.test/gone", b"none", status="404 Not Found")
    warc.add("http://clinic.test/busy", b"x", status="503 Busy", headers=(("Retry-After", "9"),))
    warc.add("http://clinic.test/res", kind="resource")
    warc.add("dns:clinic.test", b"x", kind="resource")
    warc.add("http://clinic.test/first", about=(("WARC-Payload-Digest", "sha1:AAAA"),))
    for url, digest in (("second", "sha1:AAAA"), ("lost", "sha1:BBBB")):
        about = (("WARC-Payload-Digest", digest),)
        changed = (("X-Second", "1"),)
        warc.add(f"http://clinic.test/{url}", b"", kind="revisit", headers=changed, about=about)
    records = all_of(warc.save(tmp_path / "a.warc.gz"))
    captures = {r.url: r.capture for r in records if r.capture}
    assert captures[URL].body == b"<p>abcd</p>"
    assert captures["http://clinic.test/gone"].outcome is Outcome.DELETED
    assert captures["http://clinic.test/busy"].outcome is Outcome.THROTTLED
    assert captures["http://clinic.test/res"].headers == (("Content-Type", "text/html"),)
    second = captures["http://clinic.test/second"]
    assert (second.body, second.headers) == (PAGE.encode(), (("X-Second", "1"),))
    assert [(r.record, r.url) for r in records if r.error] == [
        ("a.warc.gz 第 7 条", "http://clinic.test/lost")
    ]


def test_a_broken_warc_gives_what_it_can_and_then_an_error(tmp_path: Path) -> None:
    warc = _Warc()
    warc.add()
    whole = len(warc.data)
    warc.add("http://clinic.test/2.html", os.urandom(4000))
    path = tmp_path / "cut.warc.gz"
    for damaged in (warc.data[: whole + 700], warc.data[:whole] + b"\0rubbish" * 40):
        path.write_bytes(damaged)
        first, last = all_of(path)
        assert first.capture is not None
        assert last.error is not None
        assert "cut.warc.gz 第 2 条" in last.error or "第 1 条记录之后" in last.error


def test_an_oversized_record_is_an_error_and_the_next_is_read(tmp_path: Path) -> None:
    warc = _Warc()
    warc.add(body=b"\0" * 17 * 1024 * 1024)
    warc.add("http://clinic.test/2.html")
    first, second = all_of(warc.save(tmp_path / "big.warc.gz"))
    assert first.error is not None
    assert "上限" in first.error
    assert second.capture is not None


def test_a_wacz_holds_warcs(tmp_path: Path) -> None:
    warc = _Warc()
    warc.add()
    path = tmp_path / "visit.wacz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.warc.gz", warc.data)
        archive.writestr("datapackage.json", "{}")
    assert title_of(one_of(path)) == "门诊公告"


def _har(tmp_path: Path, *entries: object) -> Path:
    path = tmp_path / "phone.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
    return path


def _entry(url: str = URL, **content: object) -> dict[str, object]:
    return {
        "startedDateTime": "2025-06-01T10:03:04.000+08:00",
        "serverIPAddress": "192.0.2.9",
        "request": {"url": url, "headers": [{"name": "Cookie", "value": "s=1"}]},
        "response": {
            "status": 200,
            "headers": [
                {"name": "Content-Type", "value": "text/html; charset=gb2312"},
                {"name": "content-encoding", "value": "br"},
                {"name": "Set-Cookie", "value": "s=2"},
            ],
            "content": {"mimeType": "text/html; charset=gb2312", **content},
        },
    }


def test_a_har_entry_is_scrubbed_and_readable(tmp_path: Path) -> None:
    url = "https://mp.weixin.qq.com/mp/x?__biz=1&uin=MTIz&key=abc&pass_ticket=q&f=json#rd"
    capture = one_of(_har(tmp_path, _entry(url, text=PAGE)))
    assert capture.url == "https://mp.weixin.qq.com/mp/x?__biz=1&f=json#rd"
    assert capture.headers == (("Content-Type", "text/html; charset=utf-8"),)
    assert capture.captured_at == datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)
    assert capture.acquisition is Acquisition.IMPORT_HAR
    assert capture.note is not None
    for name in ("Set-Cookie", "uin", "key", "pass_ticket"):
        assert name in capture.note
    assert "abc" not in repr(capture)
    assert capture.body == PAGE.encode()


def test_har_entries_without_use_are_left_and_faulty_ones_named(tmp_path: Path) -> None:
    packed = base64.b64encode(PAGE.encode("gbk")).decode()
    script = _entry("http://clinic.test/a.js", text="x", mimeType="text/javascript")
    path = _har(
        tmp_path,
        _entry(text=packed, encoding="base64"),
        script,
        _entry("http://clinic.test/b.html"),
        {"request": {}},
        _entry("http://clinic.test/c.html", text="!", encoding="base64"),
    )
    good, empty, broken, faulty = all_of(path)
    assert good.capture is not None
    assert good.capture.body == PAGE.encode("gbk")
    assert title_of(good.capture) == "门诊公告"
    for record, number in ((empty, 3), (broken, 4), (faulty, 5)):
        assert record.error is not None
        assert f"phone.har 第 {number} 条" in record.error
