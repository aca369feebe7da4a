"""Search pages: every advertisement counted once and none invented, whatever its mark is."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.pages import navigation, read
from domain.pages import Link, PageKind, ParsedPage

_AT = datetime(2026, 3, 2, tzinfo=UTC)
_TAIL = "青禾示范市皮肤与口腔健康知识，内容由本地医生整理，仅供参考，请到正规医疗机构就诊。"


def _read(body: str, url: str, head: str = "") -> ParsedPage:
    html = (
        f"<html><head><meta charset=utf-8><title>搜索</title>{head}</head><body><script>"
        f"var t='广告';var e='e-landurl tuiguang baidu.php';</script>{body}<p>{_TAIL}</p></body>"
    )
    page = read(body=html.encode(), url=url, headers=(), captured_at=_AT)
    assert isinstance(page, ParsedPage), page
    assert page.kind is PageKind.SEARCH_RESULTS
    return page


def _of(page: ParsedPage, rel: str) -> list[Link]:
    return [link for link in page.links if link.rel == rel]


_BAIDU = "https://www.baidu.com/s?wd=1"
_LABELS = {
    "text": ("<span>广告</span>", ""),
    "split": ("<span><span>广</span>\u200b<span>告</span></span>", ""),
    "picture": ('<img src="data:," alt="广告">', ""),
    "css": ('<span class="x9"></span>', "<style>.x9::before{content:'广告'}</style>"),
    "escaped": ('<i class="y"></i>', '<style>.y:after {content:"\\5e7f\\544a";}</style>'),
    "old": ("<a>商业推广</a>", ""),
}


def _organic(number: int) -> str:
    return (
        f'<div class="result c-container" srcid="1599" tpl="se_com_default" mu="http://o{number}.test/">'
        f'<h3 class="t"><a href="http://www.baidu.com/link?url=x{number}">科普<em>广告</em></a></h3></div>'
    )


@pytest.mark.parametrize("form", _LABELS)
def test_a_mark_of_any_form_makes_an_advert(form: str) -> None:
    mark, head = _LABELS[form]
    advert = f'<div class="z-{form}"><h3><a href="http://lp.test/a">青禾</a></h3>{mark}</div>'
    page = _read(f"<div id=content_left>{_organic(1)}{advert}{_organic(2)}</div>", _BAIDU, head)
    assert [link.url for link in _of(page, "ad")] == ["http://lp.test/a"]
    assert [link.url for link in _of(page, "organic")] == ["http://o1.test/", "http://o2.test/"]
    assert "ads:1" in page.notes
    assert not any(note.startswith("ads_unlabelled") for note in page.notes)


def test_an_advert_without_mark_is_counted_and_noted() -> None:
    advert = (
        '<div data-placeid="3"><h3><a data-landurl="http://lp.test/b" href='
        '"http://www.baidu.com/baidu.php?url=q">青禾</a></h3></div>'
    )
    page = _read(f"<div id=content_left>{advert}{advert}{_organic(1)}{_organic(2)}</div>", _BAIDU)
    assert [link.url for link in _of(page, "ad")] == ["http://lp.test/b"] * 2
    assert {"ads:2", "ads_unlabelled:2"} <= set(page.notes)


def _encoded(url: str) -> str:
    return base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("url", "body", "landing"),
    [
        (
            "https://www.so.com/s?q=1",
            '<div id="m-spread-left"><ul id="e_idea_pp"><li><h3><a href="https://e.so.com/search/'
            f'eclk?p=1&aurl={_encoded("http://lp.test/c")}">青禾</a></h3></li></ul></div>'
            '<ul class="mh-mediav-wrap" hidden></ul>',
            "http://lp.test/c",
        ),
        (
            "https://m.sm.cn/s?q=1",
            '<div class="ali_row" ad_aid="1"><h2><a href="https://c.sm.cn/adclick?x=1&url='
            f'{quote("http://lp.test/d", safe="")}">青禾</a></h2></div>',
            "http://lp.test/d",
        ),
        (
            "https://www.sogou.com/web?query=1",
            '<div class="sponsored"><ul><li><h3><a href="http://www.sogou.com/bill_cpc?v=1&p=x">青禾'
            "</a></h3><cite>lp.test</cite></li></ul></div>",
            "http://lp.test/",
        ),
        ("https://cn.bing.com/search?q=1", '<ol id="b_results"><li class="b_ad"><h2><a href='
         '"http://lp.test/e">青禾</a></h2></li></ol>', "http://lp.test/e"),
    ],
    ids=["360", "shenma", "sogou", "bing"],
)  # fmt: skip
def test_the_landing_address_is_read_and_never_asked_for(url: str, body: str, landing: str) -> None:
    page = _read(body, url)
    assert [link.url for link in _of(page, "ad")] == [landing]
    followed = navigation(body=body.encode(), url=url, headers=())
    assert not [link for link in followed if "eclk" in link.url or "bill_" in link.url]


def test_a_saved_copy_under_another_name_is_known_by_its_form() -> None:
    body = f"<div id=content_left>{_organic(1)}{_organic(2)}</div>"
    assert "organic:2" in _read(body, "http://replica.test/s?wd=1").notes


def test_a_saved_copy_may_have_but_one_result_that_is_not_paid_for() -> None:
    card = "<div class=qk-card><h3><a href=http://a.test/>青禾</a></h3><p>开诊通知</p></div>"
    paid = (
        "<div class=ad-wolong-container><h3><a href=/x?url=http%3A%2F%2Fb.test%2F>佳</a></h3></div>"
    )
    assert "ads:1" in _read(card + paid, "http://replica.test/s?q=1").notes
    for body in (card, paid + paid):
        html = f"<html><title>站内</title><p>{_TAIL}</p>{body}"
        url = "http://replica.test/s?q=1"
        page = read(body=html.encode(), url=url, headers=(), captured_at=_AT)
        assert isinstance(page, ParsedPage)
        assert page.kind is not PageKind.SEARCH_RESULTS


def test_a_page_of_a_site_that_is_no_engine_stays_one() -> None:
    html = f"<html><title>站内搜索</title><p>{_TAIL}</p><div class=rb><a href=/a>广告</a></div>"
    page = read(body=html.encode(), url="http://a.test/s?q=1", headers=(), captured_at=_AT)
    assert isinstance(page, ParsedPage)
    assert page.kind is not PageKind.SEARCH_RESULTS


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["organic", "bare", *_LABELS]), max_size=12))
def test_adverts_are_counted_exactly(results: list[str]) -> None:
    parts, head = [], ""
    for number, form in enumerate(results):
        if form == "organic":
            parts.append(_organic(number))
            continue
        mark, style = _LABELS.get(form, ("", ""))
        head += style
        sign = f'data-landurl="http://lp{number}.test/"' if form == "bare" else ""
        parts.append(
            f'<div><div class=in><h3><a {sign} href="http://lp{number}.test/">青禾</a></h3>'
            f'<a href="http://sub.test/{number}">价格</a></div>{mark}</div>'
        )
    page = _read(f"<div id=content_left>{''.join(parts)}</div>", _BAIDU, head)
    paid = [form for form in results if form != "organic"]
    assert len(_of(page, "ad")) == len(paid)
    assert len(_of(page, "organic")) == len(results) - len(paid)
    assert (f"ads_unlabelled:{paid.count('bare')}" in page.notes) is ("bare" in paid)
