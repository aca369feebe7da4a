"""The replica internet as a neighbour: its process, its settings, its score."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen

from crawlers.sources import load_sources
from domain.errors import PermanentError
from sitefarm.clock import tick_of
from sitefarm.plans import PlanName
from sitefarm.score import score

_START_SECONDS = 60.0


@frozen(kw_only=True)
class Ports:
    """Where the farm serves its hosts, and where (on 127.0.0.1) it is administered."""

    pages: int = 8480
    admin: int = 8481

    @property
    def clock_url(self) -> str:
        """The address of the farm's civil clock."""
        return f"http://127.0.0.1:{self.admin}/__farm/clock"


@contextmanager
def running(*, seed: str, plan: PlanName, directory: Path, ports: Ports) -> Iterator[str]:
    """Start the farm and yield the address of its civil clock; stop it at the end.

    Raises PermanentError when it does not come up (most often: its ports are taken).
    """
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "farm.log"
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program, fixed arguments
            [
                *(sys.executable, "-m", "sitefarm", "--seed", seed, "--plan", plan),
                *("--directory", str(directory)),
                *("--port", str(ports.pages), "--admin-port", str(ports.admin)),
            ],
            stdout=output,
            stderr=output,
        )
    try:
        _await(process, log, ports, seed)
        yield ports.clock_url
    finally:
        process.terminate()
        process.wait(timeout=30)


def settings_of(directory: Path, clock_url: str) -> dict[str, dict[str, object]]:
    """The sections of cluewatch.toml that make a home watch this farm."""
    resolve = json.loads((directory / "resolve.json").read_text("utf-8"))
    region = load_sources(directory / "sources.yml")[0].region
    return {
        "agency": {
            "name": "示范市医疗广告监测中心（演示）",
            "contact": "monitor@agency.test",
            "legal_basis": "演示环境，仅访问本机农场",
            "region": f"{region[:4]}00",
        },
        "network": {"resolve": resolve, "allowed": ["127.0.0.0/8"]},
        "clock": {"url": clock_url},
        "dispatch": {"automatic": True},
    }


def scored(directory: Path, product: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The score of what the product says (rows of `show --json`), as interfaces.md has it."""
    state = json.loads((directory / "farm.json").read_text("utf-8"))
    return {
        "seed": state["seed"],
        "ticks": tick_of(datetime.fromisoformat(state["civil"])),
        "rows": [row.as_json() for row in score(directory, product)],
    }


def _await(process: subprocess.Popen[bytes], log: Path, ports: Ports, seed: str) -> None:
    # A farm of somebody else may answer on these ports while ours finds them taken and ends.
    health = f"http://127.0.0.1:{ports.admin}/__farm/health"
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(trust_env=False, timeout=2.0) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                answer = client.get(health)
                if answer.is_success and answer.json()["seed"] == seed:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    raise PermanentError(
        f"演示农场没有启动（端口 {ports.pages} 或 {ports.admin} 可能被占用）", at=str(log)
    )
