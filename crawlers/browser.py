"""A real browser behind the egress rules: live visits, and stored pages shown offline."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from attrs import frozen
from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Dialog,
    Page,
    Playwright,
    Response,
    Route,
    WebSocketRoute,
    async_playwright,
)
from playwright.async_api import Error as BrowserError

from crawlers import browser_launch, browser_page
from crawlers.browser_page import HEIGHT, WIDTH, PictureBox, Settled
from crawlers.egress import Egress, PolicyDenied
from crawlers.pages.blocked import is_blocked
from domain.errors import PermanentError, RetryableError, Unreachable
from domain.rendering import RenderedPage, Visit

T = TypeVar("T")

PAGES_PER_BROWSER = 50
LOCALE, TIME_ZONE = "zh-CN", "Asia/Shanghai"

# What the browser says when nobody answers at the address, or nobody has the name.
_NO_ANSWER = re.compile(
    r"net::ERR_(?:NAME_NOT_RESOLVED|ADDRESS_UNREACHABLE|CONNECTION_\w+|EMPTY_RESPONSE|TIMED_OUT)"
)


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
    when no browser can be started or egress forbids the address, Unreachable when the site does
    not answer, RetryableError when a page does not finish within `deadline` seconds or the
    browser breaks.
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

    def render(self, url: str) -> RenderedPage:
        """Visit a live page."""
        self._egress.check(url)
        host = urlsplit(url).hostname or ""
        return self._run(self._live(url, host, tuple(self._egress.addresses(host))))

    def render_stored(self, url: str, html: bytes, charset: str) -> RenderedPage:
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

    async def _live(self, url: str, host: str, addresses: tuple[str, ...]) -> RenderedPage:
        if self._pins.get(host) != addresses[0]:
            await self._stop_browser()
            self._pins[host] = addresses[0]
        return await self._show(url, None, addresses)

    async def _show(
        self, url: str, stored: _Stored | None, addresses: tuple[str, ...] = ()
    ) -> RenderedPage:
        browser = await self._ready()
        try:
            async with asyncio.timeout(self._deadline):
                return await self._page(browser, url, stored, addresses)
        except TimeoutError as error:
            await self._stop_browser()
            raise RetryableError(f"页面在 {self._deadline:g} 秒内未能呈现", at=url) from error
        except BrowserError as error:
            await self._stop_browser()
            if stored is None and _NO_ANSWER.search(error.message):
                raise Unreachable("网站没有应答", at=url) from error
            raise RetryableError(f"浏览器报错：{error.message}", at=url) from error

    async def _page(
        self, browser: Browser, url: str, stored: _Stored | None, addresses: tuple[str, ...]
    ) -> RenderedPage:
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
            session = await context.new_cdp_session(page)
            await session.send("Network.enable")  # else the certificate is not remembered
            found = await browser_page.cleanliness(context, session)
            pictures = PictureBox()
            page.on("dialog", _dismiss)
            page.on("popup", _close)
            page.on("response", pictures.note)
            answer = await page.goto(url, wait_until="load", timeout=0)
            if answer is None:
                raise RetryableError("浏览器没有打开页面", at=url)
            settled = await browser_page.settle(page)
            return RenderedPage(
                html=(await page.content()).encode("utf-8", "replace"),
                text=await browser_page.words(page),
                screenshot=await browser_page.screenshot(page, settled),
                tiles=await browser_page.tiles(session, settled),
                mhtml=await browser_page.mhtml(session),
                pictures=await pictures.pictures(),
                final_url=page.url,
                visit=await self._visit(answer, session, url, addresses) if not stored else None,
                environment=self._environment(browser, settled, offline=stored is not None),
                cleanliness=found,
            )
        finally:
            await context.close()

    async def _visit(
        self, answer: Response, session: CDPSession, url: str, addresses: tuple[str, ...]
    ) -> Visit:
        pinned = self._pins[urlsplit(url).hostname or ""]
        return await browser_page.visit(answer, session, addresses=addresses, pinned=pinned)

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

    def _environment(self, browser: Browser, settled: Settled, *, offline: bool) -> dict[str, str]:
        return {
            "browser": browser.browser_type.name,
            "browser_version": browser.version,
            "executable": self.executable or "playwright",
            "system": browser_page.system(),
            "user_agent": self._user_agent,
            "locale": LOCALE,
            "time_zone": TIME_ZONE,
            "viewport": f"{WIDTH}x{HEIGHT}",
            "page_height": str(settled.height),
            "page_cut": str(settled.seen < settled.height).lower(),
            "pictures_pending": str(settled.pending),
            "network": "offline" if offline else "live",
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
        try:
            if self._playwright is None:
                self._playwright = await async_playwright().start()
            return await browser_launch.launch(self._playwright, self.executable, self._pins)
        except (BrowserError, OSError) as error:
            raise PermanentError(f"{browser_launch.REMEDY}（{str(error)[:300]}）") from error

    @property
    def executable(self) -> str | None:
        """The browser that is used; None is Playwright's own."""
        return browser_launch.find(self._executable)

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
