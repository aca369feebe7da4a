"""ZIP packages are read within limits; secrets of whoever saved a page never reach the store."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from pathlib import Path

import pytest

from crawlers.importers import ImportOptions, ImportRecord, read_file
from crawlers.importers.scrub import scrub
from domain.captures import Acquisition

_PAGE = "<html><title>门诊公告</title><p>本周六照常开诊，请携带证件按预约时间前来就诊。</p></html>"
_URL = "http://clinic.test/a.html"


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _all(path: Path) -> list[ImportRecord]:
    return list(read_file(path, options=ImportOptions(base_url="http://clinic.test/")))


def test_each_member_is_read_and_named(tmp_path: Path) -> None:
    digest = hashlib.sha256(_PAGE.encode()).hexdigest()
    sums = f"{digest}  pages/a.html\n{digest} *b.html\n".encode()
    path = _zip(
        tmp_path / "case.zip",
        {"SHA256SUMS": sums, "pages/a.html": _PAGE.encode(), "b.html": b"<p>x", "c.html": b"<p>"},
    )
    good, altered, unlisted = _all(path)
    assert good.capture is not None
    assert good.record == "case.zip a.html"
    assert altered.error == "case.zip b.html：与随附的 SHA-256 清单不符"
    assert unlisted.error == "case.zip c.html：不在清单中"


@pytest.mark.parametrize("name", ["../a.html", "/etc/a.html", "x\\..\\..\\a.html", "C:\\a.html"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    (record,) = _all(_zip(tmp_path / "slip.zip", {name: _PAGE.encode()}))
    assert record.error is not None
    assert "压缩包之外" in record.error
    assert record.capture is None


def test_bombs_nested_packages_and_empty_ones_are_errors(tmp_path: Path) -> None:
    inner = _zip(tmp_path / "inner.zip", {"a.html": _PAGE.encode()}).read_bytes()
    path = _zip(tmp_path / "z.zip", {"bomb.html": b"\0" * 8_000_000, "inner.zip": inner})
    bomb, nested = _all(path)
    assert bomb.error is not None
    assert "炸弹" in bomb.error
    assert nested.error is not None
    assert "还有压缩包" in nested.error
    (empty,) = _all(_zip(tmp_path / "e.zip", {"SHA256SUMS": b""}))
    assert empty.error is not None


_SECRET = b"0123456789abcdefABCDEF"


@pytest.mark.parametrize(
    "written",
    [
        b'<a href="/mp/x?__biz=Mz&amp;key=%s">' % _SECRET,
        b'var pass_ticket = "%s";' % _SECRET,
        b'{"appmsg_token": "%s", "title": "\xe7\xa7\x8d"}' % _SECRET,
        b"https://a.test/?uin=MTIz&pass_ticket=%s#rd" % _SECRET,
    ],
)
def test_a_secret_in_a_body_is_crossed_out_in_place(written: bytes) -> None:
    clean = scrub(_URL, (), written)
    assert _SECRET not in clean.body
    assert len(clean.body) == len(written)
    assert clean.note is not None
    assert "正文" in clean.note
    assert _SECRET.decode() not in clean.note


def test_a_compressed_body_with_a_secret_is_stored_plain() -> None:
    headers = (("Content-Encoding", "gzip"), ("Content-Type", "text/html"))
    dirty = gzip.compress(b"<p>x?key=%s</p>" % _SECRET)
    assert scrub(_URL, headers, dirty).headers == headers[1:]
    pure = gzip.compress(_PAGE.encode())
    clean = scrub(_URL, headers, pure)
    assert (clean.body, clean.headers, clean.removed) == (pure, headers, ())


def test_ordinary_words_are_left_alone() -> None:
    body = '<a href="/s?key=牙科&token=1">key=value; "key": "种植牙医院排名前十名单"</a>'.encode()
    assert scrub(_URL, (), body).body == body


def test_addresses_in_headers_lose_their_secrets() -> None:
    clean = scrub(_URL, (("Location", "/b?token=1&id=2"), ("X-Wechat-Key", "k"), ("Age", "1")))
    assert clean.headers == (("Location", "/b?id=2"), ("Age", "1"))
    assert clean.removed == ("Location 的参数 token", "X-Wechat-Key")


def test_a_screenshot_or_leaflet_is_kept_under_the_address_that_is_told(tmp_path: Path) -> None:
    forms = {"a.png": b"\x89PNG\r\n\x1a\n" + b"0" * 40, "b.pdf": b"%PDF-1.4 x"}
    for name, data in forms.items():
        path = tmp_path / name
        path.write_bytes(data)
        (record,) = _all(path)
        assert record.capture is not None
        assert record.capture.body == data
        assert record.capture.acquisition is Acquisition.IMPORT_FILE
        (nowhere,) = read_file(path, options=ImportOptions())
        assert nowhere.error is not None
        assert "--url" in nowhere.error
