"""Files of others become captures, or errors that name the file, the record and the reason."""

from __future__ import annotations

import base64
import gzip
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from crawlers.importers import ImportOptions, ImportRecord, read_file
from crawlers.pages import read
from domain.captures import Acquisition, Capture, Profile
from domain.outcomes import Outcome
from domain.pages import ParsedPage

_PAGE = "<html><title>门诊公告</title><p>本周六照常开诊，请携带证件按预约时间前来就诊。</p></html>"
_URL = "http://clinic.test/a.html"
_NONE = ImportOptions()


def _all(path: Path, options: ImportOptions = _NONE) -> list[ImportRecord]:
    return list(read_file(path, options=options))


def _one(path: Path, options: ImportOptions = _NONE) -> Capture:
    (record,) = _all(path, options)
    assert record.error is None, record.error
    assert record.capture is not None
    assert record.url == record.capture.url
    return record.capture


def _error(path: Path, options: ImportOptions = _NONE) -> str:
    (record,) = _all(path, options)
    assert record.capture is None
    assert record.error is not None
    assert path.name in record.error
    return record.error


def _title(capture: Capture) -> str:
    reading = read(
        body=capture.body,
        url=capture.url,
        headers=capture.headers,
        captured_at=capture.captured_at,
    )
    assert isinstance(reading, ParsedPage), reading
    return reading.title


class _Warc:
    """A WARC file written by hand, record by record, each its own gzip member."""

    def __init__(self, *, packed: bool = True) -> None:
        self.data = b""
        self._packed = packed

    def add(
        self,
        url: str = _URL,
        body: bytes = _PAGE.encode(),
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
    body = gzip.compress(_PAGE.encode())
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Set-Cookie", "s=1"))
    warc = _Warc(packed=packed)
    warc.add(body=body, headers=headers, about=(("WARC-IP-Address", "192.0.2.7"),))
    capture = _one(warc.save(tmp_path / "any.name"))
    assert capture.body == body
    assert capture.headers == headers[:2]
    assert capture.captured_at == datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)
    assert (capture.profile, capture.acquisition) == (Profile.IMPORT, Acquisition.IMPORT_WARC)
    assert (capture.outcome, capture.status, capture.ip) == (Outcome.OK, 200, "192.0.2.7")
    assert capture.note == "导入时已移除敏感信息：Set-Cookie"
    assert _title(capture) == "门诊公告"


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
    records = _all(warc.save(tmp_path / "a.warc.gz"))
    captures = {r.url: r.capture for r in records if r.capture}
    assert captures[_URL].body == b"<p>abcd</p>"
    assert captures["http://clinic.test/gone"].outcome is Outcome.DELETED
    assert captures["http://clinic.test/busy"].outcome is Outcome.THROTTLED
    assert captures["http://clinic.test/res"].headers == (("Content-Type", "text/html"),)
    second = captures["http://clinic.test/second"]
    assert (second.body, second.headers) == (_PAGE.encode(), (("X-Second", "1"),))
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
        first, last = _all(path)
        assert first.capture is not None
        assert last.error is not None
        assert "cut.warc.gz 第 2 条" in last.error or "第 1 条记录之后" in last.error


def test_an_oversized_record_is_an_error_and_the_next_is_read(tmp_path: Path) -> None:
    warc = _Warc()
    warc.add(body=b"\0" * 17 * 1024 * 1024)
    warc.add("http://clinic.test/2.html")
    first, second = _all(warc.save(tmp_path / "big.warc.gz"))
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
    assert _title(_one(path)) == "门诊公告"


def _har(tmp_path: Path, *entries: object) -> Path:
    path = tmp_path / "phone.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
    return path


def _entry(url: str = _URL, **content: object) -> dict[str, object]:
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
    capture = _one(_har(tmp_path, _entry(url, text=_PAGE)))
    assert capture.url == "https://mp.weixin.qq.com/mp/x?__biz=1&f=json#rd"
    assert capture.headers == (("Content-Type", "text/html; charset=utf-8"),)
    assert capture.captured_at == datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)
    assert capture.acquisition is Acquisition.IMPORT_HAR
    assert capture.note is not None
    for name in ("Set-Cookie", "uin", "key", "pass_ticket"):
        assert name in capture.note
    assert "abc" not in repr(capture)
    assert capture.body == _PAGE.encode()


def test_har_entries_without_use_are_left_and_faulty_ones_named(tmp_path: Path) -> None:
    packed = base64.b64encode(_PAGE.encode("gbk")).decode()
    script = _entry("http://clinic.test/a.js", text="x", mimeType="text/javascript")
    path = _har(
        tmp_path,
        _entry(text=packed, encoding="base64"),
        script,
        _entry("http://clinic.test/b.html"),
        {"request": {}},
        _entry("http://clinic.test/c.html", text="!", encoding="base64"),
    )
    good, empty, broken, faulty = _all(path)
    assert good.capture is not None
    assert good.capture.body == _PAGE.encode("gbk")
    assert _title(good.capture) == "门诊公告"
    for record, number in ((empty, 3), (broken, 4), (faulty, 5)):
        assert record.error is not None
        assert f"phone.har 第 {number} 条" in record.error


