"""Feeds and platform JSON become captures and addresses; what cannot be read names its entry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.importers import ImportOptions, ImportRecord, read_file
from crawlers.pages import navigation, read
from domain.captures import Acquisition
from domain.pages import PageKind, ParsedPage

_LONG = "青禾口腔提醒：种植牙术后应按医嘱复查，出现不适请及时到院。" * 10
_ARTICLE = "https://mp.weixin.qq.com/s?__biz=MzAw&amp;mid=1&amp;idx=1"


def _all(path: Path, options: ImportOptions | None = None) -> list[ImportRecord]:
    return list(read_file(path, options=options or ImportOptions()))


def _page(record: ImportRecord) -> ParsedPage:
    assert record.capture is not None, record.error
    page = read(
        body=record.capture.body,
        url=record.capture.url,
        headers=record.capture.headers,
        captured_at=record.capture.captured_at,
    )
    assert isinstance(page, ParsedPage), page
    return page


_RSS = f"""<?xml version="1.0" encoding="gb2312"?><!-- bridge -->
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>青禾口腔</title>
<item><title>复查须知&nbsp;一</title><link>{_ARTICLE}</link><guid>1</guid><dc:creator>小禾</dc:creator>
<pubDate>Sun, 01 Jun 2025 10:00:00</pubDate><content:encoded><![CDATA[<p>{_LONG}</p><img src=
"https://bridge.test/img-proxy/?u=https%3A%2F%2Fmmbiz.qpic.cn%2Fm%2F0%2F640%3Fwx_fmt%3Dpng">]]>
</content:encoded></item>
<item><title>摘要</title><link>{_ARTICLE.replace("mid=1", "mid=2")}</link>
<description>短</description></item>
<item><title>无址</title><guid>abc</guid></item></channel></rss>"""
_ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>青禾口腔</title>
<entry><title>复查须知&#160;一</title><link rel="edit" href="http://bridge.test/e"/>
<link href="{_ARTICLE}"/><author><name>小禾</name></author><updated>2025-06-01T02:00:00Z</updated>
<content type="html">&lt;p&gt;{_LONG}&lt;/p&gt;</content></entry></feed>"""
_JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "青禾口腔",
    "items": [
        {
            "id": "1",
            "title": "复查须知 一",
            "url": _ARTICLE.replace("&amp;", "&"),
            "content_html": f"<p>{_LONG}</p>",
            "authors": [{"name": "小禾"}],
            "date_published": "2025-06-01 10:00",
        }
    ],
}


