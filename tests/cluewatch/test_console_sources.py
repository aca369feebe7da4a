"""The pages of operators: the watch in bulk, its plan, its stops, and sources that were found."""

from __future__ import annotations

import pytest

from cluewatch import intake
from cluewatch.bootstrap import Services
from cluewatch.console.app import MOST_BODY
from crawlers import discovery, source_store
from crawlers.discovery import CandidateKind, CandidateState, Lead, Sign
from crawlers.frontier import pauses
from domain.people import Role
from domain.sources import Source, SourceKind
from tests.cluewatch.console_visitors import form_token, visitor

SHEET = """编号,性质,名称,区划,起始网址
qinghe,医院网站,青禾医院,990101,http://qinghe.test/
bihe,诊所,碧禾医院,990101,http://bihe.test/
danhe,医院网站,丹禾医院,980101,http://danhe.test/
"""


@pytest.fixture
def watched(services: Services) -> Services:
    """Two sources in two districts, their start addresses due."""
    intake.put_sources(services, [source("qinghe", "990101"), source("danhe", "980101")])
    return services


def source(name: str, region: str) -> Source:
    return Source(
        id=name,
        kind=SourceKind.HOSPITAL_SITE,
        title=f"{name}医院",
        region=region,
        start_urls=(f"http://{name}.test/",),
        hosts=(f"{name}.test",),
    )


def upload(services: Services, content: str | bytes, region: str = "") -> str:
    client = visitor(services, Role.OPERATOR, region=region)
    return client.post(
        "/sources/imports",
        data={"form_token": form_token(client)},
        files={"file": ("来源.csv", content)},
    ).text


def test_a_sheet_puts_sources_under_watch_and_tells_wrong_rows(services: Services) -> None:
    shown = upload(services, SHEET)
    assert "登记 2 行，1 行有误" in shown
    assert "性质：不在可选的值之中" in shown
    with services.truth.read() as tx:
        assert {one.id for one in source_store.all(tx)} == {"qinghe", "danhe"}


def test_a_district_registers_its_own_only(services: Services) -> None:
    shown = upload(services, SHEET, region="990100")
    assert "登记 1 行，2 行有误" in shown
    assert "不在您的区划之内" in shown
    with services.truth.read() as tx:
        assert {one.id for one in source_store.all(tx)} == {"qinghe"}


def test_a_district_does_not_take_over_anothers(watched: Services) -> None:
    shown = upload(
        watched, SHEET.replace("danhe,医院网站,丹禾医院,98", "danhe,店铺,丹禾,99"), "990100"
    )
    assert "编号已被占用" in shown
    with watched.truth.read() as tx:
        assert source_store.get(tx, "danhe").title == "danhe医院"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00junk", b"PK\x03\x04 not a workbook", "没有表头"])
def test_what_is_no_sheet_is_refused_in_words(services: Services, content: str | bytes) -> None:
    shown = upload(services, content)
    assert any(words in shown for words in ("编码", "工作簿", "表头"))
    with services.truth.read() as tx:
        assert source_store.all(tx) == ()


def test_a_body_beyond_all_bounds_is_not_read(services: Services) -> None:
    client = visitor(services, Role.OPERATOR)
    headers = {"Content-Length": str(MOST_BODY + 1)}
    assert client.post("/sources/imports", headers=headers, content=b"").status_code == 413
    chunks = iter([b"a", b"b"])
    assert client.post("/sources/imports", content=chunks).status_code == 413


def test_why_and_what_next(watched: Services) -> None:
    client = visitor(watched, Role.OPERATOR, region="990100")
    assert "监测对象的起始网址" in client.get("/sources/qinghe").text
    assert "尚未采集" in client.get("/sources/why?url=http://qinghe.test/").text
    assert "danhe" not in client.get("/sources").text
    assert client.get("/sources/danhe").status_code == 404
    assert "不在抓取队列中" in client.get("/sources/why?url=http://danhe.test/").text
    assert "不在抓取队列中" in client.get("/sources/why?url=http://nowhere.test/").text


def test_the_kill_switch_stops_and_starts(watched: Services) -> None:
    client = visitor(watched, Role.OPERATOR)
    token = form_token(client)
    for place in ("*", "HTTP://qinghe.test/x"):
        data = {"form_token": token, "place": place, "reason": "对方来函"}
        assert "已暂停：对方来函" in client.post("/sources/pauses", data=data).text
    with watched.frontier.read() as tx:
        assert {one.place for one in pauses.all(tx)} == {"*", "qinghe.test"}
    for place, status in (("*", 200), ("qinghe.test", 200), ("qinghe.test", 404)):
        answer = client.post("/sources/resumptions", data={"form_token": token, "place": place})
        assert answer.status_code == status
    with watched.frontier.read() as tx:
        assert pauses.all(tx) == ()


def test_a_district_stops_its_own_hosts_only(watched: Services) -> None:
    client = visitor(watched, Role.OPERATOR, region="990100")
    token = form_token(client)
    for place, status in (("*", 404), ("danhe.test", 404), ("qinghe.test", 200), ("a b", 400)):
        data = {"form_token": token, "place": place, "reason": "对方来函"}
        assert client.post("/sources/pauses", data=data).status_code == status, place


def test_found_sources_are_accepted_or_rejected(services: Services) -> None:
    at = services.clock.now()
    with services.truth.write() as tx:
        for host in ("new.test", "other.test"):
            lead = Lead(kind=CandidateKind.SITE, value=host)
            discovery.note(tx, [Sign(lead=lead, place="a", reason="链接", weight=40)], at=at)
        found = {one.lead.value: one.id for one in discovery.waiting(tx)}
    client = visitor(services, Role.OPERATOR)
    assert "new.test" in client.get("/sources/candidates").text
    district = visitor(services, Role.OPERATOR, region="990100")
    assert "new.test" not in district.get("/sources/candidates").text
    data = {"form_token": form_token(district), "kind": "shop", "region": "990100"}
    path = f"/sources/candidates/{found['new.test']}"
    assert district.post(f"{path}/acceptance", data=data).status_code == 404
    data["form_token"] = form_token(client)
    assert client.post(f"{path}/acceptance", data=data).status_code == 200
    path = f"/sources/candidates/{found['other.test']}/rejection"
    assert client.post(path, data={**data, "reason": "无关"}).status_code == 200
    with services.truth.read() as tx:
        assert source_store.all(tx)[0].hosts == ("new.test",)
        assert discovery.get(tx, found["other.test"]).state is CandidateState.REJECTED