def test_the_address_of_a_saved_page(tmp_path: Path) -> None:
    path = tmp_path / "页 面.html"
    path.write_text(_PAGE, "utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert "--url" in _error(path)
    assert _one(path, ImportOptions(url=_URL)).url == _URL
    based = _one(path, ImportOptions(base_url="http://clinic.test/b/"))
    assert based.url == "http://clinic.test/b/%E9%A1%B5%20%E9%9D%A2.html"
    assert based.captured_at == datetime.fromtimestamp(1_700_000_000, UTC)
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    assert _one(path, ImportOptions(url=_URL, captured_at=moment)).captured_at == moment
    assert "无效" in _error(path, ImportOptions(url="ftp://clinic.test/"))


def test_comments_of_browsers_name_the_address(tmp_path: Path) -> None:
    saved = tmp_path / "saved.html"
    saved.write_text(f"<!DOCTYPE html>\n<!-- saved from url=({len(_URL):04}){_URL} -->\n{_PAGE}")
    assert _one(saved).url == _URL
    single = tmp_path / "single.htm"
    comment = f"<!--\n Page saved with SingleFile\n url: {_URL}\n saved date: "
    date = "Sun Jun 01 2025 10:03:04 GMT+0800 (China Standard Time)\n-->"
    single.write_text(f"<!DOCTYPE html> <html>{comment}{date}{_PAGE}")
    assert _one(single).captured_at == datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)


def test_a_sidecar_says_where_and_when(tmp_path: Path) -> None:
    page = tmp_path / "p.html"
    page.write_text(_PAGE, "utf-8")
    sidecar = tmp_path / "pages.csv"
    sidecar.write_text(f"file,url,captured_at\np.html,{_URL},2025-06-01 10:03:04\n", "utf-8-sig")
    expected = datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)
    stated = _one(page, ImportOptions(sidecar=sidecar))
    assert (stated.url, stated.captured_at) == (_URL, expected)
    assert _one(sidecar) == stated

    sidecar.write_text("file,url,captured_at\n../../etc/passwd,x,\nq.html,x,\np.html,y,昨天\n")
    outside, missing, unclear = _all(sidecar)
    assert outside.error is not None
    assert "文件名无效" in outside.error
    assert missing.error is not None
    assert "找不到" in missing.error
    assert unclear.error is not None
    assert "第 4 行" in unclear.error


def test_mhtml_gives_its_root_page(tmp_path: Path) -> None:
    encoded = base64.b64encode(_PAGE.encode("gb18030")).decode()
    path = tmp_path / "page.mht"
    path.write_text(
        "From: <Saved by Blink>\nSnapshot-Content-Location: "
        f"{_URL}\nDate: Sun, 1 Jun 2025 02:03:04 -0000\nMIME-Version: 1.0\n"
        'Content-Type: multipart/related;\n\ttype="text/html";\n\tboundary="--X"\n\n----X\n'
        "Content-Type: text/html; charset=gb2312\nContent-Transfer-Encoding: base64\n"
        f"Content-Location: {_URL}\n\n{encoded}\n\n----X--\n"
    )
    capture = _one(path)
    assert (capture.url, _title(capture)) == (_URL, "门诊公告")
    assert capture.captured_at == datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)


def test_lists_of_addresses_are_requests(tmp_path: Path) -> None:
    text = tmp_path / "urls.txt"
    text.write_text(f"# 名单\n{_URL}\nwww.clinic.test/b\n\n不是网址\n")
    first, second, bad = _all(text)
    assert (first.url, first.request, first.capture) == (_URL, True, None)
    assert second.url == "http://www.clinic.test/b"
    assert bad.error is not None
    assert "第 5 行" in bad.error

    table = tmp_path / "complaints.csv"
    rows = "平台,网址,说明\n官网,http://a.test/1,“见 http://b.test/2，夸大”\n"
    table.write_bytes(rows.encode("gb18030"))
    assert [record.url for record in _all(table)] == ["http://a.test/1", "http://b.test/2"]

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["序号", "链接"])
    sheet.append([1, _URL])
    book.save(tmp_path / "list.dat")
    (record,) = _all(tmp_path / "list.dat")
    assert (record.url, record.request) == (_URL, True)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空"),
        (b"\x1f\x8bbroken", "gzip"),
        (gzip.compress(b"<html>", mtime=0), "WARC"),
        (b"PK\x03\x04broken", "压缩包"),
        (b'{"a": 1}', "HAR"),
        (b'{"log": {"entries": 5}}', "HAR"),
        (b'{"log": {"entries": []}}', "没有"),
        (b"WARC/1.0\r\n\r\n", "WARC"),
        (bytes(range(256)) * 20, "二进制"),
        ("只是一段话".encode(), "网址"),
    ],
)
def test_a_file_that_is_nothing_says_so(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "nothing.bin"
    path.write_bytes(content)
    assert word in _error(path)


def test_a_missing_file_is_an_error_not_a_crash(tmp_path: Path) -> None:
    assert "无法打开" in _error(tmp_path / "absent.html")


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    head=st.sampled_from(
        [b"", b"WARC/1.0\r\n", b"\x1f\x8b\x08", b"PK\x03\x04", b'{"log":', b"<html>"]
    ),
    tail=st.binary(max_size=200),
)
def test_no_file_crashes_the_import(tmp_path: Path, head: bytes, tail: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(head + tail)
    for record in _all(path, ImportOptions(url=_URL)):
        assert record.error or record.capture or record.request
