"""What is installed is what was locked: hashes everywhere, nothing from outside, a bill of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import locked, sbom


def test_the_lock_is_whole() -> None:
    assert list(locked.problems()) == []


@pytest.mark.parametrize(
    "line",
    ["flask>=3", "flask", "-e .", "--index-url https://a.test", "flask @ https://a.test/f.whl"],
)
def test_dependency_confusion_and_unpinned_lines_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "run.txt"
    path.write_text(f"attrs==26.1.0 --hash=sha256:{'0' * 64}\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=r"run\.txt"):
        locked.pins(path)


def test_a_pin_without_a_hash_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "uv.txt"
    path.write_text("uv==0.9.0\n", "utf-8")
    monkeypatch.setattr(locked, "INSTALLER", path)
    assert list(locked.problems()) == ["uv.txt: uv==0.9.0 has no hash"]


def test_setup_installs_by_hash_only() -> None:
    script = (locked.ROOT / "tools" / "setup.sh").read_text("utf-8")
    installs = re.findall(r"pip install.*", script)
    ours = [line for line in installs if "--editable" in line]
    assert len(installs) - len(ours) >= 2
    assert all("--require-hashes" in line for line in installs if line not in ours)
    assert all("--no-deps" in line for line in ours)


def test_the_bill_of_materials_names_every_pin(tmp_path: Path) -> None:
    target = tmp_path / "sbom.json"
    command = [sys.executable, "-m", "tools.sbom", str(target)]
    subprocess.run(command, check=True, capture_output=True, cwd=locked.ROOT)
    bill = json.loads(target.read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    named = {(one["name"], one["version"]) for one in bill["components"]}
    assert named == {(pin.name, pin.version) for pin in locked.pins(locked.RUN)}
    assert len({one["bom-ref"] for one in bill["components"]}) == len(bill["components"])
    assert all(one["properties"] for one in bill["components"])
    licensed = [one for one in bill["components"] if one.get("licenses")]
    assert len(licensed) > len(bill["components"]) * 0.8
    assert json.dumps(sbom.bill()) == json.dumps(bill)
