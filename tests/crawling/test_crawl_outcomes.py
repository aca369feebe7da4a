"""What an answer came to, and which links of a hospital site come first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawlers.frontier.records import Found, Purpose, Visit
from crawlers.observation import MAX_HOPS, Answer, Observation, observe
from crawlers.outcomes import retry_after
from crawlers.spiders.site import priority
from domain.outcomes import Outcome
from domain.sources import Source
from tests.crawling.loopback import START, page, source

SITE = source("a.test", "http://a.test/", hosts=("a.test", "www.a.test"))


def seen(
    status: int,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    url: str = "http://a.test/x/1.html",
    purpose: Purpose = Purpose.PAGE,
    complete: bool = True,
    hops: int = 0,
    source_: Source = SITE,
) -> Observation:
    visit = Visit(
        id="1", url=url, host="a.test", fence=1, source_id="a.test", purpose=purpose, depth=3,
        hops=hops, found_on="http://a.test/menu/", pattern="p", etag='"old"', last_modified=None,
        digest=None, gist=None, visits=0, changes=0, fail_count=0, wait=None,
            history="",
    )  # fmt: skip
    answer = Answer(
        status=status,
        headers=tuple({"Content-Type": "text/html", **(headers or {})}.items()),
        body=body,
        request_headers=(),
        ip="127.0.0.1",
        complete=complete,
    )
    return observe(visit, answer, source=source_, robots="allow", at=START)


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (304, {}, Outcome.NOT_MODIFIED),
        (404, {}, Outcome.DELETED),
        (410, {}, Outcome.DELETED),
        (403, {}, Outcome.DENIED),
        (429, {}, Outcome.THROTTLED),
        (503, {"Retry-After": "60"}, Outcome.THROTTLED),
        (503, {}, Outcome.SERVER_ERROR),
        (412, {}, Outcome.JS_CHALLENGE),
        (521, {}, Outcome.JS_CHALLENGE),
        (302, {"Location": "/y"}, Outcome.REDIRECTED),
        (302, {}, Outcome.BAD_CONTENT),
        (500, {}, Outcome.SERVER_ERROR),
    ],
)
def test_status_decides_first(status: int, headers: dict[str, str], outcome: Outcome) -> None:
    assert seen(status, b"", headers).visited.outcome is outcome


def test_every_answer_is_kept_and_only_pages_have_a_digest() -> None:
    missing = seen(404, b"gone")
    assert missing.capture is not None
    assert (missing.capture.body, missing.capture.robots) == (b"gone", "allow")
    assert missing.visited.digest is None
    good = seen(200, page("正文")[2], {"ETag": '"new"'})
    assert good.visited.outcome is Outcome.OK
    assert good.visited.etag == '"new"'
    assert good.visited.digest is not None
    assert good.visited.digest.startswith("sha256:")


def test_a_broken_body_is_kept_as_unreadable() -> None:
    broken = seen(200, page("正文")[2], complete=False)
    assert broken.visited.outcome is Outcome.BAD_CONTENT
    assert broken.found == ()
    assert broken.capture is not None


def test_a_captcha_with_status_200_is_no_page() -> None:
    body = "<title>百度安全验证</title><p>请完成验证</p>".encode()
    assert seen(200, body).visited.outcome is Outcome.CAPTCHA


def test_links_stay_with_the_source() -> None:
    body = page("首页", "/zt/1.html", "http://www.a.test/2.html", "http://else.test/3.html")[2]
    assert [item.url for item in seen(200, body).found] == [
        "http://a.test/zt/1.html",
        "http://www.a.test/2.html",
    ]


def test_a_source_without_start_addresses_is_not_followed() -> None:
    body = page("首页", "/zt/1.html")[2]
    assert seen(200, body, source_=source("a.test")).found == ()


def test_a_script_is_read_for_links_of_the_page_that_loads_it() -> None:
    script = seen(
        200,
        b"document.write(\"<a href='list.html'>x</a>\")",
        url="http://a.test/js/menu.js",
        purpose=Purpose.SCRIPT,
    )
    assert [item.url for item in script.found] == ["http://a.test/menu/list.html"]
    assert script.capture is None


def redirect(location: str, hops: int = 0) -> tuple[Found, ...]:
    return seen(301, b"", {"Location": location}, hops=hops).found


def test_redirects_are_followed_within_the_source() -> None:
    (target,) = redirect("//www.a.test/new")
    assert (target.url, target.hops, target.depth) == ("http://www.a.test/new", 1, 3)
    assert redirect("http://else.test/") == ()
    assert redirect("javascript:alert(1)") == ()
    assert redirect("/swt/") == ()
    assert redirect("/y", hops=MAX_HOPS) == ()


def test_another_spelling_of_itself_is_fetched_instead() -> None:
    moved = seen(302, b"", {"Location": "/x/1.html?utm_source=q"})
    assert moved.found == ()
    assert moved.visited.moved_to == "http://a.test/x/1.html?utm_source=q"
    same = seen(302, b"", {"Location": "/x/1.html"})
    assert (same.found, same.visited.moved_to) == ((), None)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Mon, 02 Mar 2026 01:10:00 GMT", 600),
        ("99999999", 86400),
        ("-5", 0),
        ("Mon, 02 Mar 2020 01:10:00 GMT", 0),
    ],
)
def test_retry_after(value: str, seconds: int) -> None:
    wish = retry_after((("retry-after", value),), START)
    assert wish == START + timedelta(seconds=seconds)


def test_retry_after_that_says_nothing() -> None:
    assert retry_after((("Retry-After", "soon"),), START) is None
    assert retry_after((), START) is None


def test_telling_columns_come_first() -> None:
    order = [
        ("http://a.test/", ""),
        ("http://a.test/zt/dianxian/", ""),
        ("http://a.test/xx/list_3_2.html", ""),
        ("http://a.test/xx/12.html", ""),
        ("http://a.test/gk/bj/12.html", ""),
    ]
    ranks = [priority(*item) for item in order]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)
    assert priority("http://a.test/xx/9.html", "特色疗法") < priority("http://a.test/xx/9.html", "")


def test_pages_that_differ_in_numbers_only_have_one_gist() -> None:
    march, april, other = (
        seen(200, page(title)[2]).visited.gist for title in ("2026年3月", "2026年4月", "新闻")
    )
    assert march == april
    assert march != other