@pytest.mark.parametrize(
    "data",
    [
        _RSS.encode("gb18030"),
        _ATOM.encode(),
        json.dumps(_JSON_FEED, ensure_ascii=False).encode(),
    ],
    ids=["rss", "atom", "json"],
)
def test_an_entry_with_its_text_is_a_capture(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "feed.dat"
    path.write_bytes(data)
    record = _all(path)[0]
    page = _page(record)
    assert record.capture is not None
    assert record.capture.acquisition is Acquisition.FEED
    assert record.capture.url == _ARTICLE.replace("&amp;", "&")
    assert record.capture.note is not None
    assert "feed.dat" in record.capture.note
    assert "SHA-256" in record.capture.note
    assert page.title.split() == ["复查须知", "一"]
    assert page.author == "小禾"
    assert page.published_at == datetime(2025, 6, 1, 2, tzinfo=UTC)
    assert _LONG in page.text


def test_pictures_behind_a_proxy_summaries_and_entries_without_address(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(_RSS.encode("gb18030"))
    full, summary, nowhere = _all(path)
    assert "https://mmbiz.qpic.cn/m/0/640?wx_fmt=png" in [x.url for x in _page(full).links]
    assert (summary.request, summary.capture) == (True, None)
    assert summary.url is not None
    assert "mid=2" in summary.url
    assert nowhere.error is not None
    assert "feed.xml 第 3 条" in nowhere.error


def test_entities_in_a_feed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    path.write_text(
        '<!DOCTYPE rss [<!ENTITY a "x"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
        "<rss><channel><item><title>&a;&b;</title></item></channel></rss>"
    )
    (record,) = _all(path)
    assert record.error is not None
    assert "实体" in record.error


def test_platform_records_are_captures_of_themselves(tmp_path: Path) -> None:
    ads = [
        {"url": "http://lp.test/1", "创意": "无痛种牙", "create_time": 1748743200},
        {
            "落地页": "http://lp.test/2?token=abcdefghijklmnop",
            "文案": "到院即减",
            "access_token": "s" * 9,
        },
        {"文案": "没有网址"},
        5,
    ]
    path = tmp_path / "ads.json"
    path.write_text(json.dumps({"data": ads}, ensure_ascii=False), "utf-8")
    first, second, nowhere, broken = _all(path)
    assert first.capture is not None
    assert first.capture.acquisition is Acquisition.PLATFORM
    assert first.capture.captured_at == datetime(2025, 6, 1, 2, tzinfo=UTC)
    assert "无痛种牙" in _page(first).text
    assert second.capture is not None
    assert second.url == "http://lp.test/2"
    assert b"sssss" not in second.capture.body
    for record, number in ((nowhere, 3), (broken, 4)):
        assert record.error is not None
        assert f"ads.json 第 {number} 条" in record.error

    lines = tmp_path / "ads.jsonl"
    lines.write_text("\n".join([json.dumps(ads[0]), "{broken", json.dumps(ads[1])]), "utf-8")
    good, bad, last = _all(lines)
    assert good.capture is not None
    assert last.capture is not None
    assert bad.error is not None
    assert "第 2 条" in bad.error


def test_saved_lists_of_a_public_account_give_addresses(tmp_path: Path) -> None:
    here = {"title": "在", "link": "https://mp.weixin.qq.com/s/A?key=0123456789abcdef"}
    gone = {"title": "已删", "link": "https://mp.weixin.qq.com/s/B", "is_deleted": True}
    info = json.dumps({"appmsgex": [here, gone]})
    page = json.dumps({"publish_list": [{"publish_info": info}]})
    path = tmp_path / "publish.json"
    path.write_text(json.dumps({"base_resp": {"ret": 0}, "publish_page": page}))
    first, second = _all(path)
    assert (first.request, first.url) == (True, "https://mp.weixin.qq.com/s/A")
    assert second.error is not None
    assert "已删除" in second.error
    path.write_text(json.dumps({"base_resp": {"ret": 200003}}))
    (refused,) = _all(path)
    assert refused.error is not None
    assert "会话" in refused.error


def test_any_json_is_kept_when_its_address_is_told(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"note": {"desc": "到院面诊"}}', "utf-8")
    (record,) = _all(path, ImportOptions(url="https://note.test/1"))
    assert "到院面诊" in _page(record).text
    (unknown,) = _all(path)
    assert unknown.error is not None
    assert "--url" in unknown.error


@pytest.mark.parametrize("text", [_RSS, _ATOM, json.dumps(_JSON_FEED)], ids=["rss", "atom", "json"])
def test_a_crawled_feed_is_a_list_that_can_be_followed(text: str) -> None:
    url, body = "http://feed.test/feeds/all", text.replace("gb2312", "utf-8").encode()
    page = read(body=body, url=url, headers=(), captured_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert isinstance(page, ParsedPage)
    assert (page.kind, page.title) == (PageKind.LISTING, "青禾口腔")
    assert _LONG in page.text
    followed = navigation(body=body, url=url, headers=())
    assert _ARTICLE.replace("&amp;", "&").replace("mid=1&idx=1", "idx=1&mid=1") in [
        link.url for link in followed
    ]


def test_a_recorded_list_leads_to_its_articles(tmp_path: Path) -> None:
    article = {"title": "须知", "link": "https://mp.weixin.qq.com/s/A"}
    entry = {
        "startedDateTime": "2025-06-01T02:03:04Z",
        "request": {"url": "https://mp.weixin.qq.com/mp/homepage?__biz=Mz&pass_ticket=1"},
        "response": {
            "status": 200,
            "content": {
                "mimeType": "application/json",
                "text": json.dumps({"appmsg_list": [article]}),
            },
        },
    }
    path = tmp_path / "phone.har"
    path.write_text(json.dumps({"log": {"entries": [entry]}}))
    kept, wanted = _all(path)
    assert kept.capture is not None
    assert (wanted.request, wanted.url) == (True, article["link"])
