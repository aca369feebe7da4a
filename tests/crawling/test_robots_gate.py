"""The robots gate on files as they are found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawlers import robots
from tests.crawling.loopback import START, Yard

ORIGIN = "http://clinic.test"


@pytest.mark.parametrize(
    ("body", "allowed", "denied"),
    [
        (b"", ["/", "/a"], []),
        (b"# nothing here\n", ["/a"], []),
        (b"User-agent: * \nDisallow: /", [], ["/", "/a"]),
        (b"User-agent: *\nDisallow:", ["/a"], []),
        (b"User-agent: *Disallow: /cachesDisallow: /phpcms", ["/a"], ["/caches/1", "/phpcms"]),
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /x", ["/a"], ["/x"]),
        (b"User-agent: *\rDisallow: /x\rAllow: /x/y", ["/x/y"], ["/x/z"]),
        (b"Disallow: /x", ["/a"], ["/x"]),
        (b"USER-AGENT:*\nDISALLOW:/x", ["/a"], ["/x"]),
        (b"User-agent: MedAdMonitor\nAllow: /\n\nUser-agent: *\nDisallow: /", ["/a"], []),
        (b"User-agent: medadmonitor\nDisallow: /x\n\nUser-agent: *\nDisallow: /", ["/a"], ["/x"]),
        (b"User-agent: Baiduspider\nDisallow: /", ["/a"], []),
        (b"User-agent: *\nDisallow: /*.php$", ["/a.php?x"], ["/a.php"]),
        (b"User-agent: *\nDissallow: /x", ["/a"], ["/x"]),
        (b"Sitemap: http://clinic.test/sitemap.xml", ["/a"], []),
        (b"<html><body>404</body></html>", [], ["/", "/a"]),
        (b"\x00\x01\x02 binary rubbish", [], ["/a"]),
        ("# 注释\nUser-agent: *\nDisallow: /x".encode("gb18030"), ["/a"], ["/x"]),
    ],
)
def test_files_as_found(body: bytes, allowed: list[str], denied: list[str]) -> None:
    found = robots.answered(ORIGIN, status=200, body=body, at=START)
    assert [path for path in allowed if not found.allows(ORIGIN + path)] == []
    assert [path for path in denied if found.allows(ORIGIN + path)] == []


@pytest.mark.parametrize(
    ("status", "allows"),
    [(404, True), (403, True), (410, True), (429, False), (500, False), (503, False)],
)
def test_status_without_a_file(status: int, allows: bool) -> None:
    found = robots.answered(ORIGIN, status=status, body=b"User-agent: *\nDisallow: /", at=START)
    assert found.allows(ORIGIN + "/a") is allows


def test_silence_forbids_for_a_day() -> None:
    found = robots.unanswered(ORIGIN, reason="timeout", at=START)
    assert not found.allows(ORIGIN + "/")
    assert found.expires_at - START == timedelta(hours=24)
    assert "deny" in found.decision(ORIGIN + "/")


def test_crawl_delay_of_our_group_within_reason() -> None:
    def delay(text: str) -> timedelta:
        return robots.answered(ORIGIN, status=200, body=text.encode(), at=START).delay

    assert delay("User-agent: *\nCrawl-delay: 7.5") == timedelta(seconds=7.5)
    assert delay("User-agent: other\nCrawl-delay: 7") == timedelta(0)
    assert delay("User-agent: *\nCrawl-delay: 999999") == robots.MAX_DELAY
    assert delay("User-agent: *\nCrawl-delay: soon") == timedelta(0)


def test_remembered_until_it_expires(yard: Yard) -> None:
    found = robots.answered(ORIGIN, status=200, body=b"User-agent: *\nDisallow: /x", at=START)
    with yard.frontier.write() as tx:
        robots.remember(tx, robots.unanswered(ORIGIN, reason="reset", at=START))
        robots.remember(tx, found)
        assert robots.known(tx, ORIGIN, now=START + timedelta(hours=23)) == found
        assert robots.known(tx, ORIGIN, now=START + timedelta(hours=24)) is None
        assert robots.known(tx, "http://other.test", now=START) is None
