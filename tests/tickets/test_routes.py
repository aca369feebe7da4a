"""The route table: total, unambiguous, and as law.md A says."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from classifiers import rulebook
from domain.clues import Clue, ClueState, SubjectKind
from domain.errors import ConfigError, NotFound
from domain.findings import Family
from domain.tickets import OfficeRole
from tests.tickets.cases import AT, DESK, SLUGS, TYPES, finding, subject
from tickets.agency_file import load_offices
from tickets.desk import load_desk
from tickets.offices import OfficeKind
from tickets.routes import RouteType, load_routes
from tickets.routing import TicketPlan, plan

MARKET, HEALTH, NET = (
    OfficeKind.MARKET_SUPERVISION,
    OfficeKind.HEALTH,
    OfficeKind.CYBERSPACE,
)


def clue(
    slugs: list[str],
    kind: SubjectKind = SubjectKind.MEDICAL_INSTITUTION,
    region: str = "990100",
    scores: dict[str, float] | None = None,
) -> Clue:
    """A clue that carries these types."""
    return Clue(
        id="c1",
        number="XS-2026-990100-000001",
        subject=subject(kind=kind, region=region),
        creative="x",
        state=ClueState.PENDING,
        types=tuple(slugs),
        severity=5,
        score=0.9,
        findings=tuple(finding(slug, slug, score=(scores or {}).get(slug, 0.9)) for slug in slugs),
        region=region,
        raised_at=AT,
    )


def kind_of(office: str) -> OfficeKind:
    """The branch of an office of the shipped list."""
    return DESK.offices.get(office).kind


def lead(ticket: TicketPlan) -> OfficeKind:
    """The branch that leads."""
    (found,) = [a.office for a in ticket.assignments if a.role is OfficeRole.LEAD]
    return kind_of(found)


def kinds(ticket: TicketPlan, role: OfficeRole) -> set[OfficeKind]:
    """The branches that have this part."""
    return {kind_of(a.office) for a in ticket.assignments if a.role is role}


@given(
    st.lists(st.sampled_from(SLUGS), min_size=1, unique=True),
    st.sampled_from(SubjectKind),
    st.sampled_from(["", "990100", "990102", "990000", "320700"]),
)
def test_every_clue_has_its_tickets(slugs: list[str], kind: SubjectKind, region: str) -> None:
    """Whatever was found, whoever did it and wherever: each type is on exactly the tickets of its
    families, each with one lead, and no office twice on a ticket."""
    plans = plan(clue(slugs, kind, region), DESK.routes, DESK.offices)
    families = [ticket.family for ticket in plans]
    assert len(families) == len(set(families))
    assert {slug for ticket in plans for slug in ticket.types} == set(slugs)
    for slug in slugs:
        own = next(t.family for t in TYPES if t.slug == slug)
        assert any(slug in ticket.types and ticket.family is own for ticket in plans)
    for ticket in plans:
        offices = [a.office for a in ticket.assignments]
        assert len(offices) == len(set(offices))
        assert sum(a.role is OfficeRole.LEAD for a in ticket.assignments) == 1
        assert ticket.awaiting_opinion <= set(offices)


@pytest.mark.parametrize(
    ("slug", "family", "head", "copied"),
    [
        ("efficacy_guarantee", Family.ADVERTISING, MARKET, {HEALTH}),
        ("cure_rate", Family.ADVERTISING, MARKET, {HEALTH}),
        ("comparison", Family.ADVERTISING, MARKET, set()),
        ("patient_testimonial", Family.ADVERTISING, MARKET, {HEALTH}),
        ("expert_endorsement", Family.ADVERTISING, MARKET, {HEALTH}),
        (
            "false_qualification",
            Family.ADVERTISING,
            MARKET,
            {HEALTH, OfficeKind.MEDICAL_INSURANCE},
        ),
        ("absolute_term", Family.ADVERTISING, MARKET, set()),
        ("prohibited_drug", Family.ADVERTISING, MARKET, {HEALTH}),  # 药监 is the market's house
        ("price_fraud", Family.ADVERTISING, MARKET, set()),
        ("unlicensed_practice", Family.PRACTICE, HEALTH, {OfficeKind.PUBLIC_SECURITY, MARKET}),
        ("disguised", Family.ADVERTISING, MARKET, {HEALTH}),
    ],
)
def test_routes_of_the_law(
    slug: str, family: Family, head: OfficeKind, copied: set[OfficeKind]
) -> None:
    """主办→抄送 of law.md A; cyberspace is copied besides, and waits for the opinion."""
    (ticket,) = plan(clue([slug]), DESK.routes, DESK.offices)
    assert ticket.family is family
    assert lead(ticket) is head
    assert kinds(ticket, OfficeRole.COPY) == copied | {NET}
    assert {kind_of(office) for office in ticket.awaiting_opinion} == {NET}


def test_the_shipped_rulebook_is_routed() -> None:
    """Every type of the rules that ship has its route, or nothing would start."""
    rules = rulebook.load().rules
    types = [
        RouteType(slug=slug, family=rule.family, severity=rule.severity, order=order)
        for order, (slug, rule) in enumerate(rules.items())
    ]
    assert set(SLUGS) <= set(load_desk(types).routes.types)


def test_salon_medicine_has_two_leads() -> None:
    """双主办: the practice to health, the advertising to market supervision."""
    salon = clue(["beauty_salon_medical"], SubjectKind.BEAUTY_SALON)
    leads = {t.family: lead(t) for t in plan(salon, DESK.routes, DESK.offices)}
    assert leads == {Family.PRACTICE: HEALTH, Family.ADVERTISING: MARKET}


def test_media_are_reported_to_broadcasting() -> None:
    """The kind of subject decides: disguised advertising in media concerns broadcasting too."""
    (ticket,) = plan(clue(["disguised"], SubjectKind.MEDIA), DESK.routes, DESK.offices)
    assert OfficeKind.BROADCASTING in kinds(ticket, OfficeRole.COPY)


def test_the_most_severe_type_leads() -> None:
    """Types on a ticket are ordered by severity, then score, then the rulebook's order."""
    mixed = clue(
        ["absolute_term", "cure_rate", "efficacy_guarantee", "false_qualification"],
        scores={"cure_rate": 0.8, "efficacy_guarantee": 0.7},
    )
    (ticket,) = plan(mixed, DESK.routes, DESK.offices)
    assert ticket.types == (
        "false_qualification",
        "cure_rate",
        "efficacy_guarantee",
        "absolute_term",
    )


