"""Every reader of strangers' bytes, with a good sample; the importers of files have tests of their
own (tests/importers/test_import_fuzz.py), as has the verifier inside a bundle."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import frozen
from docx import Document
from openpyxl import Workbook

from cluewatch.saved.posting import answered
from crawlers import pages, robots
from domain.captures import Acquisition, Capture, Profile
from domain.outcomes import Outcome
from evidence import png, warc_records
from indexer.language import parse
from language.charset import to_text
from language.decoding import decode_body
from language.disguises import Disguises
from language.identifiers import identifiers
from language.normalise import normalise
from language.segments import segments
from registers import files as register_files
from storage import datafiles, spreadsheets
from tests.evidence.stand_ins import PAGE, checkered_png
from tickets import complaint_file, reply_form
from tickets.complaints import ComplaintSource

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
URL = "http://qinghe.test/a.html"


@frozen(kw_only=True)
class Reader:
    """What reads (everything that it yields is taken), and a file that it reads well."""

    name: str
    read: Callable[[bytes], object]
    sample: bytes
    packed: bool = False


def page(media: str, url: str = URL) -> Callable[[bytes], object]:
    """The parser of crawled pages, and of the links on them."""
    headers = (("Content-Type", media),)

    def read(body: bytes) -> object:
        pages.navigation(body=body, url=url, headers=headers)
        return pages.read(body=body, url=url, headers=headers, captured_at=AT)

    return read


def words(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """A reader of text, given whatever text these bytes are."""
    return lambda data: read(to_text(data, ())[0])


def workbook(*rows: tuple[str, ...]) -> bytes:
    """An XLSX file with one sheet."""
    book, packed = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(packed)
    return packed.getvalue()


def letter() -> bytes:
    """A DOCX file."""
    made, packed = Document(), io.BytesIO()
    made.add_paragraph("保证根治，永不复发。预约电话 400-000-0123。")
    made.save(packed)
    return packed.getvalue()


def record() -> bytes:
    """One WARC record as evidence keeps it."""
    capture = Capture(
        url=URL,
        captured_at=AT,
        outcome=Outcome.OK,
        profile=Profile.DESKTOP,
        acquisition=Acquisition.CRAWL,
        status=200,
        headers=(("Content-Type", "text/html"),),
        body=PAGE,
    )
    return warc_records.own(capture, "a" * 32, "sha256:" + "0" * 64, None)


_ADVERT = "保证根治，治愈率98%。预约：400-000-0123，V❤: qh0001，（示）医广【2026】第03-02-01号"
_ARTICLE = """<html><script>var biz="MzA=";var msg_title="青禾";var ct="1760000000";</script>
<div id="js_content"><p>保证根治牛皮癣，永不复发。</p></div></html>"""
_STATE = """<html><div id="app"></div><script>window.__INITIAL_STATE__={"note":{"title":"探店",
"desc":"保证根治牛皮癣，永不复发，预约电话四零零"}}</script></html>"""
_ROBOTS = b"User-agent: *\nDisallow: /a\nCrawl-delay: 2\nAllow: /a/b$\n"
_REGISTER = ("机构名称", "登记号"), ("青禾门诊部", "PDY000000000000000")
_COMPLAINT = (
    ("工单编号", "登记时间", "被投诉人", "诉求内容（摘要）"),
    ("B1", "2026-03-02 09:00:00", "青禾门诊部", "见 http://qinghe.test/a"),
)
_REPLY = ("来文编号", "处理结果", "案件编号"), ("GD-2026-990100-00001", "立案", "示立〔2026〕9号")
_SECTION = "laws:\n- {id: a, title: 广告法}\n- &x {id: b, title: 又一部}\n- *x\n"


def _rows(name: str) -> Callable[[bytes], object]:
    return lambda data: list(register_files.rows(data, name))


def _complaints(data: bytes) -> object:
    rows = spreadsheets.xlsx_rows(data, "a.xlsx")
    return list(complaint_file.read(rows, ComplaintSource.HOTLINE_12345))


def _gzipped(data: bytes) -> object:
    return decode_body((("Content-Encoding", "gzip"),), data)


def _robots(body: bytes) -> object:
    rules = robots.answered("http://qinghe.test", status=200, body=body, at=AT)
    return rules.allows(URL), rules.delay


def _yaml(text: str) -> object:
    return datafiles.parse(text, name="a.yml")


def _disguises(text: str) -> object:
    return _SEEN.view(_SEEN.laid_out(text))


_SEEN = Disguises(["根治", "永不复发", "治愈率"])

READERS = (
    Reader(name="html", read=page("text/html"), sample=PAGE),
    Reader(
        name="wechat",
        read=page("text/html", "https://mp.weixin.qq.com/s?__biz=MzA=&mid=1&idx=1&sn=a"),
        sample=_ARTICLE.encode(),
    ),
    Reader(name="search", read=page("text/html", "https://www.baidu.com/s?wd=a"), sample=PAGE),
    Reader(name="script-state", read=page("text/html"), sample=_STATE.encode()),
    Reader(
        name="script", read=page("text/javascript"), sample=b"document.write('<a href=/x>x</a>')"
    ),
    Reader(name="json", read=page("application/json"), sample=b'{"title": "a", "list": [1, [2]]}'),
    Reader(
        name="feed",
        read=page("application/rss+xml"),
        sample=(
            f"<rss><channel><item><title>公告</title><link>{URL}</link></item></channel></rss>".encode()
        ),
    ),
    Reader(name="docx", read=page("application/octet-stream"), sample=letter(), packed=True),
    Reader(
        name="xlsx", read=page("application/octet-stream"), sample=workbook(*_REGISTER), packed=True
    ),
    Reader(name="gzip", read=_gzipped, sample=gzip.compress(PAGE)),
    Reader(name="robots", read=_robots, sample=_ROBOTS),
    Reader(name="register-csv", read=_rows("a.csv"), sample="机构名称,登记号\n青禾,1\n".encode()),
    Reader(name="register-json", read=_rows("a.json"), sample='[{"机构名称": "青禾"}]'.encode()),
    Reader(name="register-xlsx", read=_rows("a.xlsx"), sample=workbook(*_REGISTER), packed=True),
    Reader(name="complaints", read=_complaints, sample=workbook(*_COMPLAINT), packed=True),
    Reader(
        name="replies",
        read=lambda data: reply_form.replies(spreadsheets.xlsx_rows(data, "a.xlsx")),
        sample=workbook(*_REPLY),
        packed=True,
    ),
    Reader(
        name="yaml",
        read=words(lambda text: datafiles.parse(text, name="a.yml")),
        sample=_SECTION.encode(),
    ),
    Reader(name="query", read=words(parse), sample='(根治 或 "永不复发") 且 判定:CLUE'.encode()),
    Reader(name="normaliser", read=words(normalise), sample=_ADVERT.encode()),
    Reader(
        name="disguises",
        read=words(lambda text: _SEEN.view(_SEEN.laid_out(text))),
        sample=_ADVERT.encode(),
    ),
    Reader(name="identifiers", read=words(identifiers), sample=_ADVERT.encode()),
    Reader(name="segments", read=words(segments), sample=_ADVERT.encode()),
    Reader(name="warc-record", read=warc_records.parse, sample=record()),
    Reader(name="screenshot", read=png.is_blank, sample=checkered_png()),
    Reader(
        name="robot-answer", read=lambda said: answered(said, "a.test"), sample=b'{"errcode": 0}'
    ),
)
