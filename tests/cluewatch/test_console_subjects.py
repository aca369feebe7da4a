"""The page of a subject: ties explained, facts of a day, merges; nothing of another district."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from cluewatch.bootstrap import Services
from domain.people import Role
from registers.store import import_register
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.console_visitors import form_token, visitor
from tests.registers.numbers import licence_no
from tickets import subject_merges, subjects, tables

SISTER = ADVERT.replace("青禾", "碧禾").replace("透皮", "导入")
LISTED = f"名称,登记号,区划代码,诊疗科目\n青禾医院,{licence_no('QH000001')},320199,皮肤科\n"


@pytest.fixture
def sisters(services: Services, tmp_path: Path) -> dict[str, str]:
    """Two hospitals that advertise the same telephone; their ids by name."""
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    bring_in(services, tmp_path, "b.html", SISTER, "http://bihe.test/npx.html")
    with services.truth.read() as tx:
        return {one.name: one.id for one in subjects.listed(tx)}


def page_of(client: TestClient, subject_id: str, query: str = "") -> str:
    answer = client.get(f"/subjects/{subject_id}{query}")
    assert answer.status_code == 200
    return answer.text


def test_a_tie_is_explained_and_drawn(services: Services, sisters: dict[str, str]) -> None:
    client = visitor(services, Role.ANALYST)
    listed = client.get("/subjects").text
    assert all(name in listed for name in sisters)
    text = page_of(client, sisters["青禾医院"])
    assert "电话“4000000123”" in text
    assert "http://bihe.test/npx.html" in text
    assert "同一运营者" in text
    found = re.search(r'data-graph="([^"]+)"', text)
    assert found
    drawn = [element["data"] for element in json.loads(unescape(found[1]))]
    lines = {line["source"] for line in drawn if "target" in line}
    assert lines == set(sisters.values())


def test_facts_are_those_of_the_day(
    services: Services, sisters: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "institutions.csv"
    file.write_text(LISTED, "utf-8")
    now = services.clock.now()
    with services.truth.write() as tx:
        report = import_register(tx, "institution", file, as_of=now.date(), at=now, complete=True)
    assert report.errors == ()
    client = visitor(services, Role.ANALYST)
    assert "皮肤科" in page_of(client, sisters["青禾医院"])
    before = page_of(client, sisters["青禾医院"], "?day=2020-01-01")
    assert "皮肤科" not in before
    assert "未核实" in before
    assert client.get(f"/subjects/{sisters['青禾医院']}?day=never").status_code == 422


def test_two_become_one_and_two_again(services: Services, sisters: dict[str, str]) -> None:
    client = visitor(services, Role.ANALYST)
    token = form_token(client)
    merged, kept = sisters["碧禾医院"], sisters["青禾医院"]
    path = f"/subjects/{merged}"
    refused = client.post(f"{path}/merges", data={"form_token": token, "into": kept})
    assert refused.status_code == 422
    data = {"form_token": token, "into": kept, "reason": "同一电话"}
    assert "已并入" in client.post(f"{path}/merges", data=data).text
    with services.truth.read() as tx:
        assert subject_merges.standing_id(tx, merged) == kept
    shown = client.post(f"{path}/splits", data={"form_token": token, "reason": "法人不同"}).text
    assert "拆分自" in shown
    assert "同一电话" in shown
    with services.truth.read() as tx:
        assert subject_merges.standing_id(tx, merged) == merged


def test_another_district_learns_nothing_of_a_subject(
    services: Services, sisters: dict[str, str]
) -> None:
    own, other = sisters["青禾医院"], sisters["碧禾医院"]
    with services.truth.write() as tx:
        for subject_id, region in ((own, "990100"), (other, "980100")):
            mine = tables.clues.c.subject_id == subject_id
            tx.execute(update(tables.clues).where(mine).values(region=region))
    client = visitor(services, Role.ANALYST, region="990100")
    text = page_of(client, own)
    assert "碧禾" not in text
    assert "bihe" not in text
    assert client.get(f"/subjects/{other}").status_code == 404
    assert "碧禾" not in client.get("/subjects").text
    token = form_token(client)
    data = {"form_token": token, "into": other, "reason": "同一电话"}
    assert client.post(f"/subjects/{own}/merges", data=data).status_code == 404


def test_an_office_sees_those_behind_its_own_tickets(
    services: Services, sisters: dict[str, str]
) -> None:
    reviewer = visitor(services, Role.REVIEWER)
    with services.truth.read() as tx:
        mine = tables.clues.c.subject_id == sisters["青禾医院"]
        clue = tx.execute(select(tables.clues.c.id).where(mine)).scalars().first()
    token = form_token(reviewer)
    reviewer.post(f"/clues/{clue}/moves", data={"form_token": token, "move": "issue"})
    with services.truth.write() as tx:
        (lead,) = tx.execute(
            select(tables.assignments.c.office).where(tables.assignments.c.role == "主办")
        ).scalars()
        ticket = tx.execute(select(tables.tickets.c.id)).scalars().one()
    client = visitor(services, Role.OFFICE, offices=(lead,))
    assert client.get(f"/subjects/{sisters['青禾医院']}").status_code == 404
    reviewer.post(f"/tickets/{ticket}/moves", data={"form_token": token, "move": "approve"})
    text = page_of(client, sisters["青禾医院"])
    assert "碧禾" not in text
    assert f"/tickets/{ticket}" in text
    assert "合并与拆分" not in text
