"""A real browser behind the egress rules: live visits, and stored pages shown offline."""

from __future__ import annotations

import asyncio
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
)
from playwright.async_api import Error as BrowserError

from crawlers import browser_memory, chromium
from crawlers.devices import Device, device_for
from crawlers.egress import Egress
from crawlers.proxy import FilteringProxy
from domain.captures import Profile
from domain.errors import RetryableError

T = TypeVar("T")

MAX_HEIGHT = 16_000
PAGES_PER_BROWSER = 50
MEMORY_CEILING = 1536 * 1024 * 1024
LOCALE, TIME_ZONE = "zh-CN", "Asia/Shanghai"

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


@frozen(kw_only=True)
class _Showing:
    """One page to be shown; `network` says for the record where its host was found."""

    url: str
    device: Device
    network: str
    stored: _Stored | None = None


class ChromiumRenderer:
    """One browser, driven by a thread of its own; calls from any thread, one page at a time.

    All of its traffic passes a filtering proxy of ours that checks every host and address
    (`crawlers.proxy`); it has no other way out. It presents itself as one of two devices, always
    with `token`. After `PAGES_PER_BROWSER` pages a new browser takes over. Raises PermanentError
    when no browser can be started or egress forbids the address, RetryableError when a page does
    not finish within `deadline` seconds, the browser outgrows `memory` bytes, or breaks.
    """

    def __init__(
        self,
        *,
        executable: Path | None,
        egress: Egress,
        token: str,
        deadline: float = 45.0,
        memory: int = MEMORY_CEILING,
    ) -> None:
        self._executable = executable
        self._egress = egress
        self._token = token
        self._deadline = deadline
        self._memory = memory
        self._proxy = FilteringProxy(egress)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._shown = 0

    def render(self, url: str, *, profile: Profile = Profile.DESKTOP) -> BrowserPage:
        """Visit a live page as this device."""
        self._egress.check(url)
        host = urlsplit(url).hostname or ""
        network = f"{host} = {self._egress.addresses(host)[0]}"
        device = device_for(profile, self._token)
        return self._run(self._show(_Showing(url=url, device=device, network=network)))

    def render_stored(self, url: str, html: bytes, charset: str) -> BrowserPage:
        """Show stored bytes offline, as if they came from `url`; nothing is fetched."""
        stored = _Stored(url=url, html=html, charset=charset)
        device = device_for(Profile.DESKTOP, self._token)
        showing = _Showing(url=url, device=device, network="offline", stored=stored)
        return self._run(self._show(showing))

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

    async def _show(self, showing: _Showing) -> BrowserPage:
        browser = await self._ready()
        try:
            async with asyncio.timeout(self._deadline):
                return await self._within_memory(browser, showing)
        except TimeoutError as error:
            await self._stop_browser()
            raise RetryableError(
                f"页面在 {self._deadline:g} 秒内未能呈现", at=showing.url
            ) from error
        except BrowserError as error:
            await self._stop_browser()
            raise RetryableError(f"浏览器报错：{error.message}", at=showing.url) from error
        finally:
            await self._proxy.end()

    async def _within_memory(self, browser: Browser, showing: _Showing) -> BrowserPage:
        page = asyncio.ensure_future(self._page(browser, showing))
        outgrown = asyncio.ensure_future(browser_memory.outgrown(browser, self._memory))
        try:
            await asyncio.wait({page, outgrown}, return_when=asyncio.FIRST_COMPLETED)
            if page.done():
                return page.result()
            held = outgrown.result() // 1024**2
        finally:
            for task in (page, outgrown):
                task.cancel()
            await asyncio.gather(page, outgrown, return_exceptions=True)
        await self._stop_browser()
        raise RetryableError(f"页面使浏览器占用 {held} MiB 内存，超过上限", at=showing.url)

    async def _page(self, browser: Browser, showing: _Showing) -> BrowserPage:
        device = showing.device
        context = await browser.new_context(
            user_agent=device.user_agent,
            locale=LOCALE,
            timezone_id=TIME_ZONE,
            viewport={"width": device.width, "height": device.height},
            is_mobile=device.mobile,
            has_touch=device.mobile,
            service_workers="block",
            accept_downloads=False,
            offline=showing.stored is not None,
        )
        try:
            await self._guard(context, showing)
            page = await context.new_page()
            page.on("dialog", _dismiss)
            page.on("popup", _close)
            await page.goto(showing.url, wait_until="load", timeout=0)
            height = int(await page.evaluate(_SCROLL, MAX_HEIGHT))
            visible = max(device.height, min(height, MAX_HEIGHT))
            await page.set_viewport_size({"width": device.width, "height": visible})
            return BrowserPage(
                html=(await page.content()).encode("utf-8", "replace"),
                screenshot=await page.screenshot(timeout=0, animations="disabled"),
                final_url=page.url,
                environment=self._environment(browser, showing, height=height),
            )
        finally:
            await context.close()

    async def _guard(self, context: BrowserContext, showing: _Showing) -> None:
        stored = showing.stored
        rules = self._proxy.begin(showing.url) if stored is None else None

        async def decide(route: Route) -> None:
            wanted = route.request.url
            if stored is not None and wanted.partition("#")[0] == stored.url:
                await route.fulfill(
                    body=stored.html, content_type=f"text/html; charset={stored.charset}"
                )
            elif rules is not None and rules.lets_load(wanted):
                self._proxy.admit(wanted)
                await route.continue_()
            else:
                await route.abort("blockedbyclient")

        await context.route("**/*", decide)
        await context.route_web_socket("**/*", _refuse_socket)

    def _environment(self, browser: Browser, showing: _Showing, *, height: int) -> dict[str, str]:
        traffic = self._proxy.traffic
        return {
            "browser": browser.browser_type.name,
            "browser_version": browser.version,
            "executable": self.executable or "playwright",
            "user_agent": showing.device.user_agent,
            "locale": LOCALE,
            "time_zone": TIME_ZONE,
            "viewport": showing.device.viewport,
            "page_height": str(height),
            "page_cut": str(height > MAX_HEIGHT).lower(),
            "network": showing.network,
            "requests": str(0 if showing.stored else traffic.requests),
            "requests_refused": str(0 if showing.stored else len(traffic.refused)),
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
        if self._playwright is None:
            self._playwright = await chromium.driver()
        return await chromium.launch(
            self._playwright, executable=self.executable, proxy=await self._proxy.start()
        )

    @property
    def executable(self) -> str | None:
        """The browser of the settings, else the first on this machine, else None: Playwright's."""
        return str(self._executable) if self._executable is not None else chromium.installed()

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
        await self._proxy.stop()


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
