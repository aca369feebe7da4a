"""A world per seed, and one running farm for the tests that need real connections."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from sitefarm.records import World
from sitefarm.world import build

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def dev() -> World:
    return build("dev")


def words_of(html: str) -> str:
    """The text of a page as a reader of the source would take it: no tags, no entities."""
    without = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return unescape(
        re.sub(r"<[^>]+>", "", re.sub(r"<(p|/p|br|li|div|/div)\b[^>]*>", "\n", without))
    )


@frozen(kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@frozen(kw_only=True)
class RunningFarm:
    directory: Path
    port: int
    admin_port: int
    addresses: dict[str, str]

    def get(
        self, host: str, path: str, *, at: str | None = None, method: str = "GET", **headers: str
    ) -> Answer:
        """Ask the address of host `at` (default: the host's own) with `host` in the Host header."""
        asked = {"Host": f"{host}:{self.port}", "User-Agent": "MedAdMonitor/test"}
        asked |= {k.replace("_", "-"): v for k, v in headers.items()}
        return _ask(self.addresses[at or host], self.port, method, path, headers=asked)

    def clock(self, until: str | None = None) -> str:
        body = json.dumps({"until": until}).encode() if until else None
        method = "POST" if until else "GET"
        answer = _ask("127.0.0.1", self.admin_port, method, "/__farm/clock", body=body)
        return str(json.loads(answer.body)["now"])

    def log(self) -> list[dict[str, Any]]:
        lines = (self.directory / "server.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]


def _ask(
    ip: str,
    port: int,
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    connection = http.client.HTTPConnection(ip, port, timeout=10)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        found = {k.lower(): v for k, v in response.getheaders()}
        return Answer(status=response.status, headers=found, body=response.read())
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFarm]:
    directory = tmp_path_factory.mktemp("farm")
    port, admin_port = _free_port(), _free_port()
    command = [sys.executable, "-m", "sitefarm", "--seed", "dev", "--directory", str(directory)]
    command += ["--port", str(port), "--admin-port", str(admin_port)]
    with subprocess.Popen(command, cwd=_ROOT) as process:
        _await_health(process, admin_port)
        addresses = json.loads((directory / "resolve.json").read_text("utf-8"))
        yield RunningFarm(
            directory=directory, port=port, admin_port=admin_port, addresses=addresses
        )
        process.terminate()


def _await_health(process: subprocess.Popen[bytes], admin_port: int) -> None:
    for _ in range(200):
        try:
            _ask("127.0.0.1", admin_port, "GET", "/__farm/health")
        except ConnectionError:
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError("the farm ended while starting") from None
        else:
            return
    raise RuntimeError("the farm did not start")
