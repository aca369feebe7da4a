"""A console with a few cases in it, in a real browser, with axe-core at hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from cluewatch.accounts import sessions
from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from cluewatch.console.access import COOKIE
from cluewatch.console.app import create_app
from domain.people import Role
from tests.cluewatch.conftest import services as services  # noqa: PLC0414 - a fixture here as well

SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"
Visit = Callable[..., Page]


@pytest.fixture
def address(services: Services) -> Iterator[str]:
    """The console on a free loopback port."""
    config = uvicorn.Config(create_app(services), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def browser(services: Services) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=services.renderer.executable, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, address: str, services: Services) -> Iterator[Visit]:
    """Opens a page in which a new user with these roles is signed in; complaints of the browser
    (a blocked script, an error of ours) fail the test."""
    complaints: list[str] = []

    def open_page(*roles: Role, offices: tuple[str, ...] = (), width: int = 1280) -> Page:
        at = services.clock.now()
        name = "-".join(roles)
        with services.truth.write() as tx:
            if name not in {user.name for user in accounts.all_users(tx)}:
                once = accounts.create(
                    tx, id=name, name=name, roles=roles, offices=offices, at=at, actor="test"
                )
                user = accounts.by_name(tx, name=name)
                own = "a password of my own"
                accounts.change_password(tx, user=user, old=once, new=own, at=at)
            token = sessions.open(tx, user_id=name, verified=True, origin="test", at=at)
        context = browser.new_context(locale="zh-CN", viewport={"width": width, "height": 900})
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    assert complaints == []


def shoot(page: Page, name: str) -> None:
    """Keep a picture of what the user sees."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
