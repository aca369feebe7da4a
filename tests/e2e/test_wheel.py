"""The wheel carries everything: it works outside the checkout, up to the demo's first step."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]

FIRST_STEP = """
import sys, urllib.request
from importlib.resources import files
import cluewatch
from cluewatch import demo
from cluewatch.console.app import create_app
from cluewatch.farm import Ports
from crawlers import source_store
assert cluewatch.__file__.startswith(sys.argv[1]), cluewatch.__file__
with demo.prepared(seed="wheel", ports=Ports(pages=8790, admin=8791)) as (services, directory):
    demo.load(services, directory)
    with services.truth.read() as tx:
        sources = source_store.all(tx)
    host, address = next(iter(services.settings.network.resolve.items()))
    request = urllib.request.Request(f"http://{address}:8790/", headers={"Host": f"{host}:8790"})
    page = urllib.request.urlopen(request, timeout=10).read()
    verdict = services.judge.judge_text("保证根治，永不复发", captured_at=services.clock.now())
    create_app(services)
    verifier = files("evidence").joinpath("bundled", "verify.py").is_file()
    print(len(sources), len(page), len(verdict.findings), len(services.desk.offices.all), verifier)
"""


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    made = subprocess.run([*build, str(ROOT)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "site"
    unpack = [sys.executable, "-m", "zipfile", "-e", str(wheel), str(target)]
    subprocess.run(unpack, check=True)
    done = subprocess.run(
        [sys.executable, "-c", FIRST_STEP, str(target)],
        env={**os.environ, "PYTHONPATH": str(target), "CLUEWATCH_HOME": str(tmp_path / "home")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    sources, page, findings, offices, verifier = done.stdout.split()
    assert int(sources) >= 7
    assert int(page) > 1000
    assert int(findings) >= 1
    assert int(offices) >= 3
    assert verifier == "True"
