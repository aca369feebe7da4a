"""What a judged document says about sources that nobody watches yet. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from urllib.parse import urlsplit

from crawlers.canonical import archived_original, site_of
from crawlers.discovery.records import CandidateKind, Lead, Sign
from crawlers.pages.blocked import is_blocked
from domain.findings import Verdict
from domain.pages import Document, IdentifierKind, Link, Origin, PageKind
from storage.datafiles import Strict, read, shipped

MOST = 40
"""Signs of one document beyond this number are a link farm's, and say nothing."""
_ADDRESS = re.compile(r"https?://[^\s\"'<>，。；、（）\u4e00-\u9fff]+", re.IGNORECASE)
_MEDICAL = re.compile(r"医院|门诊|诊所|医美|整形|美容|口腔|植发|祛斑|注射|专科|疗法|治疗|微整|养生")
_OWN = {Verdict.CLUE: 50, Verdict.REVIEW: 20, Verdict.CLEAR: 0}
_LINKED = {Verdict.CLUE: 20, Verdict.REVIEW: 10, Verdict.CLEAR: 0}
_NAMED = {Verdict.CLUE: 25, Verdict.REVIEW: 10, Verdict.CLEAR: 0}
# What a link weighs by what it is, beside the verdict on the page; (weight, words for the reason).
_RELATIONS = {
    "ad": (40, "搜索广告的落地页"),
    "source": (25, "“阅读原文”指向"),
    "account": (20, "文章里的公众号名片"),
    "a": (0, "可疑页面链接到"),
}
_MEDICAL_WORDS = 10
_QR = 30
_KINDS = {
    IdentifierKind.WECHAT: CandidateKind.ACCOUNT,
    IdentifierKind.PHONE: CandidateKind.PHONE,
}
_WORDS = {Verdict.CLUE: "判定为线索", Verdict.REVIEW: "待人工研判", Verdict.CLEAR: "未见违法"}


class _Platforms(Strict):
    """platforms.yml."""

    hosts: tuple[str, ...]
    suffixes: tuple[str, ...]


def signs_of(document: Document, verdict: Verdict) -> tuple[Sign, ...]:
    """The signs of one document: its own host, links, QR codes in pictures, numbers and names.

    What a whole site repeats counts once for the site. Addresses of large platforms, authorities,
    widgets and the document's own site are no signs.
    """
    found = dict.fromkeys((*_own(document, verdict), *_outward(document, verdict)))
    return tuple(islice(found, MOST))


def _own(document: Document, verdict: Verdict) -> Iterator[Sign]:
    weight = _OWN[verdict]
    if not weight or document.kind is PageKind.SEARCH_RESULTS:
        return
    host, reason = _host(document.url), f"{_voice(document)} 的页面{_WORDS[verdict]}"
    if document.account:
        yield _sign(CandidateKind.ACCOUNT, document.account, document, reason, weight)
    elif host:
        yield _sign(CandidateKind.SITE, host, document, reason, weight)


def _outward(document: Document, verdict: Verdict) -> Iterator[Sign]:
    results = document.kind is PageKind.SEARCH_RESULTS
    for link in document.links:
        if link.rel == "ad" or not results:
            yield from _of_link(link, document, verdict)
    for block in document.blocks:
        if block.origin is Origin.PICTURE:
            for url in _ADDRESS.findall(block.text):
                yield from _of_address(url, document, "图片里的二维码指向", _QR)
    if _NAMED[verdict] and not results:
        yield from _named(document, verdict)


def _named(document: Document, verdict: Verdict) -> Iterator[Sign]:
    """Numbers and WeChat names in the words of the page. Those in the state of an article are its
    own account's, which is known by its name."""
    for one in document.identifiers:
        kind = _KINDS.get(one.kind)
        own = document.account is not None and one.start < 0
        if kind is not None and not own and "*" not in one.value:
            reason = f"{_voice(document)} {_WORDS[verdict]}的页面留有"
            yield _sign(kind, one.value, document, reason, _NAMED[verdict])


def _of_link(link: Link, document: Document, verdict: Verdict) -> Iterator[Sign]:
    if link.rel not in _RELATIONS:
        return
    weight, words = _RELATIONS[link.rel]
    weight += _LINKED[verdict] + (_MEDICAL_WORDS if _MEDICAL.search(link.text) else 0)
    if not weight:
        return
    if link.rel == "account":
        if link.text and link.text != document.account:
            reason = f"{_voice(document)}：{words}"
            yield _sign(CandidateKind.ACCOUNT, link.text, document, reason, weight)
        return
    if link.rel == "a" and not _LINKED[verdict]:
        words = "医疗字样的链接指向"
    yield from _of_address(link.url, document, words, weight)


def _of_address(url: str, document: Document, words: str, weight: int) -> Iterator[Sign]:
    host = _host(url)
    if host and site_of(url) != document.site and not is_blocked(url):
        lead = Lead(kind=CandidateKind.SITE, value=host)
        reason = f"{_voice(document)}：{words}"
        yield Sign(lead=lead, place=_voice(document), reason=reason, weight=weight, url=url[:2000])


def _sign(kind: CandidateKind, value: str, document: Document, reason: str, weight: int) -> Sign:
    return Sign(
        lead=Lead(kind=kind, value=value[:300]),
        place=_voice(document),
        reason=reason,
        weight=weight,
        url=document.url[:2000],
    )


def _voice(document: Document) -> str:
    """Who speaks: the account on a platform of accounts, the site elsewhere."""
    return document.account or document.site


def _host(url: str) -> str:
    """The host of an address, "" for one that can be nobody's site. A web archive's copy is of
    the host that it was made from."""
    host = (urlsplit(archived_original(url)).hostname or "").lower()
    name, ends = "." + host, _platforms()
    return "" if "." not in host or name.endswith(ends) else host


@cache
def _platforms() -> tuple[str, ...]:
    listed = read(shipped("crawlers.discovery", "platforms.yml")).validated(_Platforms)
    return tuple(f".{name}" for name in (*listed.hosts, *listed.suffixes))
