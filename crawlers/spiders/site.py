"""Hospital, clinic and salon sites: menus, columns and pagers of the usual content systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from crawlers import pages
from crawlers.frontier.records import Found, Purpose, Visit
from domain.pages import Link
from domain.sources import Source

# Where such sites advertise, most telling columns first (sources.md 3.1). Lower goes first.
HOME, TELLING, CONTENT, LISTING, EDUCATION = 0, 1, 4, 2, 7

_TELLING_SEGMENTS = frozenset(
    {"zt", "zl", "tslf", "kfal", "zjtd", "special", "case", "cases", "anli", "tsjs", "youhui"}
)
_EDUCATION_SEGMENTS = frozenset({"bj", "cs", "by", "zz", "wh", "jkjd", "kepu"})
_TELLING_WORDS = re.compile(r"疗法|治疗|特色|案例|康复|专家|名医|优惠|活动|价格|整形|美容|注射")
_EDUCATION_WORDS = re.compile(r"科普|常识|保健|健康教育|病因|症状|新闻|公告|招聘")
_PAGER = re.compile(
    r"list_\d+(?:_\d+)?\.html?\Z|/index_\d+\.html?\Z|/page/\d+/?\Z|/\Z", re.IGNORECASE
)
_PAGER_QUERY = re.compile(r"(?:\A|&)(?:page|p|pn|pageno|totalresult)=\d+(?:&|\Z)", re.IGNORECASE)
_LIBRARIES = re.compile(
    r"jquery|swiper|bootstrap|layer|vue|react|zepto|flexible|html5|respond|lazyload|echarts|wow"
    r"|superslide|dedeajax|\.min\.js|tongji|swt|kst|chat|stat|count|beian",
    re.IGNORECASE,
)


def follow(
    *,
    body: bytes,
    url: str,
    headers: Sequence[tuple[str, str]],
    visit: Visit,
    source: Source,
) -> tuple[Found, ...]:
    """The addresses to follow from one page or script file of the site. Pure.

    Script files are read for the menus that they write; what they name is relative to the page
    that loads them. Links to hosts that the source does not list are left alone.
    """
    if visit.purpose is Purpose.SCRIPT:
        links: Iterable[Link] = pages.script_links(body, visit.found_on or url)
    else:
        links = pages.navigation(body=body, url=url, headers=headers)
    return tuple(_followed(links, url, visit, source))


def priority(url: str, words: str) -> int:
    """How soon an address of such a site is worth a look; lower goes first."""
    parts = urlsplit(url)
    segments = {segment.lower() for segment in parts.path.split("/") if segment}
    if segments & _TELLING_SEGMENTS or _TELLING_WORDS.search(words):
        return TELLING
    if segments & _EDUCATION_SEGMENTS or _EDUCATION_WORDS.search(words):
        return EDUCATION
    if parts.path in ("", "/") and not parts.query:
        return HOME
    if _PAGER.search(parts.path) or _PAGER_QUERY.search(parts.query):
        return LISTING
    return CONTENT


def _followed(links: Iterable[Link], url: str, visit: Visit, source: Source) -> Iterator[Found]:
    for link in links:
        parts = urlsplit(link.url)
        if (parts.hostname or "") not in source.hosts:
            continue
        script = link.rel == "script"
        if script and _LIBRARIES.search(parts.path):
            continue
        yield Found(
            url=link.url,
            source_id=source.id,
            purpose=Purpose.SCRIPT if script else Purpose.PAGE,
            priority=HOME if script else priority(link.url, link.text),
            depth=visit.depth + 1,
            found_on=url,
            words=link.text,
        )
