"""Bundles: readable, the same each time, and verifiable with nothing but a bare Python."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.captures import Seal
from domain.errors import EvidenceError
from evidence.bundle import BundleInfo
from evidence.bundled import verify as verifier
from evidence.digests import sha256
from evidence.wacz import sort_key

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


def test_an_untouched_bundle_is_intact(made: BundleInfo) -> None:
    status, said = run_verifier(str(made.path), "--root", made.root_digest)
    assert status == 0, said
    assert made.root_digest in said
    assert "完整无改动" in said
    assert "时间戳" in said


def test_the_root_digest_is_over_the_manifest_which_lists_all(made: BundleInfo) -> None:
    content = members(made.path)
    root = hashlib.sha256(content["manifest.json"]).hexdigest()
    assert made.root_digest == f"sha256:{root}"
    listed = {
        file["name"]: file["sha256"] for file in json.loads(content["manifest.json"])["files"]
    }
    assert listed == {
        name: hashlib.sha256(data).hexdigest()
        for name, data in content.items()
        if name != "manifest.json"
    }
    assert {"clue.json", "ledger.jsonl", "index.html", "verify.py", "seal/manifest.json"} <= set(
        listed
    )


def test_the_same_seal_gives_the_same_bytes(
    made: BundleInfo, bundle: Callable[..., BundleInfo]
) -> None:
    again = bundle("again.zip")
    assert again.path.read_bytes() == made.path.read_bytes()
    assert not list(made.path.parent.glob("*.part"))


def test_the_index_page_escapes_and_runs_nothing(
    bundle: Callable[..., BundleInfo], seal: Callable[..., Seal]
) -> None:
    seal()
    hostile = "<script>alert(1)</script><img src=x onerror=y>"
    page = members(bundle(quote=hostile).path)["index.html"].decode()
    assert "<script" not in page
    assert "onerror=y>" not in page
    assert "&lt;script&gt;" in page
    assert "青禾门诊部&lt;b&gt;" in page
    assert "保证疗效" in page
    assert "（待核）" in page


def test_an_incomplete_seal_is_bundled_as_such(
    bundle: Callable[..., BundleInfo], seal: Callable[..., Seal]
) -> None:
    made = seal(browser=False)
    info = bundle()
    assert run_verifier(str(info.path))[0] == 0
    page = members(info.path)["index.html"].decode()
    assert "未完成固证" in page
    assert (made.reason or "?") in page
    assert "<img" not in page


def test_a_seal_of_nothing_is_bundled_as_such(
    bundle: Callable[..., BundleInfo], seal: Callable[..., Seal]
) -> None:
    seal(url="http://never.test/")
    status, said = run_verifier(str(bundle().path))
    assert status == 0, said


def test_no_seal_no_bundle(bundle: Callable[..., BundleInfo], tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="尚未固证"):
        bundle()
    assert not list(tmp_path.glob("bundle*"))


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"x"), lambda path: path.unlink()])
def test_an_altered_seal_is_not_bundled(
    *,
    bundle: Callable[..., BundleInfo],
    seal: Callable[..., Seal],
    directory: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
) -> None:
    made = seal()
    spoil(directory / made.directory / "screenshot.png.enc")
    with pytest.raises(EvidenceError) as raised:
        bundle()
    assert raised.value.at == "screenshot.png"
    assert not list(tmp_path.glob("bundle*"))


def test_the_zip_can_be_read_from_memory(made: BundleInfo) -> None:
    with zipfile.ZipFile(io.BytesIO(made.path.read_bytes())) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[-1] == "manifest.json"
        assert {info.date_time[:3] for info in archive.infolist()} == {(2026, 3, 2)}


def test_the_capture_replays_as_wacz(made: BundleInfo) -> None:
    """The layout of WACZ 1.1.1: what replay programs read to find the page."""
    replay = zipfile.ZipFile(io.BytesIO(members(made.path)["capture.wacz"]))
    package = json.loads(replay.read("datapackage.json"))
    assert package["wacz_version"] == "1.1.1"
    assert package["mainPageUrl"] == "http://qinghe.test/"
    for resource in package["resources"]:
        data = replay.read(resource["path"])
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert resource["bytes"] == len(data)
    digest = json.loads(replay.read("datapackage-digest.json"))
    assert digest["hash"] == sha256(replay.read("datapackage.json"))
    assert replay.getinfo("archive/data.warc.gz").compress_type == zipfile.ZIP_STORED
    [line] = gzip.decompress(replay.read("indexes/index.cdx.gz")).decode().splitlines()
    key, at, entry = line.split(" ", 2)
    assert (key, at) == ("test,qinghe)/", "20260302080000000")
    found = json.loads(entry)
    warc = replay.read("archive/data.warc.gz")
    start = int(found["offset"])
    record = gzip.decompress(warc[start : start + int(found["length"])])
    assert b"WARC-Type: response" in record
    assert found["status"] == "200"
    _, page = replay.read("pages/pages.jsonl").decode().splitlines()
    assert json.loads(page)["url"] == "http://qinghe.test/"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.Qinghe.test", "test,qinghe)/"),
        ("https://www2.qinghe.test:443/A/b?y=2&x=1", "test,qinghe)/a/b?x=1&y=2"),
        ("http://qinghe.test:8080/", "test,qinghe:8080)/"),
        ("http://wwwe.test/", "test,wwwe)/"),
    ],
)
def test_addresses_are_keyed_as_replay_programs_do(url: str, key: str) -> None:
    assert sort_key(url) == key
