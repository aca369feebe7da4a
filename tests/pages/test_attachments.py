"""Attached documents and pictures that markup hides: words are read, the rest is a stated gap."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from docx import Document as WordDocument
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from crawlers.pages import read
from domain.outcomes import Outcome
from domain.pages import BlockPage, IdentifierKind, Origin, ParsedPage, Reading

_AT = datetime(2026, 3, 2, tzinfo=UTC)
_WORDS = "青禾医院牛皮癣专科"
_MORE = "预约电话 400-000-0123"


def _read(body: bytes, name: str = "zt.pdf") -> Reading:
    return read(body=body, url=f"http://qinghe.test/f/{name}", headers=(), captured_at=_AT)


def _pdf(text: str) -> bytes:
    """A PDF of one line in a font whose glyphs are numbered by their UTF-16 codes."""
    shown = text.encode("utf-16-be").hex()
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
        b"1 begincodespacerange <0000> <ffff> endcodespacerange "
        b"1 beginbfrange <0000> <ffff> <0000> endbfrange endcmap end end"
    )
    content = f"BT /F1 12 Tf 20 700 Td <{shown}> Tj ET".encode() if text else b""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type0/BaseFont/Song/Encoding/Identity-H/DescendantFonts[6 0 R]"
        b"/ToUnicode 7 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Song/CIDSystemInfo<</Registry(Adobe)"
        b"/Ordering(Identity)/Supplement 0>>/DW 1000>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return out + head + rows + trailer


def _word() -> bytes:
    document = WordDocument()
    document.add_paragraph(_WORDS)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = _MORE.split(" ")
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def _excel() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([_WORDS])
    sheet.append(list(_MORE.split(" ")))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize("body", [_pdf(f"{_WORDS} {_MORE}"), _word(), _excel()])
def test_the_words_of_an_attachment_are_read(body: bytes) -> None:
    page = _read(body)
    assert isinstance(page, ParsedPage), page
    assert _WORDS in page.text
    assert {block.origin for block in page.blocks} == {Origin.ATTACHMENT}
    assert all(page.text[block.start : block.end] == block.text for block in page.blocks)
    phones = [one.value for one in page.identifiers if one.kind is IdentifierKind.PHONE]
    assert phones == ["4000000123"]


def test_a_scan_is_a_gap_that_says_so() -> None:
    page = _read(_pdf(""))
    assert isinstance(page, BlockPage)
    assert page.outcome is Outcome.BAD_CONTENT
    assert "图片" in page.reason


def test_a_bomb_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 50_000_000)
    page = _read(packed.getvalue(), "a.docx")
    assert isinstance(page, BlockPage)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([_pdf(_WORDS), _word(), _excel()]),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12)), max_size=5),
)
def test_damage_is_a_gap_and_never_a_crash(body: bytes, changes: list[tuple[float, bytes]]) -> None:
    for place, other in changes:
        at = int(place * len(body))
        body = body[:at] + other + body[at + len(other) :]
    _read(body)


def test_pictures_in_source_sets_and_behind_text_are_found() -> None:
    html = (
        "<html><head><style>.b{background: #fff url( 'img/b1.jpg' ) no-repeat}</style></head><body>"
        "<picture><source srcset='p-s.webp 480w, p-l.webp 960w'><img srcset='i1.jpg 1x, i2.jpg 2x'>"
        "</picture><img src=noimg.gif ref=http://pic.test/58.jpg>"
        '<div style="background-image:url(&quot;banner2_01.jpg&quot;)">青禾口腔门诊部每日开诊，欢迎'
        "预约；周末照常接诊，急诊不休息。</div><a href='http://www.beian.gov.cn/x?recordcode="
        "99010002000001'><img src=ga.png></a></body></html>"
    )
    page = read(body=html.encode(), url="http://qinghe.test/", headers=(), captured_at=_AT)
    assert isinstance(page, ParsedPage)
    pictures = [link.url for link in page.links if link.rel == "img"]
    assert pictures[:3] == [
        "http://qinghe.test/p-l.webp", "http://qinghe.test/i2.jpg", "http://pic.test/58.jpg",
    ]  # fmt: skip
    assert {link.url for link in page.links if link.rel == "background"} == {
        "http://qinghe.test/img/b1.jpg", "http://qinghe.test/banner2_01.jpg",
    }  # fmt: skip
    psb = [one.value for one in page.identifiers if one.kind is IdentifierKind.PSB]
    assert psb == ["99010002000001"]
