"""An analyst's and an office's first hour, in a real browser, on the demonstration's data."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from domain.people import Role
from tests.browser.conftest import address as address  # noqa: PLC0414 - fixtures here as well
from tests.browser.conftest import browser as browser  # noqa: PLC0414
from tests.browser.conftest import shoot

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

OWN = "a password of my own"


def sign_in(browser: Browser, address: str, services: Services, *roles: Role) -> Page:
    """First login of a new user: one-time password, then an own one."""
    name = "-".join(roles)
    market = next(o.id for o in services.desk.offices.all if o.kind == "market_supervision")
    with services.truth.write() as tx:
        once = accounts.create(
            tx,
            id=services.ids.new(),
            name=name,
            roles=roles,
            offices=(market,) if Role.OFFICE in roles else (),
            at=services.clock.now(),
            actor="test",
        )
    page = browser.new_page(locale="zh-CN", viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(once)
    page.get_by_role("button", name="登录").click()
    page.get_by_label("原密码").fill(once)
    page.get_by_label("新密码", exact=True).fill(OWN)
    page.get_by_label("再次输入新密码").fill(OWN)
    page.get_by_role("button", name="保存").click()
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(OWN)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()
    return page


def test_an_analyst_goes_from_a_word_to_the_proof(
    browser: Browser, address: str, services: Services
) -> None:
    page = sign_in(browser, address, services, Role.ANALYST, Role.REVIEWER, Role.OPERATOR)
    shoot(page, "home")
    page.get_by_role("link", name="复核", exact=True).click()
    expect(page.get_by_role("button", name="勾选属实")).to_be_visible()
    shoot(page, "review")
    page.get_by_role("link", name="检索", exact=True).click()
    page.get_by_label("检索式").fill("判定:CLUE 且 (治愈 或 注射)")
    page.get_by_role("button", name="检索").click()
    assert page.locator("article.hit").count() > 0
    shoot(page, "search")
    page.locator("article.hit h2 a").first.click()
    assert page.locator("mark.finding").count() > 0
    shoot(page, "document")
    page.get_by_role("link", name="线索", exact=True).click()
    page.locator("tbody a").first.click()
    picture = page.get_by_alt_text("固证时的网页截图")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 600
    shoot(page, "clue")
    page.get_by_role("link", name="运行", exact=True).click()
    expect(page.get_by_role("heading", name="覆盖缺口")).to_be_visible()
    shoot(page, "operations")


def test_an_office_receives_and_accepts_its_ticket(
    browser: Browser, address: str, services: Services
) -> None:
    page = sign_in(browser, address, services, Role.OFFICE)
    expect(page.get_by_role("link", name="检索")).to_have_count(0)
    expect(page.get_by_role("heading", name="工单")).to_be_visible()
    led = page.locator("tbody tr").filter(has_text="市场监督管理局").first
    led.locator("a").first.click()
    shoot(page, "ticket")
    page.get_by_role("button", name="签收").click()
    page.get_by_role("button", name="受理").click()
    expect(page.get_by_role("heading", name="已受理")).to_be_visible()
    assert page.get_by_text("时限").count() > 0


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_its_window(
    browser: Browser, address: str, services: Services, width: int
) -> None:
    roles = {1280: Role.ANALYST, 390: Role.REVIEWER}
    page = sign_in(browser, address, services, roles[width])
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/search?q=%E6%B2%BB%E7%96%97", "/clues", "/tickets"):
        page.goto(address + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
    shoot(page, f"tickets-{width}")
