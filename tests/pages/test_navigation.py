"""What a spider may follow."""

from __future__ import annotations

import pytest

from crawlers.pages import navigation, script_links
from crawlers.pages.blocked import is_blocked

_URL = "http://www.clinic.test/a/index.html"


def _links(body: str | bytes, url: str = _URL) -> list[tuple[str, str]]:
    data = body.encode() if isinstance(body, str) else body
    return [(link.rel, link.url) for link in navigation(body=data, url=url, headers=())]


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("2.html", "http://www.clinic.test/a/2.html"),
        ("../b/", "http://www.clinic.test/b/"),
        ("/c?b=1&amp;a=2#x", "http://www.clinic.test/c?a=2&b=1"),
        ("//m.clinic.test/d", "http://m.clinic.test/d"),
        ("\\e\\f.html", "http://www.clinic.test/e/f.html"),
        (" /g h.html\n", "http://www.clinic.test/g%20h.html"),
        ("/治/%D6%CE.html", "http://www.clinic.test/%E6%B2%BB/%D6%CE.html"),
        ("www.other.test/x", "http://www.other.test/x"),
        ("HTTPS://B.test:443", "https://b.test/"),
        ("?page=2", "http://www.clinic.test/a/?page=2"),
    ],
)
def test_addresses_as_authors_write_them(href: str, expected: str) -> None:
    assert _links(f'<a href="{href}">x</a>') == [("a", expected)]


@pytest.mark.parametrize(
    "href",
    [
        "javascript:void(0)",
        "mailto:a@b.test",
        "tel:4000000123",
        "weixin://dl",
        "tencent://message/?uin=1",
        "bdbox://x",
        "intent://x",
        "#top",
        "",
        "http://",
        "http://[bad",
        "/a.jpg",
        "/files/setup.exe?x=1",
        "https://www.baidu.com/baidu.php?url=x",
        "https://e.so.com/search/eclk?p=1",
        "http://pkt.zoosnet.net/LR/Chatpre.aspx?id=1",
        "/swt/",
        "http://wpa.qq.com/msgrd?uin=1",
        "https://hm.baidu.com/hm.js?1",
    ],
)
def test_what_is_never_followed(href: str) -> None:
    assert _links(f'<a href="{href}">x</a>') == []


def test_bases_frames_areas_and_refreshes() -> None:
    body = """<base target="_blank"><a href=1.html></a>
    <iframe src=f.html></iframe><area href=h.html>
    <meta http-equiv=refresh content="0;url=/next.html">
    <noscript><meta http-equiv=refresh content="0;url=http://chat.other.test/"></noscript>
    <script src=/js/menu.js></script><script src=http://cdn.other.test/x.js></script>"""
    assert sorted(_links(body)) == [
        ("a", "http://www.clinic.test/a/1.html"),
        ("a", "http://www.clinic.test/a/h.html"),
        ("iframe", "http://www.clinic.test/a/f.html"),
        ("refresh", "http://www.clinic.test/next.html"),
        ("script", "http://www.clinic.test/js/menu.js"),
    ]


def test_a_base_with_an_address_counts_and_framesets_are_entered() -> None:
    assert _links("<frameset><frame src=g.html></frameset>") == [
        ("iframe", "http://www.clinic.test/a/g.html")
    ]
    assert _links('<base target=_blank><base href="/sub/"><a href=1.html>x</a>') == [
        ("a", "http://www.clinic.test/sub/1.html")
    ]


def test_links_in_literals_of_inline_scripts() -> None:
    body = r"""<script>document.writeln("<a href=\"\/zt\/a.html\">专题<\/a>");
    var next = '/list_3_2.html', far = 'http://other.test/x.html';</script>"""
    assert _links(body) == [
        ("a", "http://www.clinic.test/zt/a.html"),
        ("js", "http://www.clinic.test/list_3_2.html"),
    ]


def test_links_of_a_script_file_refer_to_its_page() -> None:
    code = r'document.writeln("<li><a href=\"zjwd.html\">专家问答</a></li>"); go("/b.html")'
    links = script_links(code.encode("gbk"), "http://www.clinic.test/about/")
    assert [(link.rel, link.url, link.text) for link in links] == [
        ("js", "http://www.clinic.test/about/zjwd.html", "专家问答"),
        ("js", "http://www.clinic.test/b.html", ""),
    ]


def test_an_archived_page_leads_to_the_original_site() -> None:
    url = "https://web.archive.org/web/20200101000000id_/http://www.clinic.test/a/"
    assert _links("<a href=b.html>x</a>", url) == [("a", "http://www.clinic.test/a/b.html")]


def test_ordinary_addresses_are_not_blocked() -> None:
    for url in (
        "http://clinic.test/",
        "http://clinic.test/swtj/1.html",
        "https://www.baidu.com/",
    ):
        assert not is_blocked(url), url
