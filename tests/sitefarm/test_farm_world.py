"""A world is a function of its seed, and its truth is what its pages say."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from sitefarm import render, truth
from sitefarm.identity import organisation_code, usci
from sitefarm.records import START, Kind, Page, Quirk, Site, World
from sitefarm.respond import Request, Responder
from sitefarm.world import build
from tests.sitefarm.conftest import words_of

_DOCUMENT = (Kind.CONTENT, Kind.LIST)


def _decoded(world: World, site: Site, page: Page, tick: int) -> str:
    body = render.body(world, site, page, tick)
    charset = "utf-8" if page.quirk is Quirk.UTF8_INSIDE else site.charset
    return words_of(body.decode(charset, errors="replace"))


def _documents(site: Site) -> list[Page]:
    return [p for p in site.pages.values() if p.kind in _DOCUMENT and p.duplicate_of is None]


def test_the_same_seed_gives_the_same_world_and_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        truth.write(build("some seed"), tmp_path / name)
    files = [p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*")]
    assert len(files) == 11
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_dev_has_the_planned_sizes(dev: World) -> None:
    hospital = dev.sites["gk.farm.test"]
    assert 475 <= len(_documents(hospital)) <= 485
    assert sum(p.duplicate_of is not None for p in hospital.pages.values()) == 60
    rows = [r for r in truth.violations(dev) if r["host"] == "gk.farm.test"]
    rows = [r for r in rows if r["visible_when"] == {"tick_from": 0}]
    assert sum(r["scope"] == "page" for r in rows) == 120
    assert sum(r["scope"] == "template" for r in rows) == 1
    controls = [s for s in dev.sites.values() if s.control]
    articles = sum(p.view == "article" for s in controls for p in s.pages.values())
    assert 580 <= articles <= 600


def test_controls_carry_no_violation_and_many_look_alikes(dev: World) -> None:
    controls = {s.host for s in dev.sites.values() if s.control}
    assert controls == {"pub.farm.test", "edu.farm.test", "hc.farm.test"}
    assert not [r for r in truth.violations(dev) if r["host"] in controls]
    assert len([r for r in truth.negatives(dev) if r["host"] in controls]) > 1000


def test_all_twelve_types_are_planted(dev: World) -> None:
    counts = Counter(r["slug"] for r in truth.violations(dev))
    assert len(counts) == 12
    assert min(counts.values()) >= 10


@pytest.mark.parametrize("seed", ["dev", "x1", "春"])
def test_what_the_truth_says_is_in_the_bytes(seed: str) -> None:
    world = build(seed)
    shown: dict[str, str] = {}
    for row in [*truth.violations(world), *truth.negatives(world)]:
        site = world.sites[row["host"]]
        page = site.pages[row["canonical_id"].removeprefix(site.host)]
        tick = row["visible_when"]["tick_from"]
        key = f"{row['canonical_id']}@{tick}"
        if key not in shown:
            shown[key] = _decoded(world, site, page, tick)
        if row["scope"] == "page":
            assert row["text_as_shown"] in shown[key]


def test_the_template_block_stands_on_nearly_all_pages(dev: World) -> None:
    site = dev.sites["gk.farm.test"]
    text = site.template[0].text
    pages = [p for p in _documents(site) if p.alive(0)]
    bearing = sum(text in _decoded(dev, site, p, 0) for p in pages)
    assert 0.94 <= bearing / len(pages) < 1


def test_an_edited_page_says_more_after_its_tick_and_not_before(dev: World) -> None:
    edits = [e for e in dev.events if e.op == "edit" and e.host == "gk.farm.test"]
    assert edits
    for edit in edits:
        site = dev.sites[edit.host]
        page = site.pages[edit.path]
        added = page.revisions[-1].paragraphs[-1][0].text
        assert added not in _decoded(dev, site, page, edit.tick - 1)
        assert added in _decoded(dev, site, page, edit.tick)


def test_pages_disobey_their_charset_as_planned(dev: World) -> None:
    site = dev.sites["gk.farm.test"]
    quirks = Counter(p.quirk for p in site.pages.values())
    assert (quirks[Quirk.LOSSY], quirks[Quirk.UTF8_INSIDE], quirks[Quirk.UNDECLARED]) == (4, 4, 2)
    for page in site.pages.values():
        body = render.body(dev, site, page, page.first)
        if page.quirk is Quirk.LOSSY:
            assert body.decode("gb18030", errors="replace").count("\ufffd") == 1
        elif page.quirk is Quirk.UTF8_INSIDE:
            assert b"charset=gb2312" in body
            body.decode("utf-8")
        else:
            body.decode("gb18030")
        assert (b"charset=" in body) is (page.quirk is not Quirk.UNDECLARED)


@pytest.mark.parametrize("seed", ["dev", "another"])
def test_every_document_is_reached_by_links_and_script_literals(seed: str) -> None:
    world = build(seed)
    responder = Responder(world)
    for site in world.sites.values():
        wanted = {p.path for p in _documents(site) if p.alive(0)}
        assert wanted <= _reached(responder, site)


def _reached(responder: Responder, site: Site) -> set[str]:
    seen: set[str] = set()
    front = ["/", "/commonJs/header.js"]
    while front:
        path = front.pop()
        if path in seen or path.startswith(site.denied):
            continue
        seen.add(path)
        request = Request(method="GET", host=site.host, path=path, query="", ip=site.ip, headers={})
        response = responder.answer(request, START)
        if response.status == 301:
            front.append(dict(response.headers)["location"].split("8480", 1)[1])
        page = response.body.decode("latin-1").replace('\\"', '"')
        front += [h for h in re.findall(r'href="(/[^"?]*)"', page) if not h.endswith(".css")]
    return seen


def test_other_seeds_rename_hosts_paths_classes_and_institutions(dev: World) -> None:
    other = build("other")
    assert not set(dev.sites) & set(other.sites)
    by_type = {s.entity.id: s for s in other.sites.values()}
    for site in dev.sites.values():
        twin = by_type[site.entity.id]
        assert not set(site.css.values()) & set(twin.css.values())
        assert not set(site.columns) & set(twin.columns)
        assert site.entity.usci != twin.entity.usci
    ours = {r["text_clean"] for r in truth.violations(dev)}
    theirs = {r["text_clean"] for r in truth.violations(other)}
    assert len(ours & theirs) < 0.2 * len(ours)


def test_every_host_has_an_address_of_its_own(dev: World) -> None:
    addresses = list(dev.addresses.values())
    assert len(set(addresses)) == len(addresses)
    assert all(ip.startswith("127.") and ip != "127.0.0.1" for ip in addresses)


def test_known_codes_have_our_check_characters() -> None:
    assert usci(region="370502", organisation="MJE278453", prefix="52") == "52370502MJE2784531"
    assert usci(region="110000", organisation="802100433", prefix="91") == "91110000802100433B"
    assert organisation_code("80210043") == "802100433"
    assert organisation_code("70846113") == "708461136"


def test_the_register_holds_the_licensed_and_only_them(dev: World, tmp_path: Path) -> None:
    truth.write(dev, tmp_path)
    register = (tmp_path / "registers" / "institutions.csv").read_text("utf-8-sig")
    lines = register.splitlines()
    assert lines[0].startswith("名称,统一社会信用代码,登记号")
    assert len(lines) == 1 + 43
    for site in dev.sites.values():
        assert (site.entity.name in register) is (site.entity.licence_no is not None)
    for line in lines[1:]:
        licence = line.split(",")[2]
        assert re.fullmatch(r"\d{8}[0-9X]\d{8}[A-Z]\d{3}\d", licence)
        assert organisation_code(licence[:8]) == licence[:9]


def test_sources_name_every_host_and_a_start(dev: World, tmp_path: Path) -> None:
    truth.write(dev, tmp_path)
    sources = yaml.safe_load((tmp_path / "sources.yml").read_text("utf-8"))["sources"]
    resolve = json.loads((tmp_path / "resolve.json").read_text("utf-8"))
    assert {s["hosts"][0] for s in sources} == set(dev.sites)
    assert set(resolve) == set(dev.sites) | set(dev.widgets)
    for source in sources:
        assert re.fullmatch(r"\d{6}", source["region"])
        assert source["expected_pages"] > 15


def test_a_duplicate_serves_the_same_bytes(dev: World) -> None:
    site = dev.sites["gk.farm.test"]
    copies = [p for p in site.pages.values() if p.duplicate_of]
    for copy in copies:
        original = site.pages[copy.duplicate_of or ""]
        assert render.body(dev, site, copy, 0) == render.body(dev, site, original, 0)
