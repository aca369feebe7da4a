"""One page in a fresh context: what it may ask for while shown, and all that is kept of it."""

from __future__ import annotations

from urllib.parse import urlsplit

from attrs import evolve, field, frozen
from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Dialog,
    Page,
    Request,
    Response,
    Route,
    WebSocketRoute,
)
from playwright.async_api import Error as BrowserError

from crawlers import browser_masking, browser_page
from crawlers.browser_page import PictureBox, Settled
from crawlers.devices import Device
from crawlers.egress import PolicyDenied
from crawlers.proxy import FilteringProxy, PageRules
from domain.errors import RetryableError, Unreachable
from domain.rendering import RenderedPage, Visit

LOCALE, TIME_ZONE = "zh-CN", "Asia/Shanghai"


@frozen(kw_only=True)
class Stored:
    """Bytes that stand in for the network."""

    html: bytes = field(repr=False)
    charset: str


@frozen(kw_only=True)
class Showing:
    """One page to be shown, live unless `stored` stands in for its server."""

    url: str
    device: Device
    stored: Stored | None = None


async def show(
    browser: Browser, showing: Showing, *, proxy: FilteringProxy, executable: str | None
) -> RenderedPage:
    """Open the page and take its record; a live one asks for everything through `proxy`.

    Raises PolicyDenied or Unreachable when the page leads to an address that the proxy refused or
    could not reach, RetryableError when nothing was opened, and what Playwright raises.
    """
    context = await _context(browser, showing)
    try:
        await _guard(context, showing, proxy)
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("Network.enable")  # else the certificate is not remembered
        found = await browser_page.cleanliness(context, session)
        pictures = PictureBox()
        page.on("dialog", _dismiss)
        page.on("popup", _close)
        page.on("response", pictures.note)
        answer = await _open(page, showing, proxy)
        visit = await _visit(answer, session, proxy) if showing.stored is None else None
        settled = await browser_page.settle(page, showing.device)
        seen = RenderedPage(
            html=(await page.content()).encode("utf-8", "replace"),
            text=await browser_page.words(page),
            screenshot=await browser_page.screenshot(page, settled),
            tiles=await browser_page.tiles(session, settled),
            mhtml=await browser_page.mhtml(session),
            masked=b"",
            pictures=await pictures.pictures(),
            final_url=page.url,
            visit=visit,
            environment={
                "browser": browser.browser_type.name,
                "browser_version": browser.version,
                "executable": executable or "playwright",
                **_conditions(showing, settled, proxy),
            },
            cleanliness=found,
        )
        # Last, for it changes the page.
        return evolve(seen, masked=await browser_masking.screenshot(page, session, settled))
    finally:
        await context.close()


async def _context(browser: Browser, showing: Showing) -> BrowserContext:
    device = showing.device
    return await browser.new_context(
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


async def _guard(context: BrowserContext, showing: Showing, proxy: FilteringProxy) -> None:
    if showing.stored is None:
        await _let_out(context, proxy, proxy.begin(showing.url))
    else:
        await _keep_in(context, showing.url, showing.stored)
    await context.route_web_socket("**/*", _refuse_socket)


async def _let_out(context: BrowserContext, proxy: FilteringProxy, rules: PageRules) -> None:
    async def decide(route: Route) -> None:
        if rules.lets_load(route.request.url):
            proxy.admit(route.request.url)
            await route.continue_()
        else:
            await route.abort("blockedbyclient")

    def follow(request: Request) -> None:
        # The browser follows redirects without asking `decide`.
        if request.redirected_from is not None and rules.lets_load(request.url):
            proxy.admit(request.url)

    context.on("request", follow)
    await context.route("**/*", decide)


async def _keep_in(context: BrowserContext, url: str, stored: Stored) -> None:
    async def decide(route: Route) -> None:
        if route.request.url.partition("#")[0] == url:
            await route.fulfill(
                body=stored.html, content_type=f"text/html; charset={stored.charset}"
            )
        else:
            await route.abort("blockedbyclient")

    await context.route("**/*", decide)


async def _open(page: Page, showing: Showing, proxy: FilteringProxy) -> Response:
    """Go to the page. An answer of our own proxy is none of the site's."""
    opened = [showing.url]

    def note(request: Request) -> None:
        if request.is_navigation_request() and request.frame == page.main_frame:
            opened.append(request.url)

    page.on("request", note)
    try:
        answer = await page.goto(showing.url, wait_until="load", timeout=0)
    except BrowserError:
        if showing.stored is None:
            _check_reached(opened[-1], proxy)
        raise
    finally:
        page.remove_listener("request", note)
    if answer is None:
        raise RetryableError("浏览器没有打开页面", at=showing.url)
    return answer


def _check_reached(url: str, proxy: FilteringProxy) -> None:
    if urlsplit(url).hostname in proxy.traffic.unanswered:
        raise Unreachable("网站没有应答", at=url)
    refused = proxy.traffic.refusal_of(url)
    if refused is not None:
        raise PolicyDenied(f"页面转向不得访问的地址：{refused}", at=url)


async def _visit(answer: Response, session: CDPSession, proxy: FilteringProxy) -> Visit:
    """The way to the page."""
    host = urlsplit(answer.url).hostname or ""
    return await browser_page.visit(answer, session, addresses=proxy.traffic.answers[host])


def _conditions(showing: Showing, settled: Settled, proxy: FilteringProxy) -> dict[str, str]:
    live = showing.stored is None
    return {
        "system": browser_page.system(),
        "user_agent": showing.device.user_agent,
        "locale": LOCALE,
        "time_zone": TIME_ZONE,
        "viewport": showing.device.viewport,
        "page_height": str(settled.height),
        "page_cut": str(settled.seen < settled.height).lower(),
        "pictures_pending": str(settled.pending),
        "network": "live" if live else "offline",
        "requests": str(proxy.traffic.requests if live else 0),
        "requests_refused": str(len(proxy.traffic.refused) if live else 0),
    }


async def _dismiss(dialog: Dialog) -> None:
    await dialog.dismiss()


async def _close(page: Page) -> None:
    await page.close()


async def _refuse_socket(socket: WebSocketRoute) -> None:
    await socket.close()
