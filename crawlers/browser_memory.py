"""How much memory a browser holds, over all of its processes."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

from playwright.async_api import Browser

from crawlers.browser_processes import processes

_PAUSE_SECONDS = 0.5


async def resident(browser: Browser) -> int:
    """Resident bytes of the browser's processes; 0 where the system does not tell (/proc)."""
    return sum(_resident(process.id) for process in await processes(browser))


async def outgrown(browser: Browser, ceiling: int) -> int:
    """Return, with the size in bytes, once the browser holds more than `ceiling`."""
    while True:
        held = await resident(browser)
        if held > ceiling:
            return held
        await asyncio.sleep(_PAUSE_SECONDS)


def _resident(process: int) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * resource.getpagesize()
