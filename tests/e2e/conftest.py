"""One demonstration, run once as a user would, and looked at by many tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from cluewatch.bootstrap import Services
from cluewatch.farm import Ports
from cluewatch.settings import load_settings

SEED = "ci"


@frozen(kw_only=True)
class Demonstration:
    """A finished run: where it lives, what it printed, how it ended."""

    home: Path
    ports: Ports
    output: str
    code: int

    def environment(self) -> dict[str, str]:
        """What a command needs to work on this home."""
        return {**os.environ, "CLUEWATCH_HOME": str(self.home)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One `cluewatch` command on this home."""
        return cluewatch(self.environment(), *arguments)


def cluewatch(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would; 80 columns must not cut what tests look for."""
    return subprocess.run(
        [sys.executable, "-m", "cluewatch", *arguments],
        env={**environment, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """`cluewatch demo --no-serve` on a fresh home, with ports of its own."""
    home = tmp_path_factory.mktemp("demo") / "home"
    ports = Ports(pages=8590, admin=8591)
    environment = {**os.environ, "CLUEWATCH_HOME": str(home)}
    done = cluewatch(
        environment,
        *("demo", "--no-serve", "--seed", SEED),
        *("--port", str(ports.pages), "--admin-port", str(ports.admin)),
    )
    return Demonstration(
        home=home, ports=ports, output=done.stdout + done.stderr, code=done.returncode
    )


@pytest.fixture
def services(demonstration: Demonstration, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The stores of the finished demonstration, with the system's clock (the farm has ended)."""
    monkeypatch.setenv("CLUEWATCH_HOME", str(demonstration.home))
    monkeypatch.setenv("CLUEWATCH_CLOCK__URL", "")
    wired = Services(load_settings())
    yield wired
    wired.close()