def test_emergencies_reach_cyberspace_at_once() -> None:
    """代孕 and its like are copied in parallel, without waiting for an opinion."""
    surrogacy = evolve(TYPES[0], slug="surrogacy", family=Family.PRACTICE, severity=5, order=12)
    desk = load_desk([*TYPES, surrogacy])
    (ticket,) = plan(clue(["surrogacy"]), desk.routes, desk.offices)
    assert NET in kinds(ticket, OfficeRole.COPY)
    assert not ticket.awaiting_opinion


def test_unknown_type_is_named() -> None:
    """A type that the rulebook does not have cannot be routed silently."""
    with pytest.raises(NotFound, match="no_such_type"):
        plan(clue(["no_such_type"]), DESK.routes, DESK.offices)


_ROUTE = "  - {types: [cure_rate], family: advertising, lead: market_supervision}\n"
_HEAD = (
    "takedown: {office: cyberspace, at_once: []}\nexchanges: [{branches: [health, cyberspace,"
    " market_supervision], scope: 甲, way: 乙, term: 丙, frequency: 丁, secrecy: 内部}]\nroutes:\n"
)


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        (_ROUTE + _ROUTE, r"r\.yml:5.*cure_rate × 主体 medical_institution.*r\.yml:4"),
        (
            "  - {types: [cure_rate], subjects: [person], family: advertising, lead: health}\n",
            r"r\.yml:3.*cure_rate × 主体 medical_institution × 类别 advertising × 严重度 1 没有",
        ),
        (
            "  - {types: [cure_rate], region: '990100', family: advertising, lead: health}\n",
            "没有全国通用的路由",
        ),
        (
            "  - {types: [cure_rate], family: practice, lead: health}\n",
            "类别 advertising × 严重度 1 没有",
        ),
        (_ROUTE.replace("market_supervision", "customs"), "customs"),
        (_ROUTE.replace("advertising", "cooking"), r"r\.yml:4.*family"),
        (_ROUTE.replace("}", ", lead: health}"), r"r\.yml:4.*重复"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, routes: str, message: str) -> None:
    """A missing or clashing cell, an absent office or a typing error stops the load by name."""
    path = tmp_path / "r.yml"
    path.write_text(_HEAD + routes, encoding="utf-8")
    offices = tmp_path / "o.yml"
    offices.write_text(
        "region: '990100'\ncity: 示范市\noffices:\n"
        "  - {kind: market_supervision, name: 甲}\n  - {kind: health, name: 乙}\n"
        "  - {kind: cyberspace, name: 丙}\n",
        encoding="utf-8",
    )
    cure_rate = [kind for kind in TYPES if kind.slug == "cure_rate"]
    with pytest.raises(ConfigError, match=message):
        load_routes(cure_rate, load_offices(offices), path)


