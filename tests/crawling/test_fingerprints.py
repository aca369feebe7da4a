"""Soft 404s and soft blocks by what the rest of a host looks like; walls behind redirects."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from crawlers import source_store
from crawlers.engine import crawl
from crawlers.outcomes import judge
from domain.outcomes import Outcome
from evidence import gaps
from evidence.tables import snapshots
from tests.crawling.loopback import START, Hit, Web, Yard, page, source, word


def name(number: int) -> str:
    """A path of its own without digits."""
    return chr(97 + number) * 3


def run(web: Web, yard: Yard, hours: float = 2) -> Counter[str]:
    with yard.truth.write() as tx:
        source_store.put(tx, source("a.test", web.url("a.test")))
    crawl(yard.config(web, hours=hours))
    with yard.truth.read() as tx:
        return Counter(tx.execute(select(snapshots.c.outcome)).scalars())


def test_a_site_that_answers_every_miss_with_its_home_page(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    home = page("首页", "/index.html", *(f"/gone/{name(n)}.html" for n in range(12)))
    site.answer = lambda hit: None if hit.path == "/robots.txt" else home
    seen = run(web, yard)
    assert seen["ok"] <= 7, "the home page, its other name, those it was learnt from or in flight"
    assert seen["soft_404"] >= 7
    assert seen["soft_block"] == 0


def test_the_same_few_words_everywhere_are_a_refusal(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    paths = [f"/{name(n)}/x.html" for n in range(9)]
    short = "<html><body><p>系统正在维护，请您稍后再来访问本网站，给您带来不便敬请谅解，"
    short += "如有疑问请联系管理人员处理</p></body></html>"
    site.pages["/"] = page("首页", *paths)
    site.pages |= {path: (200, {}, short.encode()) for path in paths}
    seen = run(web, yard)
    assert seen["ok"] <= 7, "the home page, those it was learnt from or in flight"
    assert seen["soft_block"] > 0
    with yard.truth.read() as tx:
        assert gaps.gaps(tx) == [], "the capture is kept; whoever reads the outbox notes the gap"


def test_a_page_that_shrinks_on_a_host_of_long_pages(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    paths = [f"/{name(n)}.html" for n in range(24)]
    site.pages["/"] = page("首页", *paths)
    site.pages |= {path: page(word(n) * 30) for n, path in enumerate(paths)}
    little = "<p>浏览本页面之前须确认您的访问环境是否正常，确认以后请刷新</p>"

    def answer(hit: Hit) -> tuple[int, dict[str, str], bytes] | None:
        second_look = web.paths("a.test").count(hit.path) > 1
        return (200, {}, little.encode()) if second_look and hit.path == paths[3] else None

    site.answer = answer
    seen = run(web, yard, hours=40)
    assert seen["soft_block"] >= 1
    assert seen["ok"] >= 25


def test_one_short_page_is_a_page(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    paths = [f"/{name(n)}.html" for n in range(24)]
    site.pages["/"] = page("首页", *paths, "/dh.html")
    site.pages |= {path: page(word(n) * 30) for n, path in enumerate(paths)}
    frame = "<p>预约电话请拨打门诊服务热线，本院全天为您提供就诊咨询与预约服务</p>"
    site.pages["/dh.html"] = (200, {}, frame.encode())
    assert run(web, yard) == Counter(ok=26)


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("/login?back=/zt/1.html", Outcome.LOGIN_WALL),
        ("/user/login.php", Outcome.LOGIN_WALL),
        ("https://passport.weibo.com/visitor/visitor?entry=x", Outcome.LOGIN_WALL),
        ("/verify?from=1", Outcome.CAPTCHA),
        ("/antispider/?from=1", Outcome.CAPTCHA),
        ("https://verify.meituan.com/v2/web/general_page?requestCode=1", Outcome.CAPTCHA),
        ("/zt/2.html", Outcome.REDIRECTED),
        ("/loginless/", Outcome.REDIRECTED),
    ],
)
def test_redirects_to_walls_are_walls(location: str, outcome: Outcome) -> None:
    judged = judge(
        status=302,
        url="http://a.test/zt/1.html",
        headers=[("Location", location)],
        body=b"",
        complete=True,
        at=START,
    )
    assert judged.outcome is outcome
