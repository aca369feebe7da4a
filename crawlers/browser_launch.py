"""Which browser is started, with everything off that would go past its proxy."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.async_api import Browser, Playwright, async_playwright
from playwright.async_api import Error as BrowserError

from domain.errors import PermanentError

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
    "--disable-extensions",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    # The browser itself knows no name and no address but its proxy's.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_REMEDY = (
    "无法启动浏览器：请安装 chromium（apt-get install chromium），或运行 "
    "playwright install chromium，或在设置 browser.executable 中指明路径"
)


def find(configured: Path | None) -> str | None:
    """The browser of the settings, else the first on this machine, else None: Playwright's."""
    if configured is not None:
        return str(configured)
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


async def driver() -> Playwright:
    """Start Playwright's driver. Raises PermanentError."""
    try:
        return await async_playwright().start()
    except (BrowserError, OSError) as error:
        raise PermanentError(f"{_REMEDY}（{str(error)[:300]}）") from error


async def launch(playwright: Playwright, *, executable: str | None, proxy: str) -> Browser:
    """A browser whose only way out is `proxy`. Raises PermanentError that names the remedy."""
    try:
        return await playwright.chromium.launch(
            executable_path=executable,
            args=list(_FLAGS),
            # Chromium would reach loopback past any proxy if it were not told otherwise.
            proxy={"server": proxy, "bypass": "<-loopback>"},
            chromium_sandbox=os.geteuid() != 0,
        )
    except (BrowserError, OSError) as error:
        raise PermanentError(f"{_REMEDY}（{str(error)[:300]}）") from error
