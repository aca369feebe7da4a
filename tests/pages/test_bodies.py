"""Content decoding and charsets."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from language.charset import to_text
from language.decoding import BadContent, decode_body

_PAGE = "<p>本店的介绍</p>".encode() * 300
_RAW_DEFLATE = zlib.compressobj(wbits=-15)
_PACKED = {
    "gzip": gzip.compress(_PAGE),
    "deflate": zlib.compress(_PAGE),
    "br": brotli.compress(_PAGE),
    "zstd": zstd.compress(_PAGE),
}


@pytest.mark.parametrize("encoding", _PACKED)
def test_each_encoding_is_undone(encoding: str) -> None:
    assert decode_body([("content-encoding", encoding.upper())], _PACKED[encoding]) == _PAGE


def test_raw_deflate_and_layers() -> None:
    raw = _RAW_DEFLATE.compress(_PAGE) + _RAW_DEFLATE.flush()
    assert decode_body([("Content-Encoding", "deflate")], raw) == _PAGE
    layers = [("Content-Encoding", "gzip, br")]
    assert decode_body(layers, brotli.compress(gzip.compress(_PAGE))) == _PAGE
    assert isinstance(decode_body([("Content-Encoding", "gzip," * 9)], _PAGE), BadContent)


def test_a_body_that_breaks_off_gives_what_came() -> None:
    decoded = decode_body([("Content-Encoding", "gzip")], gzip.compress(_PAGE)[:-20])
    assert isinstance(decoded, bytes)
    assert _PAGE.startswith(decoded)


def test_a_header_that_lies_about_a_plain_body_is_ignored() -> None:
    assert decode_body([("Content-Encoding", "gzip")], _PAGE) == _PAGE


@pytest.mark.parametrize("encoding", _PACKED)
def test_bombs_and_rubbish_are_refused_with_a_reason(encoding: str) -> None:
    zeros = b"\0" * 40_000_000
    bomb = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": lambda data: brotli.compress(data, quality=1),
        "zstd": zstd.compress,
    }[encoding](zeros)
    refused = decode_body([("Content-Encoding", encoding)], bomb)
    assert isinstance(refused, BadContent)
    assert "炸弹" in refused.reason
    rubbish = decode_body([("Content-Encoding", encoding)], b"\xff\xfe\x01rubbish" * 9)
    assert isinstance(rubbish, BadContent)
    assert isinstance(decode_body([("Content-Encoding", "x-new")], _PAGE), BadContent)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(sorted(_PACKED)))
def test_no_bytes_raise(body: bytes, encoding: str) -> None:
    decode_body([("Content-Encoding", encoding)], body)
    to_text(body)


def _page(charset: str, text: str = "鎔铸治疗，一次见效") -> bytes:
    return f'<meta charset="{charset}"><p>{text}</p>'.encode("gb18030")


def test_gb2312_is_read_as_gb18030() -> None:
    text, charset, notes = to_text(_page("gb2312"))
    assert ("鎔铸治疗" in text, charset, notes) == (True, "gb18030", ())


def test_bytes_that_are_utf_8_are_read_so_whatever_is_declared() -> None:
    body = '<meta charset="gb2312"><p>联通治疗中心</p>'.encode()
    text, charset, notes = to_text(body)
    assert ("联通治疗中心" in text, charset) == (True, "utf-8")
    assert notes == ("charset:declared gb18030, read as utf-8",)


def test_short_gbk_words_that_pass_as_utf_8_stay_gbk() -> None:
    assert to_text("<p>联通</p>".encode("gbk"), [("Content-Type", "text/html; charset=gbk")])[
        0
    ] == ("<p>联通</p>")


def test_undeclared_gbk_and_big5() -> None:
    assert to_text("<p>专科门诊部的介绍</p>".encode("gbk"))[1] == "gb18030"
    big5 = '<meta charset="big5"><p>醫療診所介紹</p>'.encode("big5")
    assert "醫療診所" in to_text(big5)[0]


def test_the_header_comes_before_the_metas_and_contradictions_are_noted() -> None:
    body = b'<meta charset="utf-8"><meta http-equiv=x content="text/html;charset=gb2312">'
    text, charset, notes = to_text(body + "专科门诊部".encode("gbk"))
    assert ("专科门诊部" in text, charset) == (True, "gb18030")
    assert notes[0].startswith("charset:contradicting")


def test_lossy_bytes_are_replaced_and_counted() -> None:
    text, charset, notes = to_text(_page("gb2312") + b"\x81\xff\x80\xff end")
    assert charset == "gb18030"
    assert "鎔铸治疗" in text
    assert text.endswith("end")
    assert f"charset:{text.count(chr(0xFFFD))} lossy bytes replaced" in notes


def test_byte_order_marks() -> None:
    for codec in ("utf-8-sig", "utf-16"):
        assert to_text("﻿诊所".encode(codec))[0].strip("\ufeff") == "诊所"
