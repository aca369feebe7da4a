"""Public accounts: every type of article, every message page, and the lists they answer as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.pages import navigation, read
from domain.outcomes import Outcome
from domain.pages import (
    BlockPage,
    IdentifierKind,
    Origin,
    PageKind,
    ParsedPage,
    Reading,
    StatusPage,
)

_URL = "https://mp.weixin.qq.com/s/AAAAAAAAAAAAAAAAAAAAAA"
_AT = datetime(2026, 3, 2, tzinfo=UTC)
_HTML = (("Content-Type", "text/html; charset=utf-8"),)
_JSON = (("Content-Type", "application/json; charset=utf-8"),)
_ALBUM = "https://mp.weixin.qq.com/mp/appmsgalbum?__biz=MzAw&action=getalbum&album_id=9&f=json"


def _read(text: str, url: str = _URL, headers: tuple[tuple[str, str], ...] = _HTML) -> Reading:
    return read(body=text.encode(), url=url, headers=headers, captured_at=_AT)


def _article(state: str, body: str = "") -> ParsedPage:
    page = _read(
        f"<html><head><title></title></head><body>{body}<script>window.cgiDataNew = {{"
        "nick_name: JsDecode('青禾口腔'), alias: 'qinghe-kq', bizuin: 'MzAw', mid: '7' * 1,"
        f"idx: '1' * 1, ori_create_time: '1769905800' * 1, {state}}};</script></body></html>"
    )
    assert isinstance(page, ParsedPage), page
    assert page.account == "青禾口腔"
    assert page.canonical_url == "https://mp.weixin.qq.com/s?__biz=MzAw&idx=1&mid=7"
    assert all(page.text[block.start : block.end] == block.text for block in page.blocks)
    return page


def test_a_video_is_read_by_its_words_and_noted_as_unseen() -> None:
    page = _article(
        "item_show_type: '5' * 1, title: JsDecode('种牙当天能吃饭吗'),"
        "content_noencode: '院长直播讲解\\x0a预约送检查',"
        "video_page_infos: [{video_id: 'wxv_1', title: '院长讲种植牙', cover_url: 'http://a.test/c'}]"
    )
    assert page.kind is PageKind.POST
    assert page.text == "种牙当天能吃饭吗\n院长直播讲解\n预约送检查\n院长讲种植牙"
    assert "item_show_type:5" in page.notes
    assert "unread_video:1" in page.notes


def test_sound_has_its_titles_even_as_json_in_a_string() -> None:
    page = _article(
        "item_show_type: '7' * 1, title: '听牙医说', desc: '第三期',"
        "voice_in_appmsg_list_json: '{\\x22list\\x22:[{\\x22title\\x22:\\x22洗牙之后\\x22}]}',"
        "voice_in_appmsg: [{voice_id: 'v1'}]"
    )
    assert page.text == "听牙医说\n第三期\n洗牙之后"
    assert "unread_audio:1" in page.notes


def test_a_post_without_words_is_known_by_its_title() -> None:
    page = _article("item_show_type: '5' * 1, title: '到院路线', video_page_infos: [{vid: 'x'}]")
    assert (page.title, page.text) == ("到院路线", "到院路线")


def test_a_short_post_and_where_its_pictures_were_pinned() -> None:
    page = _article(
        "item_show_type: '17' * 1, short_content: '今天面诊到八点',"
        "picture_page_info_list: [{cdn_url: 'https://mmbiz.qpic.cn/p/0', is_qr_code: '1' * 1,"
        "poi_info: {poi_name: '青禾口腔示范路店'}, cps_ad_info: [{title: '洗牙券'}]}]"
    )
    assert page.text == "今天面诊到八点\n青禾口腔示范路店\n洗牙券"
    assert "qr_pictures:1" in page.notes
    assert [link.text for link in page.links if link.rel == "img"] == ["二维码"]


def test_a_reprint_names_its_source_cards_and_albums() -> None:
    page = _article(
        "item_show_type: '0' * 1, title: '转载', public_tag_info: {tags: [{tag_name: '口腔课',"
        "tag_link: 'https://mp.weixin.qq.com/mp/appmsgalbum?__biz=MzAw&amp;album_id=9#wechat'}]}",
        '<div id="copyright_info"><span class="original_primary_nickname">青禾总院</span></div>'
        '<div id="js_content"><p>牙缺失要尽早就诊。</p><iframe class="video_iframe" data-src='
        '"https://v.qq.com/x"></iframe><mp-common-profile data-id="MzBw==" data-nickname="青禾植发"'
        ' data-alias="qinghe-zf"></mp-common-profile>'
        '<mp-miniprogram data-miniprogram-appid="wx00"></mp-miniprogram></div>',
    )
    for note in ("reprinted_from:青禾总院", "miniprogram:wx00", "unread_video:1"):
        assert note in page.notes
    links = {link.rel: link for link in page.links}
    assert links["account"].text == "青禾植发"
    assert "__biz=MzBw" in links["account"].url
    assert links["album"].url.endswith("album_id=9")
    names = [one.value for one in page.identifiers if one.kind is IdentifierKind.WECHAT]
    assert "qinghe-zf" in names


def test_a_saved_copy_without_scripts_is_still_an_article() -> None:
    page = _read(
        '<html><title></title><meta property="og:title" content="备用"><h1 id=activity-name> 补牙 '
        "须知</h1><a id=js_name>青禾口腔</a><em id=publish_time>2026年2月1日 08:30</em>"
        "<div id=js_content><p>补牙后一小时内不要进食。</p></div></html>"
    )
    assert isinstance(page, ParsedPage)
    assert (page.title, page.account) == ("补牙 须知", "青禾口腔")
    assert page.published_at is not None
    assert page.published_at.isoformat() == "2026-02-01T08:30:00+08:00"
    assert "补牙后一小时内不要进食。" in page.text


def test_an_imitation_on_another_host_is_read_as_a_whole() -> None:
    page = _read(
        "<html><title>爆料</title><div id=js_content><p>大家都在用的方法，看完再决定。</p>"
        "</div><div class=pl><p>我用了一周真的有效，老师的微信是 qinghe-jf 快去加。</p></div>",
        "http://lp01.test/0331/index.html",
    )
    assert isinstance(page, ParsedPage)
    assert "老师的微信是 qinghe-jf" in page.text


def test_state_with_nothing_to_read_is_a_shell() -> None:
    page = _read("<html><script>window.cgiDataNew = {title: ''};</script></html>")
    assert isinstance(page, BlockPage)
    assert page.outcome is Outcome.EMPTY_SHELL


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("该内容已被发布者删除", Outcome.DELETED_BY_AUTHOR),
        ("The content has been deleted by the author.", Outcome.DELETED_BY_AUTHOR),
        ("此内容因违规无法查看", Outcome.REMOVED_VIOLATION),
        ("此内容被投诉且经审核涉嫌侵权，无法查看。", Outcome.REMOVED_VIOLATION),
        ("此内容发送失败无法查看", Outcome.REMOVED_VIOLATION),
        ("Unable to view this content because it violates regulations", Outcome.REMOVED_VIOLATION),
        ("链接已过期", Outcome.EXPIRED_LINK),
        ("此帐号已自主注销，内容无法查看", Outcome.ACCOUNT_GONE),
        ("该账号已被冻结", Outcome.ACCOUNT_GONE),
        ("该公众号已迁移", Outcome.ACCOUNT_GONE),
        ("此帐号已被屏蔽, 内容无法查看", Outcome.ACCOUNT_GONE),
        ("参数错误", Outcome.DELETED),
        ("未知错误，请稍后再试", Outcome.TEMPORARILY_UNAVAILABLE),
    ],
)
@pytest.mark.parametrize(
    "form",
    [
        '<div class="weui-msg"><h2 class="weui-msg__title">{}</h2><p class="weui-msg__desc">见说明'
        "</p></div>",
        '<div class="mesg-block">{}</div>',
        '<div class="page_msg"><div class="global_error_msg warn">{}</div></div>',
    ],
)
def test_message_pages_are_lifecycle(words: str, outcome: Outcome, form: str) -> None:
    page = _read(f"<html><title></title><body>{form.format(words)}</body></html>")
    assert isinstance(page, StatusPage)
    assert page.outcome is outcome
    assert words in page.reason


def test_an_unknown_message_is_a_gap_and_never_content() -> None:
    page = _read('<html><div class="weui-msg"><h2 class="weui-msg__title">新提示</h2></div></html>')
    assert isinstance(page, BlockPage)
    assert "新提示" in page.reason


def _listing(value: object, url: str = _ALBUM) -> ParsedPage:
    page = _read(json.dumps(value, ensure_ascii=False), url, _JSON)
    assert isinstance(page, ParsedPage), page
    assert page.kind is PageKind.LISTING
    assert all(block.origin is Origin.JS_STATE for block in page.blocks)
    return page


def _item(number: int) -> dict[str, object]:
    link = (
        f"http://mp.weixin.qq.com/s?__biz=MzAw&amp;mid={number}&amp;idx=1&amp;sn=f&amp;chksm=1#rd"
    )
    return {"title": f"第{number}课", "url": link, "msgid": str(number), "itemidx": "1"}


@pytest.mark.parametrize("several", [True, False])
def test_an_album_lists_articles_and_its_next_part(several: bool) -> None:
    listed = [_item(1), _item(2)] if several else _item(2)
    value = {
        "base_resp": {"ret": 0},
        "getalbum_resp": {
            "article_list": listed,
            "base_info": {"nickname": "青禾口腔", "title": "口腔课"},
            "continue_flag": "1" if several else "0",
        },
    }
    page = _listing(value)
    assert (page.account, "口腔课" in page.title) == ("青禾口腔", True)
    articles = [link for link in page.links if link.rel == "article"]
    assert articles[-1].url == "http://mp.weixin.qq.com/s?__biz=MzAw&idx=1&mid=2"
    assert len(articles) == (2 if several else 1)
    body = json.dumps(value).encode()
    followed = navigation(body=body, url=_ALBUM, headers=_JSON)
    more = [link.url for link in followed if link.rel == "next"]
    assert len(followed) == len(articles) + len(more)
    assert more == (
        [
            "https://mp.weixin.qq.com/mp/appmsgalbum?__biz=MzAw&action=getalbum&album_id=9"
            "&begin_itemidx=1&begin_msgid=2&f=json"
        ]
        if several
        else []
    )


def test_homepages_and_saved_answers_are_lists_too() -> None:
    home = {"appmsg_list": [{"title": "门诊时间", "link": "https://mp.weixin.qq.com/s/BBBB"}]}
    assert [link.text for link in _listing(home).links] == ["门诊时间"]

    article = {"title": "到院须知", "link": "https://mp.weixin.qq.com/s/CCCC", "is_deleted": True}
    info = json.dumps({"msgid": 1, "appmsgex": [article]})
    page = json.dumps({"total_count": 1, "publish_list": [{"publish_info": info}]})
    (link,) = _listing({"base_resp": {"ret": 0}, "publish_page": page}).links
    assert (link.rel, link.text) == ("deleted", "到院须知")

    head = {
        "title": "头条",
        "content_url": "http://mp.weixin.qq.com/s?__biz=MzAw&amp;mid=3&amp;idx=1",
        "multi_app_msg_item_list": [
            {
                "title": "次条",
                "content_url": "http://mp.weixin.qq.com/s?__biz=MzAw&amp;mid=3&amp;idx=2",
            }
        ],
    }
    sent = json.dumps({"list": [{"comm_msg_info": {"id": 1}, "app_msg_ext_info": head}]})
    assert [one.text for one in _listing({"general_msg_list": sent}).links] == ["头条", "次条"]

    account = {"fakeid": "MzAw", "nickname": "青禾口腔", "alias": "qinghe-kq", "signature": "看牙"}
    found = _listing({"base_resp": {"ret": 0}, "list": [account]})
    assert [link.rel for link in found.links] == ["account"]
    assert [one.value for one in found.identifiers] == ["qinghe-kq"]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(200003, Outcome.LOGIN_WALL), (200013, Outcome.THROTTLED), (-1, Outcome.SOFT_BLOCK)],
)
def test_a_refused_list_is_a_gap(code: int, outcome: Outcome) -> None:
    page = _read(json.dumps({"base_resp": {"ret": code}}), _ALBUM, _JSON)
    assert isinstance(page, BlockPage)
    assert page.outcome is outcome


_keys = st.sampled_from(
    [
        "getalbum_resp", "article_list", "base_info", "continue_flag", "appmsg_list",
        "publish_page", "publish_list", "publish_info", "appmsgex", "general_msg_list", "list",
        "app_msg_ext_info", "multi_app_msg_item_list", "base_resp", "ret", "title", "url", "link",
        "content_url", "fakeid", "msgid",
    ]
)  # fmt: skip
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(_keys, _json, max_size=5))
def test_no_answer_of_any_shape_breaks_the_reader(value: dict[str, object]) -> None:
    body = json.dumps(value).encode()
    read(body=body, url=_ALBUM, headers=_JSON, captured_at=_AT)
    navigation(body=body, url=_ALBUM, headers=_JSON)
