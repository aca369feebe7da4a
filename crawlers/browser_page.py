"""What is taken from an open page: pictures of it, its words, its parts, and how it was reached."""

from __future__ import annotations

import asyncio
import base64
import platform
from datetime import UTC, datetime

from attrs import frozen
from playwright.async_api import BrowserContext, CDPSession, Page, Request, Response
from playwright.async_api import Error as BrowserError

from crawlers.devices import Device
from domain.captures import Hop
from domain.rendering import Picture, Tls, Visit

MAX_HEIGHT = 16_000
"""A taller picture is more than the browser can draw; the tiles show the rest."""
LONG_PAGE = 8_000
TILE_HEIGHT = 4_000
MAX_TILES = 25
MAX_PICTURES = 100
MAX_PICTURE = 8 << 20
MAX_ALL_PICTURES = 40 << 20
_PATIENCE = 5.0

# Scrolls until the page grows no more (bounded by `most`, and by the deadline of the visit), then
# waits for pictures that are still on their way. Observers need a pause to fire.
_SETTLE = """async ([most, patience]) => {
  const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));
  for (let y = 0; y < Math.min(document.documentElement.scrollHeight, most); y += 700) {
    window.scrollTo(0, y);
    await pause(40);
  }
  const coming = [...document.images].filter((image) => image.currentSrc && !image.complete);
  const end = (image) => new Promise((resume) => {
    image.addEventListener('load', resume); image.addEventListener('error', resume);
  });
  await Promise.race([Promise.all(coming.map(end)), pause(patience * 1000)]);
  window.scrollTo(0, 0);
  await pause(40);
  const pending = [...document.images].filter((image) => image.currentSrc && !image.complete);
  return [document.documentElement.scrollHeight, pending.length];
}"""
_WORDS = "() => document.body ? document.body.innerText : ''"


@frozen(kw_only=True)
class Settled:
    """A page that has come to rest: its size in pixels, and the pictures that never came."""

    width: int
    height: int
    pending: int

    @property
    def seen(self) -> int:
        """How far down the pictures of the page reach."""
        covered = MAX_HEIGHT if self.height <= LONG_PAGE else TILE_HEIGHT * MAX_TILES
        return min(self.height, covered)


class PictureBox:
    """The picture responses of a page as they come in; bodies are asked for at the end."""

    def __init__(self) -> None:
        self._responses: list[Response] = []

    def note(self, response: Response) -> None:
        """Remember a response if it is a picture."""
        if response.request.resource_type == "image" and len(self._responses) < MAX_PICTURES:
            self._responses.append(response)

    async def pictures(self) -> tuple[Picture, ...]:
        """The originals, within the limits of number and size; what has no body is passed over."""
        found, room = [], MAX_ALL_PICTURES
        for response in self._responses:
            picture = await _picture(response)
            if picture is not None and len(picture.body) <= min(room, MAX_PICTURE):
                found.append(picture)
                room -= len(picture.body)
        return tuple(found)


async def settle(page: Page, device: Device) -> Settled:
    """Bring lazy parts in and wait until nothing more comes."""
    most = TILE_HEIGHT * MAX_TILES
    height, pending = await page.evaluate(_SETTLE, [most, _PATIENCE])
    height = max(device.height, int(height))
    return Settled(width=device.width, height=height, pending=int(pending))


async def words(page: Page) -> str:
    """The text that the screen shows."""
    return str(await page.evaluate(_WORDS))


async def screenshot(page: Page, settled: Settled) -> bytes:
    """The page from its top, PNG, as one picture."""
    shape = {"x": 0, "y": 0, "width": settled.width, "height": min(settled.height, MAX_HEIGHT)}
    return await page.screenshot(full_page=True, clip=shape, timeout=0, animations="disabled")  # type: ignore[arg-type] # a FloatRect


async def tiles(session: CDPSession, settled: Settled) -> tuple[bytes, ...]:
    """A long page in pieces that can be read at their size; none when the page is not long."""
    if settled.height <= LONG_PAGE:
        return ()
    pieces = []
    for top in range(0, settled.seen, TILE_HEIGHT):
        clip = {"x": 0, "y": top, "width": settled.width, "scale": 1}
        shown = await session.send(
            "Page.captureScreenshot",
            {
                "format": "png",
                "captureBeyondViewport": True,
                "clip": clip | {"height": min(TILE_HEIGHT, settled.seen - top)},
            },
        )
        pieces.append(base64.b64decode(shown["data"]))
    return tuple(pieces)


async def mhtml(session: CDPSession) -> bytes:
    """The page and what it loaded, in one file (RFC 2557)."""
    made = await session.send("Page.captureSnapshot", {"format": "mhtml"})
    return str(made["data"]).encode("utf-8", "replace")


async def cleanliness(context: BrowserContext, session: CDPSession) -> dict[str, int]:
    """What the browser holds before the page is opened; a fresh one holds nothing."""
    targets = (await session.send("Target.getTargets"))["targetInfos"]
    state = await context.storage_state()
    return {
        "cookies": len(state["cookies"]),
        "stored_origins": len(state["origins"]),
        "extensions": sum(t["url"].startswith("chrome-extension:") for t in targets),
        "pages_open": sum(t["type"] == "page" and t["url"] != "about:blank" for t in targets),
    }


def system() -> str:
    """The operating system under the browser."""
    return platform.platform()


async def visit(response: Response, session: CDPSession, *, addresses: tuple[str, ...]) -> Visit:
    """How the page was reached. The browser sees only our proxy, which dials `addresses[0]`."""
    return Visit(
        status=response.status,
        headers=tuple((h["name"], h["value"]) for h in await response.headers_array()),
        body=await _body(response),
        redirects=await _redirects(response.request),
        addresses=addresses,
        address=addresses[0],
        tls=await _tls(response, session),
    )


async def _redirects(request: Request) -> tuple[Hop, ...]:
    hops = []
    earlier = request.redirected_from
    while earlier is not None:
        answer = await earlier.response()
        hops.append(Hop(url=earlier.url, status=answer.status if answer else 0))
        earlier = earlier.redirected_from
    return tuple(reversed(hops))


async def _tls(response: Response, session: CDPSession) -> Tls | None:
    details = await response.security_details()
    if not details:
        return None
    origin = "/".join(response.url.split("/")[:3])
    chain = await session.send("Network.getCertificate", {"origin": origin})
    return Tls(
        protocol=details.get("protocol") or "",
        names=(details.get("subjectName") or "", details.get("issuer") or ""),
        valid=(_moment(details.get("validFrom")), _moment(details.get("validTo"))),
        certificates=tuple(base64.b64decode(each) for each in chain["tableNames"]),
    )


def _moment(seconds: float | None) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else ""


async def _picture(response: Response) -> Picture | None:
    media = (response.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if not response.ok or not media.startswith("image/"):
        return None
    body = await _body(response)
    return Picture(url=response.url, media_type=media, body=body) if body else None


async def _body(response: Response) -> bytes:
    """The body, b"" when the browser has let go of it already (or it has none)."""
    try:
        return await asyncio.wait_for(response.body(), _PATIENCE)
    except (BrowserError, TimeoutError):
        return b""
