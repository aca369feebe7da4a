"""Which browser is started, and with which switches."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from playwright.async_api import Browser, Playwright

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
)
REMEDY = (
    "无法启动浏览器：请安装 chromium（apt-get install chromium），或运行 "
    "playwright install chromium，或在设置 browser.executable 中指明路径"
)


def find(configured: Path | None) -> str | None:
    """The browser of the settings, else the first on this machine, else None: Playwright's."""
    if configured is not None:
        return str(configured)
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


async def launch(
    playwright: Playwright, executable: str | None, pins: Mapping[str, str]
) -> Browser:
    """Start it so that no name resolves but those of `pins`. Raises what Playwright raises."""
    pinned = [f"MAP {host} {address}" for host, address in sorted(pins.items())]
    rules = ", ".join([*pinned, "MAP * ~NOTFOUND"])
    return await playwright.chromium.launch(
        executable_path=executable,
        args=[*_FLAGS, f"--host-resolver-rules={rules}"],
        chromium_sandbox=os.geteuid() != 0,
    )
