#!/usr/bin/env python3
"""核验证据包 / Verify an evidence bundle.

    python3 verify.py [PATH] [--root sha256:...]

PATH is the bundle (a ZIP file) or the folder that it was unpacked to; the folder of this script
by default. --root is the root digest printed in the letter. Needs Python 3.8 or newer and nothing
else; reads only the bundle, writes nothing, uses no network.

Exit status: 0 intact, 1 something was changed, added or removed, 2 the bundle cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

CHUNK = 1 << 20
JSON_LIMIT = 64 << 20
GENESIS = "sha256:" + "0" * 64
MANIFEST = "manifest.json"
WARC = "seal/capture.warc.gz"
SHOWN = ("manifest.", "environment.", "visit.", "certificates.", "masked.")
STAMP = "seal/manifest.tsr"
UNREADABLE = (
    OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, AttributeError,
    zlib.error, zipfile.BadZipFile,
)  # fmt: skip


class ZippedBundle:
    """The members of a ZIP file; a name that it holds twice comes twice."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(str(path))

    def names(self) -> list[str]:
        """All member names, sorted."""
        return sorted(info.filename for info in self._zip.infolist())

    def open(self, name: str) -> IO[bytes]:
        """One member, to be read as a stream."""
        return self._zip.open(name)


class UnpackedBundle:
    """The files of a folder; links are not followed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        """All member names, sorted; "/" between folders."""
        found = (path for path in self._path.rglob("*") if path.is_symlink() or not path.is_dir())
        return sorted(path.relative_to(self._path).as_posix() for path in found)

    def open(self, name: str) -> IO[bytes]:
        """One member, to be read as a stream."""
        path = self._path / name
        if path.is_symlink():
            raise OSError("symbolic link")
        return path.open("rb")


class Verification:
    """Runs the checks and keeps what they found, in Chinese and English."""

    def __init__(self, bundle: ZippedBundle | UnpackedBundle) -> None:
        self.problems: list[str] = []
        self.withheld = 0
        self._bundle = bundle
        self._manifest_bytes = self._read(MANIFEST)
        self._manifest = json.loads(self._manifest_bytes)
        self._is_masked = self._manifest.get("form") == "masked"
        self._listed = {file["name"]: file for file in self._manifest["files"]}
        self.root = "sha256:" + hashlib.sha256(self._manifest_bytes).hexdigest()

    def run(self, root: str | None) -> None:
        """All checks; `root` is the digest in the letter, when the user has typed it."""
        if root is not None and root.strip().lower() != self.root:
            self._say(MANIFEST, "根摘要与给出的不符", "root digest differs from the one given")
        self._members()
        for check, name in (
            (self._ledger, "ledger.jsonl"),
            (self._seal, "seal/manifest.json"),
            (self._records, WARC),
        ):
            try:
                check()
            except UNREADABLE as error:
                self._say(name, f"无法核验 ({error})", "could not be checked")

    def _members(self) -> None:
        present = Counter(self._bundle.names())
        for name in sorted(self._listed):
            if name not in present:
                self._say(name, "成员缺失", "removed")
            elif not self._same(name, self._listed[name]):
                self._say(name, "内容被改动", "changed")
        for name in sorted(present):
            if present[name] > 1:
                self._say(name, "同名成员不止一个", "present more than once")
            if name not in self._listed and name != MANIFEST:
                self._say(name, "多出的成员", "added")

    def _same(self, name: str, wanted: dict[str, Any]) -> bool:
        digest, size = hashlib.sha256(), 0
        try:
            with self._bundle.open(name) as file:
                for chunk in _chunks(file):
                    digest.update(chunk)
                    size += len(chunk)
        except UNREADABLE:
            return False
        return (digest.hexdigest(), size) == (wanted["sha256"], wanted["size"])

    def _ledger(self) -> None:
        last: dict[str, Any] = {}
        for number, text in enumerate(self._read("ledger.jsonl").splitlines(), 1):
            entry = json.loads(text)
            if _entry_digest(entry) != entry["digest"]:
                self._say(f"ledger.jsonl:{number}", "台账条目摘要不符", "ledger digest wrong")
            follows = (last.get("writer"), last.get("seq")) == (entry["writer"], entry["seq"] - 1)
            before = last["digest"] if follows else GENESIS if entry["seq"] == 1 else None
            if before is not None and entry["previous"] != before:
                self._say(f"ledger.jsonl:{number}", "与前一条不衔接", "ledger chain broken")
            last = entry

    def _seal(self) -> None:
        data = self._read("seal/manifest.json")
        seal = json.loads(data)
        for file in seal["files"]:
            listed = self._listed.get("seal/" + file["name"])
            if listed is None and self._is_masked and not file["name"].startswith(SHOWN):
                self.withheld += 1
            elif listed is None or listed["sha256"] != file["sha256"]:
                self._say("seal/" + file["name"], "与固证清单不符", "differs from its seal")
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        entered = [entry["detail"] for entry in self._entries("seal", seal["seal"])]
        if not any(detail["manifest_digest"] == digest for detail in entered):
            self._say("seal/manifest.json", "台账中没有这次固证", "seal is not in the ledger")

    def _records(self) -> None:
        wanted: list[str] = []
        for record in json.loads(self._read("seal/manifest.json"))["records"]:
            wanted += record["record_digests"]
            entered = [entry["detail"] for entry in self._entries("capture", record["snapshot"])]
            last = record["record_digests"][-1]
            if not any(detail["snapshot"]["record_digest"] == last for detail in entered):
                self._say(WARC, "记录不在台账中", "record is not in the ledger")
        if WARC not in self._listed:
            return
        with self._bundle.open(WARC) as file:
            found = list(_record_digests(file))
        if found != wanted:
            self._say(WARC, "WARC 记录与固证清单不符", "WARC records differ from the seal")

    def form(self) -> list[str]:
        """What is to be said about members that a masked bundle leaves out."""
        if not self.withheld:
            return []
        return [
            f"本包为遮蔽版：含网页原貌的 {self.withheld} 个成员未随附，其摘要见 seal/manifest.json",
            f"masked bundle: {self.withheld} members that show the page as it was are left out;"
            " their digests are in seal/manifest.json",
        ]

    def timestamp(self) -> list[str]:
        """What is to be said about the trusted timestamp: a bare Python cannot verify it."""
        if STAMP not in self._listed:
            return ["本包不含可信时间戳 / this bundle holds no trusted timestamp"]
        return [
            "可信时间戳的签名未核验：仅凭 Python 做不到。解包后请运行（根证书向时间戳机构索取）：",
            "the signature of the timestamp was NOT verified; unpack the bundle and run (with the"
            " authority's root certificate):",
            "  openssl ts -verify -data seal/manifest.json -in seal/manifest.tsr -CAfile ROOT.pem",
        ]

    def _entries(self, action: str, subject: str) -> Iterator[dict[str, Any]]:
        for text in self._read("ledger.jsonl").splitlines():
            entry = json.loads(text)
            if (entry["action"], entry["subject"]) == (action, subject):
                yield entry

    def _read(self, name: str) -> bytes:
        with self._bundle.open(name) as file:
            data = file.read(JSON_LIMIT + 1)
        if len(data) > JSON_LIMIT:
            raise ValueError(name + " is too large")
        return data

    def _say(self, name: str, chinese: str, english: str) -> None:
        self.problems.append(f"{ascii(name)[1:-1]}: {chinese} / {english}")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    chunk = file.read(CHUNK)
    while chunk:
        yield chunk
        chunk = file.read(CHUNK)


def _entry_digest(entry: dict[str, Any]) -> str:
    fields = ("writer", "seq", "at", "actor", "action", "subject", "detail")
    body = {name: entry[name] for name in fields}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256((entry["previous"] + text).encode()).hexdigest()


def _record_digests(file: IO[bytes]) -> Iterator[str]:
    """Digest of each uncompressed record; a WARC file has one gzip member per record."""
    pending = file.read(CHUNK)
    while pending:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        digest = hashlib.sha256()
        while not unpacker.eof:
            digest.update(unpacker.decompress(pending, CHUNK))
            pending = unpacker.unconsumed_tail or (b"" if unpacker.eof else file.read(CHUNK))
            if not pending and not unpacker.eof:
                raise ValueError("truncated")
        yield "sha256:" + digest.hexdigest()
        pending = unpacker.unused_data or file.read(CHUNK)


def main(arguments: list[str]) -> int:
    """Check one bundle and say what was found."""
    parser = argparse.ArgumentParser(description="核验证据包 / verify an evidence bundle")
    parser.add_argument("path", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--root", help="移送函上的根摘要 / root digest in the letter")
    options = parser.parse_args(arguments)
    path = Path(options.path)
    try:
        bundle = UnpackedBundle(path) if path.is_dir() else ZippedBundle(path)
        verification = Verification(bundle)
    except UNREADABLE as error:
        _print(f"无法读取证据包 / the bundle cannot be read: {error!r}")
        return 2
    verification.run(options.root)
    for problem in verification.problems:
        _print("✗ " + problem)
    _print(f"根摘要 / root digest: {verification.root}")
    if options.root is None:
        _print("请与移送函所印根摘要核对 / compare it with the one printed in the letter")
    for line in [*verification.form(), *verification.timestamp()]:
        _print(line)
    bad = len(verification.problems)
    _print(f"发现 {bad} 处问题 / {bad} problems found" if bad else "完整无改动 / intact")
    return 1 if bad else 0


def _print(line: str) -> None:
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(line.encode(encoding, "replace").decode(encoding) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
