"""Files of others become captures, or errors that name the file, the record and the reason."""

from __future__ import annotations

import base64
import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from crawlers.importers import ImportOptions
from tests.importers.reading import PAGE, URL, all_of, error_of, one_of, title_of


def test_the_address_of_a_saved_page(tmp_path: Path) -> None:
    path = tmp_path / "页 面.html"
    path.write_text(PAGE, "utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert "--url" in error_of(path)
    assert one_of(path, ImportOptions(url=URL)).url == URL
    based = one_of(path, ImportOptions(base_url="http://clinic.test/b/"))
    assert based.url == "http://clinic.test/b/%E9%A1%B5%20%E9%9D%A2.html"
    assert based.captured_at == datetime.fromtimestamp(1_700_000_000, UTC)
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    assert one_of(path, ImportOptions(url=URL, captured_at=moment)).captured_at == moment
    assert "无效" in error_of(path, ImportOptions(url="ftp://clinic.test/"))


def test_comments_of_browsers_name_the_address(tmp_path: Path) -> None:
    saved = tmp_path / "saved.html"
    saved.write_text(f"<!DOCTYPE html>\n<!-- saved from url=({len(URL):04}){URL} -->\n{PAGE}")
    assert one_of(saved).url == URL
    single = tmp_path / "single.htm"
    comment = f"<!--\n Page saved with SingleFile\n url: {URL}\n saved date: "
    date = "Sun Jun 01 2025 10:03:04 GMT+0800 (China Standard Time)\n-->"
    single.write_text(f"<!DOCTYPE html> <html>{comment}{date}{PAGE}")
    assert one_of(single).captured_at == datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)


def test_a_sidecar_says_where_and_when(tmp_path: Path) -> None:
    page = tmp_path / "p.html"
    page.write_text(PAGE, "utf-8")
    sidecar = tmp_path / "pages.csv"
    sidecar.write_text(f"file,url,captured_at\np.html,{URL},2025-06-01 10:03:04\n", "utf-8-sig")
    expected = datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)
    stated = one_of(page, ImportOptions(sidecar=sidecar))
    assert (stated.url, stated.captured_at) == (URL, expected)
    assert one_of(sidecar) == stated

    sidecar.write_text("file,url,captured_at\n../../etc/passwd,x,\nq.html,x,\np.html,y,昨天\n")
    outside, missing, unclear = all_of(sidecar)
    assert outside.error is not None
    assert "文件名无效" in outside.error
    assert missing.error is not None
    assert "找不到" in missing.error
    assert unclear.error is not None
    assert "第 4 行" in unclear.error


def test_mhtml_gives_its_root_page(tmp_path: Path) -> None:
    encoded = base64.b64encode(PAGE.encode("gb18030")).decode()
    path = tmp_path / "page.mht"
    path.write_text(
        "From: <Saved by Blink>\nSnapshot-Content-Location: "
        f"{URL}\nDate: Sun, 1 Jun 2025 02:03:04 -0000\nMIME-Version: 1.0\n"
        'Content-Type: multipart/related;\n\ttype="text/html";\n\tboundary="--X"\n\n----X\n'
        "Content-Type: text/html; charset=gb2312\nContent-Transfer-Encoding: base64\n"
        f"Content-Location: {URL}\n\n{encoded}\n\n----X--\n"
    )
    capture = one_of(path)
    assert (capture.url, title_of(capture)) == (URL, "门诊公告")
    assert capture.captured_at == datetime(2025, 6, 1, 2, 3, 4, tzinfo=UTC)


def test_lists_of_addresses_are_requests(tmp_path: Path) -> None:
    text = tmp_path / "urls.txt"
    text.write_text(f"# 名单\n{URL}\nwww.clinic.test/b\n\n不是网址\n")
    first, second, bad = all_of(text)
    assert (first.url, first.request, first.capture) == (URL, True, None)
    assert second.url == "http://www.clinic.test/b"
    assert bad.error is not None
    assert "第 5 行" in bad.error

    table = tmp_path / "complaints.csv"
    rows = "平台,网址,说明\n官网,http://a.test/1,“见 http://b.test/2，夸大”\n"
    table.write_bytes(rows.encode("gb18030"))
    assert [record.url for record in all_of(table)] == ["http://a.test/1", "http://b.test/2"]

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["序号", "链接"])
    sheet.append([1, URL])
    book.save(tmp_path / "list.dat")
    (record,) = all_of(tmp_path / "list.dat")
    assert (record.url, record.request) == (URL, True)


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
    assert word in error_of(path)


def test_a_missing_file_is_an_error_not_a_crash(tmp_path: Path) -> None:
    assert "无法打开" in error_of(tmp_path / "absent.html")


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
    for record in all_of(path, ImportOptions(url=URL)):
        assert record.error or record.capture or record.request
