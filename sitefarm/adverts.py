"""Result pages of search engines: which paragraph is a found page and which is paid for."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from attrs import frozen

from sitefarm.dice import digest
from sitefarm.records import Page, Paragraph, Site, World

LABELS = ("text", "nested", "css", "picture", "missing")
_PAID = 3


@frozen(kw_only=True)
class Result:
    """One result. `label` is how it is marked as an advertisement, "" for a found page; `landing`
    is where it leads, `click` the redirector that bills the advertiser for each request."""

    position: int
    title: str
    words: Paragraph
    landing: str
    label: str = ""
    click: str = ""


def results(world: World, site: Site, page: Page, tick: int) -> Iterator[Result]:
    """The results on a page. Sentences of advertisers, and some others, are paid for."""
    for position, words in enumerate(page.body(tick)):
        key = digest("result", page.path, words[0].text)
        paid = any(sentence.slugs for sentence in words) or key % _PAID == 0
        folder = "lp" if paid else "a"
        landing = f"https://p{key % 89_999 + 10_000}.adverts.test/{folder}/{key % 977}.html"
        yield Result(
            position=position,
            title=f"{page.title}_{position + 1}",
            words=words,
            landing=landing,
            label=LABELS[key % len(LABELS)] if paid else "",
            click=_click(world, site, page.form, landing) if paid else "",
        )


def _click(world: World, site: Site, form: str, landing: str) -> str:
    if form == "360":
        packed = base64.urlsafe_b64encode(landing.encode()).decode().rstrip("=")
        return world.url(site.host, f"/search/eclk?p={digest(landing) % 997}&aurl={packed}")
    if form == "shenma":
        return world.url(site.host, f"/adclick?url={quote(landing, safe='')}")
    return world.url(site.host, f"/baidu.php?url={digest(landing):x}")


def truth(world: World) -> Iterator[Mapping[str, Any]]:
    """The rows of ads.jsonl: the paid results of every result page, as they stand there first."""
    for site in world.sites.values():
        for page in site.pages.values() if site.clicks else ():
            if page.view != "article":
                continue
            for result in results(world, site, page, page.first):
                if result.label:
                    yield {
                        "serp_url": world.url(site.host, page.path),
                        "pos": result.position,
                        "label_form": result.label,
                        "landing": result.landing,
                        "advertiser": None,
                    }
