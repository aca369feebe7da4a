"""One spelling for every address."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.canonical import archived_original, canonical_url, site_of


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("HTTP://WWW.Clinic.TEST:80/", "http://www.clinic.test/"),
        ("https://clinic.test:443/a#top", "https://clinic.test/a"),
        ("https://clinic.test:8443", "https://clinic.test:8443/"),
        ("http://clinic.test/a/./b/../index.html", "http://clinic.test/a/"),
        ("http://clinic.test/INDEX.HTM?b=2&a=1", "http://clinic.test/?a=1&b=2"),
        ("http://clinic.test/index.shtml", "http://clinic.test/index.shtml"),
        ("http://clinic.test/p?id=7&utm_source=x&spm=1.2&bd_vid=3", "http://clinic.test/p?id=7"),
        ("http://clinic.test/p;jsessionid=AB12?PHPSESSID=9&x=1", "http://clinic.test/p?x=1"),
        (
            "http://clinic.test/%d6%ce%7ea/治 疗",
            "http://clinic.test/%D6%CE~a/%E6%B2%BB%20%E7%96%97",
        ),
        ("http://clinic.test\\news\\1.html", "http://clinic.test/news/1.html"),
        ("http://user:pw@clinic.test/", "http://clinic.test/"),
        ("http://[::1]:8480/a", "http://[::1]:8480/a"),
        ("http://健康.test/", f"http://{'健康.test'.encode('idna').decode()}/"),
        ("mailto:a@clinic.test", "mailto:a@clinic.test"),
    ],
)
def test_spellings_meet(written: str, expected: str) -> None:
    assert canonical_url(written) == expected


def test_a_wechat_article_is_known_by_its_three_numbers() -> None:
    long = (
        "https://mp.weixin.qq.com/s?mid=22&__biz=MzA=&idx=1&sn=ff&chksm=aa&scene=27"
        "&sharer_shareid=9#rd"
    )
    assert canonical_url(long) == "https://mp.weixin.qq.com/s?__biz=MzA=&idx=1&mid=22"
    assert canonical_url("https://mp.weixin.qq.com/s/AbC_d-1?scene=1") == (
        "https://mp.weixin.qq.com/s/AbC_d-1"
    )
    temporary = "https://mp.weixin.qq.com/s?signature=x&src=3&timestamp=1&ver=1"
    assert canonical_url(temporary) == temporary


def test_an_archived_copy_keeps_its_time_stamp_and_belongs_to_the_original_site() -> None:
    copy = "https://web.archive.org/web/20200101000000id_/http://www.Clinic.com.cn:80/index.html"
    assert canonical_url(copy) == (
        "https://web.archive.org/web/20200101000000id_/http://www.clinic.com.cn/"
    )
    assert archived_original(copy) == "http://www.Clinic.com.cn:80/index.html"
    assert site_of(copy) == "clinic.com.cn"


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("http://www.ks.clinic.com.cn/a", "clinic.com.cn"),
        ("https://m.clinic.cn/", "clinic.cn"),
        ("http://gk.farm.test:8480/x", "gk.farm.test"),
        ("http://127.3.0.9/x", "127.3.0.9"),
        ("http://localhost/", "localhost"),
        ("not an address", ""),
    ],
)
def test_sites(url: str, site: str) -> None:
    assert site_of(url) == site


_PART = st.text(
    alphabet=st.sampled_from("aB1/.%;?&=# \\:@治d6CE~index.html") | st.characters(codec="utf-8"),
    max_size=40,
)


@settings(deadline=None)
@given(
    host=st.sampled_from(["a.test", "A.TEST:80", "健康.test", "u@b.test:81", "mp.weixin.qq.com"]),
    rest=_PART,
)
def test_normal_form_is_stable(host: str, rest: str) -> None:
    once = canonical_url(f"http://{host}/{rest}")
    assert canonical_url(once) == once


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_taken(text: str) -> None:
    once = canonical_url(text)
    assert canonical_url(once) == once
    site_of(text)
