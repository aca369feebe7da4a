"""Candidates: what documents say of unknown sources, once each, until a person decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from crawlers import discovery, source_store
from crawlers.discovery import CandidateKind, CandidateState, Lead, Sign
from crawlers.discovery.signs import MOST
from domain.errors import NotFound, PermanentError
from domain.findings import Verdict
from domain.pages import Block, Document, Identifier, IdentifierKind, Link, Origin, PageKind
from domain.sources import Source, SourceKind

_AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def _document(*links: Link, url: str = "http://qinghe.test/zt/1.html", **about: object) -> Document:
    values: dict[str, object] = {
        "id": "d1",
        "url": url,
        "canonical_url": url,
        "site": "qinghe.test",
        "source_id": None,
        "captured_at": _AT,
        "payload_digest": "sha256:" + "0" * 64,
        "page": "site@1",
        "kind": PageKind.ARTICLE,
        "title": "专题",
        "text": "",
        "blocks": (),
        "links": links,
        **about,
    }
    return Document(**values)  # type: ignore[arg-type]


def _values(document: Document, verdict: Verdict = Verdict.CLUE) -> set[tuple[str, str]]:
    signs = discovery.signs_of(document, verdict)
    return {(sign.lead.kind.value, sign.lead.value) for sign in signs}


def test_a_suspicious_page_names_its_own_host_links_and_contacts() -> None:
    names = (
        Identifier(kind=IdentifierKind.WECHAT, value="qinghe-hf"),
        Identifier(kind=IdentifierKind.PHONE, value="4000000123"),
        Identifier(kind=IdentifierKind.PHONE, value="139****0000"),
        Identifier(kind=IdentifierKind.ICP, value="备00000000号"),
    )
    code = Block(text="扫码 https://yuyue.test/a", origin=Origin.PICTURE, start=0, end=1)
    document = _document(
        Link(url="http://zhifa.test/about", text="青禾植发"),
        Link(url="http://qinghe.test/other", text="本站"),
        Link(url="https://www.baidu.com/s?wd=1", text="百度"),
        Link(url="http://wsj.city.gov.cn/", text="卫健委"),
        Link(url="https://e.so.com/search/eclk?p=1", text="广告"),
        Link(url="https://mp.weixin.qq.com/x", text="青禾焕肤", rel="account"),
        Link(url="http://img.test/1.jpg", rel="img"),
        identifiers=names,
        blocks=(code,),
    )
    assert _values(document) == {
        ("site", "qinghe.test"),
        ("site", "zhifa.test"),
        ("site", "yuyue.test"),
        ("account", "青禾焕肤"),
        ("account", "qinghe-hf"),
        ("phone", "4000000123"),
    }


def test_an_account_speaks_for_itself_on_its_platform() -> None:
    document = _document(
        Link(url="http://yuyue.test/", text="阅读原文", rel="source"),
        url="https://mp.weixin.qq.com/s/A",
        site="qq.com",
        account="青禾焕肤",
        identifiers=(Identifier(kind=IdentifierKind.WECHAT, value="gh_000000000001"),),
    )
    signs = discovery.signs_of(document, Verdict.CLUE)
    assert {(one.lead.kind.value, one.lead.value) for one in signs} == {
        ("account", "青禾焕肤"), ("site", "yuyue.test"),
    }  # fmt: skip
    assert {one.place for one in signs} == {"青禾焕肤"}


def test_of_search_results_only_the_adverts_are_signs() -> None:
    document = _document(
        Link(url="http://news.test/", text="新闻", rel="organic"),
        Link(url="http://lp.test/", text="青禾", rel="ad"),
        Link(url="http://help.test/", text="帮助医院"),
        url="https://web.archive.org/web/20250601000000id_/https://www.so.com/s?q=1",
        site="so.com",
        kind=PageKind.SEARCH_RESULTS,
        identifiers=(Identifier(kind=IdentifierKind.PHONE, value="4000000123"),),
    )
    assert _values(document) == {("site", "lp.test")}


def test_a_clear_page_says_little() -> None:
    document = _document(
        Link(url="http://zhifa.test/", text="友情链接"),
        Link(url="http://yiyuan.test/", text="示范口腔医院"),
        identifiers=(Identifier(kind=IdentifierKind.PHONE, value="4000000123"),),
    )
    assert _values(document, Verdict.CLEAR) == {("site", "yiyuan.test")}


@given(st.integers(0, 300))
def test_a_link_farm_does_not_flood_the_queue(number: int) -> None:
    links = [Link(url=f"http://h{one}.test/", text="医院") for one in range(number)]
    assert len(discovery.signs_of(_document(*links), Verdict.CLUE)) == min(number + 1, MOST)


def _sign(value: str = "zhifa.test", *, place: str = "a.test", weight: int = 40) -> Sign:
    lead = Lead(kind=CandidateKind.SITE, value=value)
    return Sign(
        lead=lead, place=place, reason=f"{place}：链接", weight=weight, url=f"https://{value}/x/1"
    )


def test_signs_add_up_and_repeat_without_effect(tx: Connection) -> None:
    for _ in range(3):
        discovery.note(tx, [_sign(), _sign(place="b.test")], at=_AT)
    later = _AT + timedelta(days=2)
    discovery.note(tx, [_sign()], at=later)
    discovery.note(tx, [_sign(value="minor.test", weight=5)], at=_AT)
    first, second = discovery.waiting(tx)
    assert (first.lead.value, first.score, first.reasons) == (
        "zhifa.test", 80, ("a.test：链接", "b.test：链接"),
    )  # fmt: skip
    assert (first.first_seen, first.last_seen) == (_AT, later)
    assert second.score == 5
    discovery.note(tx, [_sign(place="c.test")], at=_AT)
    assert discovery.waiting(tx)[0].score == 100


def test_what_is_watched_is_no_candidate(tx: Connection) -> None:
    discovery.note(tx, [_sign("www.zhifa.test"), _sign("new.test")], at=_AT)
    source = Source(
        id="s", kind=SourceKind.BEAUTY_SITE, title="植发", region="990100",
        start_urls=("http://zhifa.test/",), hosts=("zhifa.test",),
    )  # fmt: skip
    source_store.put(tx, source)
    by_hand = Source(
        id="by-hand.new.test", kind=SourceKind.UNKNOWN, title="new.test", region="990100",
        start_urls=(), hosts=("new.test",),
    )  # fmt: skip
    source_store.put(tx, by_hand)
    assert [one.lead.value for one in discovery.waiting(tx)] == ["new.test"]


def test_an_accepted_candidate_is_a_source_and_is_decided_once(tx: Connection) -> None:
    discovery.note(tx, [_sign()], at=_AT)
    (candidate,) = discovery.waiting(tx)
    about = {"kind": SourceKind.BEAUTY_SITE, "region": "990100", "by": "cli", "at": _AT}
    source = discovery.accept(tx, candidate, title=None, url=None, **about)  # type: ignore[arg-type]
    assert source_store.get(tx, source.id).start_urls == ("https://zhifa.test/",)
    assert discovery.waiting(tx) == []
    assert discovery.get(tx, candidate.id[:10]).state is CandidateState.ACCEPTED
    with pytest.raises(PermanentError, match="已登记"):
        discovery.reject(tx, candidate, reason="重复", by="cli", at=_AT)


def test_a_rejected_candidate_stays_away(tx: Connection) -> None:
    discovery.note(tx, [_sign()], at=_AT)
    (candidate,) = discovery.waiting(tx)
    with pytest.raises(PermanentError, match="理由"):
        discovery.reject(tx, candidate, reason=" ", by="cli", at=_AT)
    discovery.reject(tx, candidate, reason="新闻媒体", by="cli", at=_AT)
    discovery.note(tx, [_sign(place="z.test")], at=_AT)
    assert discovery.waiting(tx) == []
    assert discovery.get(tx, candidate.id).decision == "新闻媒体"


def test_a_number_needs_an_address_and_an_account_does_not(tx: Connection) -> None:
    leads = [Lead(kind=CandidateKind.PHONE, value="4000000123"),
             Lead(kind=CandidateKind.ACCOUNT, value="青禾焕肤")]  # fmt: skip
    discovery.note(tx, [Sign(lead=one, place="p", reason="r", weight=1) for one in leads], at=_AT)
    found = {one.lead.kind: one for one in discovery.waiting(tx)}
    about = {"region": "990100", "title": None, "by": "cli", "at": _AT}
    phone = found[CandidateKind.PHONE]
    with pytest.raises(PermanentError, match="--url"):
        discovery.accept(tx, phone, kind=SourceKind.UNKNOWN, url=None, **about)  # type: ignore[arg-type]
    account = discovery.accept(
        tx, found[CandidateKind.ACCOUNT], kind=SourceKind.PUBLIC_ACCOUNT, url=None, **about  # type: ignore[arg-type]
    )  # fmt: skip
    assert (account.title, account.start_urls) == ("青禾焕肤", ())
    discovery.accept(tx, phone, kind=SourceKind.UNKNOWN, url="http://a.test/", **about)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        discovery.get(tx, "")