def test_a_region_of_its_own(tmp_path: Path) -> None:
    """A longer division code overrides a shorter one, below it and nowhere else."""
    path = tmp_path / "r.yml"
    special = "  - {types: [cure_rate], region: '990100', family: advertising, lead: health}\n"
    path.write_text(_HEAD + _ROUTE + special, encoding="utf-8")
    cure_rate = [kind for kind in TYPES if kind.slug == "cure_rate"]
    routes = load_routes(cure_rate, DESK.offices, path)
    heads = {
        region: routes.routes_for("cure_rate", SubjectKind.COMPANY, region, 3)[0].lead
        for region in ("990100", "990102", "990200", "")
    }
    assert heads == {"990100": HEALTH, "990102": HEALTH, "990200": MARKET, "": MARKET}


def test_the_closest_office_takes_the_case(tmp_path: Path) -> None:
    """A district's own office comes before the city's; other places stay with the home city."""
    path = tmp_path / "o.yml"
    path.write_text(
        "region: '990100'\ncity: 示范市\noffices:\n"
        "  - {kind: health, name: '{city}卫健委'}\n"
        "  - {kind: health, name: 东区卫健局, region: '990102'}\n",
        encoding="utf-8",
    )
    offices = load_offices(path)
    names = {r: offices.responsible(HEALTH, r).name for r in ("990102", "990103", "110000", "")}
    assert names == {
        "990102": "东区卫健局",
        "990103": "示范市卫健委",
        "110000": "示范市卫健委",
        "": "示范市卫健委",
    }


@pytest.mark.parametrize(
    "second",
    [
        "  - {kind: health, name: 乙}\n",
        "  - {kind: education, name: 乙, powers: [{branch: health}]}\n",
    ],
)
def test_two_offices_with_one_power_are_refused(tmp_path: Path, second: str) -> None:
    """Two offices may not hold the same power in one division."""
    path = tmp_path / "o.yml"
    path.write_text(
        "region: '990100'\ncity: 示范市\noffices:\n  - {kind: health, name: 甲}\n" + second,
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=r"o\.yml:5"):
        load_offices(path)


def test_the_shipped_list_serves_any_city() -> None:
    """Names and ids follow the configured division."""
    offices = load_offices(region="320700", city="某某市")
    office = offices.responsible(HEALTH, "320706")
    assert (office.id, office.name) == ("320700-health", "某某市卫生健康委员会")
    drugs = offices.responsible(OfficeKind.DRUG_ADMINISTRATION, "320706")
    assert drugs.kind is MARKET
