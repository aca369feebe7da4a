"""Powers of offices: by the level and the district that codes tell, and by what was granted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clues import SubjectKind
from domain.divisions import Level, level_of
from domain.findings import Family
from tickets.agency_file import load_offices
from tickets.desk import load_desk
from tickets.offices import Office, OfficeKind, Offices, Power
from tickets.routes import RouteType

HEALTH, MARKET = OfficeKind.HEALTH, OfficeKind.MARKET_SUPERVISION
DRUGS, ENFORCEMENT = OfficeKind.DRUG_ADMINISTRATION, OfficeKind.COMPREHENSIVE_ENFORCEMENT
REGIONS = ("990000", "990100", "990102", "990103", "990200")


@pytest.mark.parametrize(
    ("region", "level"),
    [
        ("000000", Level.STATE),
        ("990000", Level.PROVINCE),
        ("990100", Level.CITY),
        ("990102", Level.COUNTY),
    ],
)
def test_the_level_is_in_the_code(region: str, level: Level) -> None:
    """Two digits name the province, four the city, six the county."""
    assert level_of(region) is level


def _office(index: int, kind: OfficeKind, region: str, granted: list[Power]) -> Office:
    return Office(
        id=f"o{index}", name=f"机关{index}", kind=kind, region=region, granted=tuple(granted)
    )


_POWERS = st.builds(
    Power,
    branch=st.sampled_from([HEALTH, DRUGS]),
    district=st.sampled_from(REGIONS),
    types=st.sampled_from([frozenset(), frozenset({"cure_rate"}), frozenset({"disguised"})]),
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([HEALTH, MARKET, DRUGS, ENFORCEMENT]),
            st.sampled_from(REGIONS),
            st.lists(_POWERS, max_size=2),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([*REGIONS, "990104", "880101", ""]),
    st.sampled_from(["cure_rate", "other"]),
    st.sampled_from([None, *Level]),
)
def test_the_order_of_a_proved_list_means_nothing(
    entries: list[tuple[OfficeKind, str, list[Power]]],
    region: str,
    matter: str,
    level: Level | None,
) -> None:
    """Without a clash, one office answers whatever the order; it is the closest that may act."""
    offices = [_office(i, *entry) for i, entry in enumerate(entries)]
    home = _office(99, HEALTH, "990100", [])
    accepted = [home]
    for office in offices:
        held = [power for other in accepted for power in other.powers]
        if not any(p.clashes(q) for p in office.powers for q in held):
            accepted.append(office)
    book = Offices(home="990100", all=tuple(accepted))
    turned = Offices(home="990100", all=tuple(reversed(accepted)))
    found = book.responsible(HEALTH, region, matter=matter, level=level)
    assert found == turned.responsible(HEALTH, region, matter=matter, level=level)
    fits = [p.fit(region, matter) for o in accepted for p in o.powers if p.branch is HEALTH]
    if level is None and any(fits):
        mine = [p.fit(region, matter) for p in found.powers if p.branch is HEALTH]
        assert max(f for f in mine if f) == max(f for f in fits if f)


def test_granted_matters_come_first(tmp_path: Path) -> None:
    """赋权事项: in one district, one matter of health is the enforcement bureau's."""
    path = tmp_path / "o.yml"
    grant = "{branch: health, districts: ['990102'], types: [unlicensed_practice]}"
    path.write_text(
        "region: '990100'\ncity: 示范市\noffices:\n  - {kind: health, name: 市卫健}\n"
        "  - {kind: health, name: 东区卫健, region: '990102'}\n"
        "  - {kind: comprehensive_enforcement, name: 综合执法, region: '990100', "
        f"powers: [{grant}]}}\n",
        "utf-8",
    )
    book = load_offices(path)

    def name(region: str, matter: str) -> str:
        return book.responsible(HEALTH, region, matter=matter).name

    assert name("990102", "unlicensed_practice") == "综合执法"
    assert name("990102", "out_of_scope") == "东区卫健"
    assert name("990103", "unlicensed_practice") == "市卫健"


def test_matters_of_a_level_skip_the_offices_below() -> None:
    """The province's matters go to the province; without one in the list the city passes on."""
    city = _office(1, MARKET, "990100", [Power(branch=DRUGS, district="990100")])
    province = _office(2, DRUGS, "990000", [])
    both, alone = Offices(home="990100", all=(city, province)), Offices(home="990100", all=(city,))
    assert both.responsible(DRUGS, "990102") == city
    assert both.responsible(DRUGS, "990102", level=Level.PROVINCE) == province
    choice = alone.choose(DRUGS, "990102", level=Level.PROVINCE)
    assert choice.office == city
    assert "没有该级机关" in choice.ground


def test_a_maker_of_drugs_goes_to_the_province() -> None:
    """The shipped table: making is the province's, using and selling the city's (DAL 8)."""
    kind = RouteType(slug="unregistered_product", family=Family.PRODUCT, severity=5, order=0)
    desk = load_desk([kind])
    maker, clinic = (
        desk.routes.routes_for(kind.slug, subject_kind, "990100", 5)[0].level
        for subject_kind in (SubjectKind.MANUFACTURER, SubjectKind.MEDICAL_INSTITUTION)
    )
    assert (maker, clinic) == (Level.PROVINCE, None)
