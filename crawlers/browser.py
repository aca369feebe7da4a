"""A real browser behind the egress rules: live visits, and stored pages shown offline."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from attrs import frozen
from playwright.async_api import (
    Browser,
    BrowserContext,
    Dialog,
    Page,
    Playwright,
    Route,
    WebSocketRoute,
    async_playwright,
)
from playwright.async_api import Error as BrowserError

from crawlers.egress import Egress, PolicyDenied
from crawlers.pages.blocked import is_blocked
from domain.errors import PermanentError, RetryableError

T = TypeVar("T")

WIDTH, HEIGHT = 1280, 900
MAX_HEIGHT = 16_000
PAGES_PER_BROWSER = 50
LOCALE, TIME_ZONE = "zh-CN", "Asia/Shanghai"

_NAMES = (
    "chromium",
    "chromium-headless-shell",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
_REMEDY = (
    "无法启动浏览器：请安装 chromium（apt-get install chromium），或运行 "
    "playwright install chromium，或在设置 browser.executable 中指明路径"
)
# Brings lazy parts in; the pause lets observers fire. Bounded by height, and by the deadline.
_SCROLL = """async (most) => {
  for (let y = 0; y < Math.min(document.documentElement.scrollHeight, most); y += 700) {
    window.scrollTo(0, y);
    await new Promise((resume) => setTimeout(resume, 40));
  }
  window.scrollTo(0, 0);
  return document.documentElement.scrollHeight;
}"""


@frozen(kw_only=True)
class BrowserPage:
    """What the browser made of a page (domain.ports.RenderedPage)."""

    html: bytes
    screenshot: bytes
    final_url: str
    environment: dict[str, str]


@frozen(kw_only=True)
class _Stored:
    """Bytes that stand in for the network."""

    url: str
    html: bytes
    charset: str


class ChromiumRenderer:
    """One browser, driven by a thread of its own; calls from any thread, one page at a time.

    The browser resolves only the hosts it was sent to, pinned to addresses that egress has
    checked; every other name and address literal does not exist for it. Raises PermanentError
    when no browser can be started or egress forbids the address, RetryableError when a page
    does not finish within `deadline` seconds or the browser breaks.
    """

    def __init__(
        self,
        *,
        executable: Path | None,
        egress: Egress,
        user_agent: str,
        deadline: float = 45.0,
    ) -> None:
        self._executable = executable
        self._egress = egress
        self._user_agent = user_agent
        self._deadline = deadline
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._pins: dict[str, str] = {}
        self._shown = 0

    def render(self, url: str) -> BrowserPage:
        """Visit a live page."""
        self._egress.check(url)
        host = urlsplit(url).hostname or ""
        return self._run(self._live(url, host, self._egress.addresses(host)[0]))

    def render_stored(self, url: str, html: bytes, charset: str) -> BrowserPage:
        """Show stored bytes offline, as if they came from `url`; nothing is fetched."""
        return self._run(self._show(url, _Stored(url=url, html=html, charset=charset)))

    def close(self) -> None:
        """End the browser and its thread. The renderer starts again when it is used again."""
        with self._lock:
            if self._loop is None:
                return
            loop, self._loop = self._loop, None
            asyncio.run_coroutine_threadsafe(self._stop(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    def _run(self, work: Coroutine[object, object, T]) -> T:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(self._loop,), daemon=True).start()
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _live(self, url: str, host: str, address: str) -> BrowserPage:
        if self._pins.get(host) != address:
            await self._stop_browser()
            self._pins[host] = address
        return await self._show(url, None)

    async def _show(self, url: str, stored: _Stored | None) -> BrowserPage:
        browser = await self._ready()
        try:
            async with asyncio.timeout(self._deadline):
                return await self._page(browser, url, stored)
        except TimeoutError as error:
            await self._stop_browser()
            raise RetryableError(f"页面在 {self._deadline:g} 秒内未能呈现", at=url) from error
        except BrowserError as error:
            await self._stop_browser()
            raise RetryableError(f"浏览器报错：{error.message}", at=url) from error

    async def _page(self, browser: Browser, url: str, stored: _Stored | None) -> BrowserPage:
        context = await browser.new_context(
            user_agent=self._user_agent,
            locale=LOCALE,
            timezone_id=TIME_ZONE,
            viewport={"width": WIDTH, "height": HEIGHT},
            service_workers="block",
            accept_downloads=False,
            offline=stored is not None,
        )
        try:
            await self._guard(context, url, stored)
            page = await context.new_page()
            page.on("dialog", _dismiss)
            page.on("popup", _close)
            await page.goto(url, wait_until="load", timeout=0)
            height = int(await page.evaluate(_SCROLL, MAX_HEIGHT))
            visible = max(HEIGHT, min(height, MAX_HEIGHT))
            await page.set_viewport_size({"width": WIDTH, "height": visible})
            return BrowserPage(
                html=(await page.content()).encode("utf-8", "replace"),
                screenshot=await page.screenshot(timeout=0, animations="disabled"),
                final_url=page.url,
                environment=self._environment(browser, url, height=height, offline=bool(stored)),
            )
        finally:
            await context.close()

    async def _guard(self, context: BrowserContext, url: str, stored: _Stored | None) -> None:
        async def decide(route: Route) -> None:
            if stored is not None and route.request.url.partition("#")[0] == stored.url:
                await route.fulfill(
                    body=stored.html, content_type=f"text/html; charset={stored.charset}"
                )
            elif stored is None and self._may_load(route.request.url, url):
                await route.continue_()
            else:
                await route.abort("blockedbyclient")

        await context.route("**/*", decide)
        await context.route_web_socket("**/*", _refuse_socket)

    def _may_load(self, wanted: str, page: str) -> bool:
        parts, own = urlsplit(wanted), urlsplit(page)
        if parts.scheme in ("data", "blob"):
            return True
        try:
            self._egress.check(wanted)
        except PolicyDenied:
            return False
        known = (parts.hostname or "") in self._pins
        return known and parts.port in (None, 80, 443, own.port) and not is_blocked(wanted)

    def _environment(
        self, browser: Browser, url: str, *, height: int, offline: bool
    ) -> dict[str, str]:
        host = urlsplit(url).hostname or ""
        return {
            "browser": browser.browser_type.name,
            "browser_version": browser.version,
            "executable": self.executable or "playwright",
            "user_agent": self._user_agent,
            "locale": LOCALE,
            "time_zone": TIME_ZONE,
            "viewport": f"{WIDTH}x{HEIGHT}",
            "page_height": str(height),
            "page_cut": str(height > MAX_HEIGHT).lower(),
            "network": "offline" if offline else f"{host} = {self._pins[host]}",
        }

    async def _ready(self) -> Browser:
        self._shown += 1
        if self._browser is not None and self._shown > PAGES_PER_BROWSER:
            await self._stop_browser()
        if self._browser is None or not self._browser.is_connected():
            self._shown = 1
            self._browser = await self._launch()
        return self._browser

    async def _launch(self) -> Browser:
        pinned = [f"MAP {host} {address}" for host, address in sorted(self._pins.items())]
        rules = ", ".join([*pinned, "MAP * ~NOTFOUND"])
        try:
            if self._playwright is None:
                self._playwright = await async_playwright().start()
            return await self._playwright.chromium.launch(
                executable_path=self.executable,
                args=[*_FLAGS, f"--host-resolver-rules={rules}"],
                chromium_sandbox=os.geteuid() != 0,
            )
        except (BrowserError, OSError) as error:
            raise PermanentError(f"{_REMEDY}（{str(error)[:300]}）") from error

    @property
    def executable(self) -> str | None:
        """The browser of the settings, else the first on this machine, else None: Playwright's."""
        if self._executable is not None:
            return str(self._executable)
        return next((path for name in _NAMES if (path := shutil.which(name))), None)

    async def _stop_browser(self) -> None:
        browser, self._browser = self._browser, None
        if browser is None:
            return
        try:
            await asyncio.wait_for(browser.close(), 10)
        except (BrowserError, TimeoutError):
            # It had broken already; Playwright's driver ends its process.
            await self._stop_driver()

    async def _stop_driver(self) -> None:
        playwright, self._playwright = self._playwright, None
        if playwright is not None:
            await playwright.stop()

    async def _stop(self) -> None:
        await self._stop_browser()
        await self._stop_driver()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _dismiss(dialog: Dialog) -> None:
    await dialog.dismiss()


async def _close(page: Page) -> None:
    await page.close()


async def _refuse_socket(socket: WebSocketRoute) -> None:
    await socket.close()
