"""Journeys of an operator, an analyst and an office in a real browser: by mouse, keys and print."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from cluewatch.bootstrap import Services
from crawlers import source_store
from crawlers.frontier import pauses
from domain.people import Role
from tests.browser.conftest import Visit, shoot
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.test_console_sources import SHEET

pytestmark = pytest.mark.browser


def test_an_operator_registers_sources_and_pulls_the_switch(
    services: Services, visit: Visit, address: str, tmp_path: Path
) -> None:
    sheet = tmp_path / "sources.csv"
    sheet.write_text(SHEET, "utf-8")
    page = visit(Role.OPERATOR)
    page.goto(f"{address}/sources")
    expect(page.get_by_text("还没有监测对象")).to_be_visible()
    page.get_by_label("表格（XLSX 或 CSV）").set_input_files(sheet)
    page.get_by_role("button", name="导入").click()
    expect(page.get_by_role("status")).to_contain_text("登记 2 行，1 行有误")
    page.get_by_role("link", name="青禾医院").click()
    expect(page.get_by_text("监测对象的起始网址")).to_be_visible()
    page.get_by_label("原因").fill("对方来函")
    page.get_by_role("button", name="暂停").press("Enter")
    expect(page.get_by_text("主机 qinghe.test已暂停")).to_be_visible()
    shoot(page, "sources-paused-1280")
    page.get_by_role("button", name="恢复").click()
    with services.frontier.read() as tx:
        assert pauses.all(tx) == ()
    with services.truth.read() as tx:
        assert len(source_store.all(tx)) == 2


def test_an_analyst_finds_who_stands_behind_two_pages(
    services: Services, visit: Visit, address: str, tmp_path: Path
) -> None:
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    sister = ADVERT.replace("青禾", "碧禾")
    bring_in(services, tmp_path, "s.html", sister, "http://bihe.test/npx.html")
    page = visit(Role.ANALYST)
    page.goto(f"{address}/clues")
    page.locator("tbody a").first.click()
    page.locator("dl.facts a").first.click()
    expect(page.locator(".graph canvas").first).to_be_visible()
    expect(page.get_by_text("电话“4000000123”").first).to_be_visible()
    shoot(page, "subject-graph-1280")
    page.get_by_label("理由").fill("同一电话")
    page.get_by_role("button", name="认定为同一当事人").click()
    expect(page.get_by_text("已并入")).to_be_visible()
    page.get_by_label("理由").fill("法人不同")
    page.get_by_role("button", name="拆分").click()
    expect(page.get_by_role("button", name="认定为同一当事人")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    expect(page.get_by_role("button", name="认定为同一当事人")).to_be_hidden()
    expect(page.get_by_role("heading", name="登记事实")).to_be_visible()


def test_an_office_works_its_desk_with_the_keyboard(
    services: Services, visit: Visit, address: str, tmp_path: Path
) -> None:
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    desk = visit(Role.REVIEWER)
    desk.goto(f"{address}/clues")
    desk.locator("tbody a").first.click()
    desk.keyboard.press("a")
    expect(desk.get_by_role("heading", name="已立单")).to_be_visible()
    desk.goto(f"{address}/todo")
    for box in desk.get_by_role("checkbox").all():
        box.press("Space")
    desk.get_by_role("button", name="批准移送").press("Enter")
    expect(desk.get_by_role("status")).to_contain_text("已办")
    offices = tuple(office.id for office in services.desk.offices.all)
    office = visit(Role.OFFICE, offices=offices, width=390)
    office.goto(f"{address}/todo")
    office.get_by_role("checkbox").first.press("Space")
    office.get_by_role("button", name="签收").press("Enter")
    expect(office.get_by_role("status")).to_contain_text("已办 1 张")
    expect(office.get_by_role("heading", name="待受理（1）")).to_be_visible()
    assert office.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(office, "todo-office-390")
