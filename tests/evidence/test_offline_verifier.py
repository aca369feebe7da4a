"""The verifier in a bundle: bare, offline, and not to be fooled by any change of a member."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.bundle import BundleInfo
from evidence.bundled import verify as verifier

VERIFIER = Path(verifier.__file__)


def run_verifier(*arguments: str) -> tuple[int, str]:
    """With a Python that sees no packages, not even ours."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), *arguments],
        check=False,
        capture_output=True,
        text=True,
    )
    assert not done.stderr or done.returncode == 2
    return done.returncode, done.stdout


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path: Path, content: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def test_it_verifies_itself_when_it_is_unpacked(made: BundleInfo, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(folder)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py")],
        check=False,
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stdout
    (folder / "seal" / "new.txt").write_text("x")
    (folder / "clue.json").unlink()
    status, said = run_verifier(str(folder))
    assert status == 1
    assert "seal/new.txt: 多出的成员" in said
    assert "clue.json: 成员缺失" in said


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_is_done_to_a_member_it_is_named(made: BundleInfo, data: st.DataObject) -> None:
    whole = made.path.read_bytes()
    content = members(made.path)
    name = data.draw(st.sampled_from(sorted(set(content) - {"manifest.json"})))
    deed = data.draw(st.sampled_from(("change", "shorten", "lengthen", "remove", "rename", "add")))
    if deed == "change":
        at = data.draw(st.integers(0, len(content[name]) - 1))
        bit = 1 << data.draw(st.integers(0, 7))
        body = content[name]
        content[name] = body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :]
    elif deed == "shorten":
        content[name] = content[name][:-1]
    elif deed == "lengthen":
        content[name] += b" "
    elif deed == "remove":
        del content[name]
    elif deed == "rename":
        content["seal/x" + name.replace("/", "-")] = content.pop(name)
    else:
        name = data.draw(st.sampled_from(("seal/extra", "../up", "/etc/x", "manifest.json.bak")))
        content[name] = b"x"
    rewrite(made.path, content)
    try:
        check = verifier.Verification(verifier.ZippedBundle(made.path))
        check.run(made.root_digest)
    finally:
        made.path.write_bytes(whole)
    assert any(problem.startswith(name) for problem in check.problems)


def test_a_doubled_member_is_named(made: BundleInfo) -> None:
    with (
        pytest.warns(UserWarning, match="Duplicate"),
        zipfile.ZipFile(made.path, "a") as archive,
    ):
        archive.writestr("clue.json", b"{}")
    status, said = run_verifier(str(made.path))
    assert status == 1
    assert "clue.json" in said


def test_a_forged_manifest_does_not_fit_the_letter(made: BundleInfo) -> None:
    content = members(made.path)
    content["clue.json"] = b"{}"
    manifest = json.loads(content["manifest.json"])
    for file in manifest["files"]:
        if file["name"] == "clue.json":
            file |= {"sha256": hashlib.sha256(b"{}").hexdigest(), "size": 2}
    content["manifest.json"] = json.dumps(manifest).encode()
    rewrite(made.path, content)
    status, said = run_verifier(str(made.path), "--root", made.root_digest)
    assert status == 1
    assert "manifest.json" in said


def test_a_forged_ledger_with_a_fitting_manifest_is_found(made: BundleInfo) -> None:
    content = members(made.path)
    lines = content["ledger.jsonl"].splitlines()
    entry = json.loads(lines[0])
    entry["actor"] = "someone"
    content["ledger.jsonl"] = b"\n".join([json.dumps(entry).encode(), *lines[1:]])
    manifest = json.loads(content["manifest.json"])
    for file in manifest["files"]:
        if file["name"] == "ledger.jsonl":
            data = content["ledger.jsonl"]
            file |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    content["manifest.json"] = json.dumps(manifest).encode()
    rewrite(made.path, content)
    status, said = run_verifier(str(made.path))
    assert status == 1
    assert "ledger.jsonl:1: 台账条目摘要不符" in said


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_bundle_cannot_be_read(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert run_verifier(str(path))[0] == 2
    assert run_verifier(str(tmp_path / "missing.zip"))[0] == 2
    assert run_verifier("--nonsense")[0] == 2


def test_a_manifest_of_another_shape_is_no_traceback(tmp_path: Path) -> None:
    for manifest in (b"[]", b"{}", b'{"files": [1]}', b'{"files": {}}', b"{"):
        path = tmp_path / "x.zip"
        rewrite(path, {"manifest.json": manifest})
        assert run_verifier(str(path))[0] in {1, 2}


def test_the_verifier_is_python_3_8() -> None:
    source = VERIFIER.read_text("utf-8")
    ast.parse(source, feature_version=(3, 8))
    imported = {
        name
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)
