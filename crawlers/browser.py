"""A real browser behind the egress rules: live visits, and stored pages shown offline."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from playwright.async_api import Browser, Playwright
from playwright.async_api import Error as BrowserError

from crawlers import browser_launch, browser_memory, browser_processes
from crawlers.browser_showing import Showing, Stored, show
from crawlers.devices import device_for
from crawlers.egress import Egress
from crawlers.proxy import FilteringProxy
from domain.captures import Profile
from domain.errors import RetryableError, Unreachable
from domain.rendering import RenderedPage

T = TypeVar("T")

PAGES_PER_BROWSER = 50
MEMORY_CEILING = 1536 * 1024 * 1024

# What the browser says when nobody answers at the address, or hangs up before a word.
_NO_ANSWER = re.compile(r"net::ERR_(?:ADDRESS_UNREACHABLE|CONNECTION_\w+|EMPTY_RESPONSE|TIMED_OUT)")


class ChromiumRenderer:
    """One browser, driven by a thread of its own; calls from any thread, one page at a time.

    All of its traffic passes a filtering proxy of ours that checks every host and address
    (`crawlers.proxy`); it has no other way out. It presents itself as one of two devices, always
    with `token`. After `PAGES_PER_BROWSER` pages a new browser takes over. Raises PermanentError
    when no browser can be started or egress forbids the address, Unreachable when the site does
    not answer, RetryableError when a page does not finish within `deadline` seconds, the browser
    outgrows `memory` bytes, or breaks.
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
        self._process: int | None = None
        self._shown = 0

    def render(self, url: str, *, profile: Profile = Profile.DESKTOP) -> RenderedPage:
        """Visit a live page as this device."""
        self._egress.check(url)
        self._egress.addresses(urlsplit(url).hostname or "")
        device = device_for(profile, self._token)
        return self._run(self._show(Showing(url=url, device=device)))

    def render_stored(self, url: str, html: bytes, charset: str) -> RenderedPage:
        """Show stored bytes offline, as if they came from `url`; nothing is fetched."""
        stored = Stored(html=html, charset=charset)
        device = device_for(Profile.DESKTOP, self._token)
        return self._run(self._show(Showing(url=url, device=device, stored=stored)))

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

    async def _show(self, showing: Showing) -> RenderedPage:
        try:
            browser = await self._ready()
            async with asyncio.timeout(self._deadline):
                return await self._within_memory(browser, showing)
        except TimeoutError as error:
            await self._stop_browser()
            raise RetryableError(
                f"页面在 {self._deadline:g} 秒内未能呈现", at=showing.url
            ) from error
        except BrowserError as error:
            await self._stop_browser()
            if showing.stored is None and _NO_ANSWER.search(error.message):
                raise Unreachable("网站没有应答", at=showing.url) from error
            raise RetryableError(f"浏览器报错：{error.message}", at=showing.url) from error
        finally:
            await self._proxy.end()

    async def _within_memory(self, browser: Browser, showing: Showing) -> RenderedPage:
        page = asyncio.ensure_future(
            show(browser, showing, proxy=self._proxy, executable=self.executable)
        )
        outgrown = asyncio.ensure_future(browser_memory.outgrown(browser, self._memory))
        try:
            await asyncio.wait({page, outgrown}, return_when=asyncio.FIRST_COMPLETED)
            if page.done():
                return page.result()
            held = outgrown.result() // 1024**2
        except asyncio.CancelledError:
            # Out of time. A browser that has stopped answers no more: nothing may wait for it.
            browser_processes.kill(self._process)
            raise
        finally:
            for task in (page, outgrown):
                task.cancel()
            await asyncio.gather(page, outgrown, return_exceptions=True)
        await self._stop_browser()
        raise RetryableError(f"页面使浏览器占用 {held} MiB 内存，超过上限", at=showing.url)

    async def _ready(self) -> Browser:
        self._shown += 1
        if self._browser is not None and self._shown > PAGES_PER_BROWSER:
            await self._stop_browser()
        if self._browser is None or not self._browser.is_connected():
            self._shown = 1
            self._browser = await self._launch()
            self._process = await browser_processes.main_process(self._browser)
        return self._browser

    async def _launch(self) -> Browser:
        if self._playwright is None:
            self._playwright = await browser_launch.driver()
        return await browser_launch.launch(
            self._playwright, executable=self.executable, proxy=await self._proxy.start()
        )

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
            # It had broken already, or does not listen; without it the driver can end.
            browser_processes.kill(self._process)
            await self._stop_driver()
        finally:
            self._process = None

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
