"""Any website's pages: text, names, and the honest answer where there is no text."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.pages import read
from domain.outcomes import Outcome
from domain.pages import BlockPage, Origin, PageKind, ParsedPage, Reading, StatusPage

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_WORDS = "本门诊部位于柳条街六号，每周一至周六开诊，请携带证件按预约时间前来就诊。"


def _read(body: str | bytes, url: str = "http://clinic.test/a/1.html", media: str = "") -> Reading:
    data = body.encode() if isinstance(body, str) else body
    headers = [("Content-Type", media)] if media else []
    return read(body=data, url=url, headers=headers, captured_at=_NOW)


def _page(body: str | bytes, **options: str) -> ParsedPage:
    reading = _read(body, **options)
    assert isinstance(reading, ParsedPage), reading
    return reading


@settings(deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from("<>/=\"' abdivpscrtlk!-&;治疗。\ue000\u200b\n")
        | st.characters(codec="utf-8"),
        max_size=200,
    )
)
def test_offsets_are_exact_whatever_the_markup(body: str) -> None:
    reading = _read(f"<p>{_WORDS}</p>{body}")
    if isinstance(reading, ParsedPage):
        assert reading.text == "\n".join(block.text for block in reading.blocks)
        for block in reading.blocks:
            assert reading.text[block.start : block.end] == block.text
            assert block.text == block.text.strip() != ""
        for one in reading.identifiers:
            assert one.start == -1 or 0 <= one.start < one.end <= len(reading.text)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_reason(body: bytes) -> None:
    reading = _read(body)
    if isinstance(reading, ParsedPage):
        assert reading.text or "image_only" in reading.notes
    else:
        assert reading.reason


def test_inline_elements_join_and_blocks_part() -> None:
    page = _page(f"<div>{_WORDS}<b>请</b>先<i>挂</i>号</div><td>甲</td><li>乙<br>丙")
    assert page.text.split("\n") == [_WORDS + "请先挂号", "甲", "乙", "丙"]


def test_menus_and_footers_are_marked_but_kept() -> None:
    links = "".join(f"<a href=/{n}/>栏目{n}</a><br>" for n in range(5))
    page = _page(f"{links}<p>{_WORDS}</p><div class='footer'>地址：柳条街六号</div>")
    assert {b.text: b.boilerplate for b in page.blocks} == {
        **{f"栏目{n}": True for n in range(5)},
        _WORDS: False,
        "地址：柳条街六号": True,
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>医疗机构名称：云杉综合门诊部</p><p>版权所有 © 青禾网络有限公司</p>", "云杉综合门诊部"),
        ("<p>版权所有 © 2025 云杉皮肤医院 粤ICP备00000000号</p>", "云杉皮肤医院"),
        ("<p>粤ICP备00000000号 主办单位 松果口腔门诊部</p>", "松果口腔门诊部"),
        ('<meta property="og:site_name" content="晴川医美">', "晴川医美"),
        ("<title>就诊须知_云杉皮肤医院</title>", "云杉皮肤医院"),
        ("<title>首页 | 半山美颜馆</title><p>半山美颜馆 个体工商户</p>", "半山美颜馆"),
        ("<title>今日门诊 | 温馨提示</title>", None),
        ('<script>document.title="别处整形医院"</script>', None),
    ],
)
def test_the_subject_is_what_the_page_states(body: str, expected: str | None) -> None:
    assert _page(f"{body}<p>{_WORDS}</p>").subject_hint == expected


@pytest.mark.parametrize(
    ("body", "day"),
    [
        ('<meta property="article:published_time" content="2025-01-02T03:04:05Z">', "2025-01-02"),
        ("<p>发布时间：2024年3月5日</p><p>2023-01-01</p>", "2024-03-05"),
        (
            '<script type="application/ld+json">{"datePublished": "2024-05-06"}</script>',
            "2024-05-06",
        ),
        ("<p>发布时间：2099-01-01</p>", None),
        ("<p>发布时间：2024-13-41</p>", None),
    ],
)
def test_dates_are_stated_and_never_of_the_future(body: str, day: str | None) -> None:
    moment = _page(f"{body}<p>{_WORDS}</p>").published_at
    assert (moment.date().isoformat() if moment else None) == day


def test_kinds() -> None:
    titles = "".join(
        f"<li><a href=/{n}.html>门诊通知第{n}号已经发布请查收</a></li>" for n in range(9)
    )
    assert _page(f"<p>{_WORDS}</p>", url="http://clinic.test/").kind is PageKind.HOME
    assert _page(titles, url="http://clinic.test/list/").kind is PageKind.LISTING
    assert _page(f"<p>{_WORDS * 2}</p><p>{_WORDS * 2}</p>").kind is PageKind.ARTICLE


@pytest.mark.parametrize(
    ("body", "url", "outcome"),
    [
        ("<script>var x='__jsl_clearance_s'</script>", "http://a.test/", Outcome.JS_CHALLENGE),
        ("<script>$_ts=window['$_ts']</script>", "http://a.test/", Outcome.JS_CHALLENGE),
        ("<p>访问过于频繁，请输入验证码</p>", "http://a.test/", Outcome.CAPTCHA),
        ("<p>x</p>", "http://callback.58.com/antibot/verifycode?serialId=1", Outcome.CAPTCHA),
        ("<title>验证码中间页</title>", "http://a.test/", Outcome.CAPTCHA),
        ("<p>请登录后查看笔记</p>", "http://a.test/", Outcome.LOGIN_WALL),
        ("<title>Sina Visitor System</title>", "http://a.test/", Outcome.LOGIN_WALL),
        ("<div id=app></div><script src=a.js></script>", "http://a.test/", Outcome.EMPTY_SHELL),
        ("<frameset><frame src=a.html></frameset>", "http://a.test/", Outcome.EMPTY_SHELL),
        ("  \n", "http://a.test/", Outcome.EMPTY_SHELL),
    ],
)
def test_refusals_and_shells(body: str, url: str, outcome: Outcome) -> None:
    reading = _read(body, url=url)
    assert isinstance(reading, BlockPage)
    assert reading.outcome is outcome
    assert reading.reason


def test_an_article_that_speaks_of_captchas_and_missing_pages_is_an_article() -> None:
    words = (
        "<p>挂号网站提示访问过于频繁请输入验证码时，请稍后再试；页面不存在则请致电导医台。</p>" * 20
    )
    page = _page(f"<title>如何网上挂号</title><form>验证码<input></form>{words}")
    assert page.text.count("验证码") == 21


def test_a_missing_page_with_status_200_is_a_status() -> None:
    reading = _read("<title>您访问的页面不存在</title><p>返回首页</p>")
    assert isinstance(reading, StatusPage)
    assert reading.outcome is Outcome.SOFT_404


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xd8\xff\xe0" + bytes(40),
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    ],
)
def test_a_picture_is_a_page_that_shows_itself(body: bytes) -> None:
    reading = _read(body, media="text/html")
    assert isinstance(reading, ParsedPage)
    assert (reading.text, reading.notes) == ("", ("image_only",))
    assert [link.url for link in reading.links] == [reading.canonical_url]


@pytest.mark.parametrize(
    ("body", "media", "word"),
    [
        (b"%PDF-1.4\n%\xe2\xe3", "", "PDF"),
        (b"PK\x03\x04" + bytes(40), "", "压缩包"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "", "Office"),
        (b"\x00\x00\x00\x20ftypmp42", "", "视频"),
        (b"plain", "image/png", "图片"),
        (bytes(range(32)) * 9, "", "二进制"),
    ],
)
def test_files_that_cannot_be_read_yet_say_why(body: bytes, media: str, word: str) -> None:
    reading = _read(body, media=media)
    assert isinstance(reading, BlockPage)
    assert reading.outcome is Outcome.BAD_CONTENT
    assert word in reading.reason


def test_json_strings_become_blocks_with_their_keys() -> None:
    page = _page('{"list": [{"title": "门诊公告", "id": 7, "html": "<p>今日停诊</p>"}]}')
    assert [(b.text, b.path) for b in page.blocks] == [
        ("门诊公告", "$.list[0].title"),
        ("今日停诊", "html>body>p"),
    ]


def test_scripts_give_what_they_write_and_style_sheets_nothing() -> None:
    url = "http://clinic.test/js/beian.js"
    page = _page("document.write('<p>粤ICP备00000000号</p>')", url=url, media="text/javascript")
    assert page.text == "粤ICP备00000000号"
    for body, media in (("var a = 1", "text/javascript"), ("p{color:red}", "text/css")):
        reading = _read(body, url="http://clinic.test/x", media=media)
        assert isinstance(reading, StatusPage)
        assert reading.outcome is Outcome.OK


def test_plain_text_is_read_by_lines() -> None:
    assert _page("门诊公告\n\n今日停诊\n", media="text/plain").text == "门诊公告\n今日停诊"


def test_titles_of_cut_links_and_pictures_are_read() -> None:
    page = _page(
        f"<p>{_WORDS}</p><a href=/1 title='门诊公告全文标题'>门诊公告…</a>"
        "<img src=a.jpg alt='门诊大厅'><input type=image src=b.jpg alt='立即挂号'>"
        "<input type=button value='查询'><input type=hidden value='不读'>"
    )
    alts = [block.text for block in page.blocks if block.origin is Origin.ALT]
    assert alts == ["门诊公告全文标题", "门诊大厅", "立即挂号", "查询"]


_HUGE = 4_000_000


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<p><font id={n}>",
        "<select><option>",
        "<br><option>",
        "<svg>",
        "<a href='",
        "<table><tr><td>",
        "<script",
        "<!--",
        "window.cgiDataNew = {{a:",
        "document.write(",
    ],
)
def test_hostile_markup_takes_seconds_not_minutes(unit: str) -> None:
    short = len(unit.format(n=0))
    body = "<p>开头</p>" + "".join(unit.format(n=n) for n in range(_HUGE // 2 // short))
    start = time.process_time()
    _read(body)
    assert time.process_time() - start < 20


def test_nested_beyond_measure_keeps_every_word() -> None:
    body = "".join(f"<div><b>第{n}层的说明文字</b>" for n in range(3000))
    assert _page(body).text.split("\n") == [f"第{n}层的说明文字" for n in range(3000)]


@pytest.mark.parametrize("separator", [" ", "/"])
def test_one_tag_with_a_hundred_thousand_attributes_keeps_the_text(separator: str) -> None:
    crowd = separator.join(f'a{n}="<"' for n in range(100_000))
    start = time.process_time()
    assert _WORDS in _page(f"<p {crowd}>{_WORDS}</p>").text
    assert time.process_time() - start < 5


def test_a_long_picture_in_an_attribute_is_no_crowd() -> None:
    picture = "data:image/png;base64," + "AB/c" * 50_000
    assert "门诊大厅" in _page(f"<p>{_WORDS}</p><img src='{picture}' alt='门诊大厅'>").text
