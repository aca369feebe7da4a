"""The processes of a running browser, and how it is ended when it no longer listens."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from attrs import frozen
from playwright.async_api import Browser

_MAIN = "browser"


@frozen(kw_only=True)
class Process:
    """One process of a browser; `kind` is its role, as the browser names it."""

    id: int
    kind: str


async def processes(browser: Browser) -> list[Process]:
    """All processes of a browser that answers."""
    session = await browser.new_browser_cdp_session()
    try:
        told = await session.send("SystemInfo.getProcessInfo")
    finally:
        await session.detach()
    return [Process(id=int(one["id"]), kind=str(one["type"])) for one in told["processInfo"]]


async def main_process(browser: Browser) -> int | None:
    """The process with which all others end."""
    found = await processes(browser)
    return next((process.id for process in found if process.kind == _MAIN), None)


def kill(process: int | None) -> None:
    """End a browser at once; what waits for it learns that it is gone."""
    if process is not None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
