"""The archetypes beyond the city: their words are where the truth says, their traps count."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from sitefarm import adverts, render, truth
from sitefarm.plans import PlanName
from sitefarm.records import START, Kind, Page, Seen, Site, World
from sitefarm.respond import Decision, Request, Responder, Response
from sitefarm.world import build

TELEPHONE = "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 MedAdMonitor/1.0"


@pytest.fixture(scope="module")
def mini() -> World:
    return build("dev", plan=PlanName.MINI)


@pytest.fixture
def responder(mini: World) -> Responder:
    return Responder(mini)


def ask(
    responder: Responder,
    site: Site,
    path: str,
    *,
    tick: int = 0,
    seconds: float = 0,
    agent: str = "",
) -> Response:
    parts = urlsplit(path)
    moment: datetime = START + timedelta(hours=tick, seconds=seconds)
    headers = {"user-agent": agent}
    return responder.answer(
        Request(
            method="GET",
            host=site.host,
            path=parts.path,
            query=parts.query,
            ip=site.ip,
            headers=headers,
        ),
        moment,
    )


def of_form(site: Site, form: str) -> Page:
    return next(p for p in site.pages.values() if p.form == form and p.first == 0)


def test_the_small_farm_has_every_archetype_and_few_documents(mini: World) -> None:
    full = build("dev", plan=PlanName.FULL)
    assert set(mini.sites) < set(full.sites)
    assert set(build("dev").sites) < set(full.sites)
    archetypes = {site.archetype for site in full.sites.values()}
    assert archetypes >= {"A1", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A12"}
    documents = sum(
        p.kind in (Kind.CONTENT, Kind.LIST) and p.alive(0)
        for site in mini.sites.values()
        for p in site.pages.values()
    )
    assert 350 <= documents <= 400


def test_each_visitor_is_shown_what_the_plan_says(mini: World, responder: Responder) -> None:
    site = mini.sites["lp.farm.test"]
    for name, form in site.forms.items():
        page = of_form(site, name)
        real = page.revisions[-1].paragraphs[0][0].text
        seen = {
            agent: real in ask(responder, site, page.path, tick=99, agent=agent).body.decode()
            for agent in ("MedAdMonitor/1.0", TELEPHONE)
        }
        match form.seen:
            case Seen.NOBODY:
                assert list(seen.values()) == [False, False]
            case Seen.MOBILE:
                assert list(seen.values()) == [False, True]
            case Seen.EVERYBODY:
                assert name == "nojs" or list(seen.values()) == [True, True]
    late = of_form(site, "time")
    assert (
        late.revisions[-1].paragraphs[0][0].text
        not in ask(responder, site, late.path).body.decode()
    )


def test_contacts_of_a_rotating_page_change_with_the_tick(
    mini: World, responder: Responder
) -> None:
    site = mini.sites["lp.farm.test"]
    page = of_form(site, "rotate")
    bodies = {ask(responder, site, page.path, tick=tick).body for tick in range(8)}
    assert len(bodies) == 8
    contacts = [c for c in truth.contacts(mini) if c["host"] == site.host and c["rotates"]]
    assert len(contacts) == 8
    assert all(any(c["value"].encode() in body for body in bodies) for c in contacts)


def test_a_bare_page_gets_its_words_by_a_second_request(mini: World, responder: Responder) -> None:
    site = mini.sites["tetris.farm.test"]
    page = of_form(site, "shell")
    sentence = page.body(0)[0][0].text
    assert sentence not in ask(responder, site, page.path).body.decode()
    state = ask(responder, site, page.path + ".state.json")
    assert sentence in state.body.decode()
    assert state.decision is Decision.ASSET


def test_result_pages_name_their_adverts_and_clicks_are_trapped(
    mini: World, responder: Responder
) -> None:
    site = mini.sites["so.farm.test"]
    ads = list(adverts.truth(mini))
    assert len(ads) > 30
    assert {row["label_form"] for row in ads} == set(adverts.LABELS)
    page = of_form(site, "360")
    body = ask(responder, site, page.path).body.decode()
    paid = [r for r in adverts.results(mini, site, page, 0) if r.label]
    assert all(f'e-landurl="{r.landing}"' in body for r in paid)
    for click in site.clicks:
        assert ask(responder, site, click + "?x=1").decision is Decision.CLICK


def test_hasty_visitors_meet_a_verification_page(mini: World, responder: Responder) -> None:
    site = mini.sites["mp.farm.test"]
    asked = [ask(responder, site, "/", seconds=n).decision for n in range(8)]
    assert asked == [Decision.CONTENT] * 6 + [Decision.BLOCK] * 2
    assert ask(responder, site, "/", seconds=90).decision is Decision.CONTENT


def test_ends_moves_and_walls_are_answered_as_such(mini: World, responder: Responder) -> None:
    account = mini.sites["mp.farm.test"]
    ended = sorted((p.gone or 0, p.path) for p in account.pages.values() if p.end)
    assert len(ended) == 4
    for tick, path in ended:
        before = ask(responder, account, path, tick=tick - 1)
        after = ask(responder, account, path, tick=tick)
        assert before.decision is Decision.CONTENT
        assert (after.status, after.decision) == (200, Decision.STATUS)
        assert b"weui-msg" in after.body
    landing = mini.sites["tetris.farm.test"]
    (old,) = (p for p in landing.pages.values() if p.moved_to)
    moved = ask(responder, landing, old.path, tick=old.gone or 0)
    assert moved.status == 301
    assert dict(moved.headers)["location"].endswith(old.moved_to or "")
    assert ask(responder, landing, old.moved_to or "", tick=old.gone or 0).status == 200
    infra = mini.sites["infra.farm.test"]
    assert ask(responder, infra, "/member/mine").decision is Decision.LOGIN
    challenge = of_form(infra, "challenge")
    assert ask(responder, infra, challenge.path).status == 521


def test_what_the_truth_says_is_in_the_bytes_or_behind_a_cloak(mini: World) -> None:
    """Escapes of scripts apart, every sentence that a visitor can be shown is served."""
    carriers = set()
    for row in truth.violations(mini):
        site = mini.sites[row["host"]]
        page = site.pages[row["canonical_id"].removeprefix(site.host)]
        tick = row["visible_when"]["tick_from"]
        mobile = row["visible_when"].get("profile") == "mobile"
        told = [s.text for p in render.shown(site, page, tick, mobile=mobile) for s in p]
        assert (row["text_clean"] in told) is row["reachable_by_policy"]
        carriers.add(row["carrier"])
    assert carriers == {"dom", "js_state", "js_literal", "rendered"}
