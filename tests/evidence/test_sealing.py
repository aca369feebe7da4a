"""Seals: the full set when everything holds, 未完成固证 with its reason when anything does not."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from domain.captures import Acquisition, Capture, Seal, SealStatus
from domain.errors import PermanentError, RetryableError
from domain.outcomes import Outcome
from evidence import tables
from evidence.seal_files import stored_name
from evidence.sealing import seal_of
from evidence.verify import verify
from evidence.writer import EvidenceWriter
from storage import leases
from storage.database import Database

Make = Callable[..., Capture]
MakeSeal = Callable[..., Seal]
FULL = {
    "capture.warc.gz",
    "environment.json",
    "manifest.json",
    "masked.png",
    "masked.txt",
    "page.mhtml",
    "raw.html",
    "rendered.html",
    "screenshot.png",
    "text.txt",
    "visit.json",
}


def names(seal: Seal) -> set[str]:
    return {file.name for file in seal.files}


def kinds(warc: bytes) -> list[str]:
    records = ArchiveIterator(io.BytesIO(warc), check_digests="raise")
    return [record.rec_type for record in records]


def test_a_live_page_is_sealed_whole(
    *,
    writer: EvidenceWriter,
    seal: MakeSeal,
    capture: Make,
    directory: Path,
    database: Database,
    content_of: Callable[[Seal, str], bytes],
) -> None:
    [kept] = writer.record([capture()])
    made = seal()
    assert (made.status, made.reason, made.live) == (SealStatus.SEALED, None, True)
    assert (made.snapshot_id, made.url) == (kept.id, kept.url)
    folder = directory / made.directory
    assert names(made) == FULL
    assert {stored_name(file) for file in made.files} == {path.name for path in folder.iterdir()}
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["records"][0]["record_digests"][-1] == kept.record_digest
    assert manifest["ledger"][0]["writer"] == "w1"
    assert {file["name"] for file in manifest["files"]} == FULL - {"manifest.json"}
    assert all(file["sm3"] for file in manifest["files"])
    assert content_of(made, "raw.html") == capture().body
    assert kinds(content_of(made, "capture.warc.gz")) == ["request", "response"]
    with database.read() as tx:
        assert seal_of(tx, "clue-1") == made
    assert not verify(directory=directory, database=database).problems


def test_a_seal_is_announced(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make, database: Database
) -> None:
    writer.record([capture()])
    made = seal()
    with database.write() as tx:
        topic = tables.outbox.c.topic == "seal"
        [lease] = leases.claim(tx, tables.outbox, owner="t", limit=9, seconds=60, where=topic)
        assert lease.row["subject"] == made.id


def test_a_revisit_is_sealed_with_its_original(
    writer: EvidenceWriter,
    seal: MakeSeal,
    capture: Make,
    later: Callable[..., None],
    content_of: Callable[[Seal, str], bytes],
) -> None:
    writer.record([capture()])
    later(hours=1)
    [again] = writer.record([capture()])
    made = seal()
    assert made.snapshot_id == again.id
    found = kinds(content_of(made, "capture.warc.gz"))
    assert found == ["request", "response", "request", "revisit"]


@pytest.mark.parametrize("acquisition", [Acquisition.IMPORT_HTML, Acquisition.IMPORT_WARC])
def test_what_others_saved_is_never_shown_as_a_live_visit(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make, renderer: Any, acquisition: Acquisition
) -> None:
    body = capture().body.decode().replace("utf-8", "gb2312").encode("gb18030")
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))
    writer.record([capture(acquisition=acquisition, body=gzip.compress(body), headers=headers)])
    made = seal()
    assert (made.status, made.live) == (SealStatus.SEALED, False)
    assert renderer.asked == [("stored", "gb18030")]
    assert "raw.html.gz" in names(made)


def test_a_page_that_has_gone_is_sealed_from_its_bytes(
    writer: EvidenceWriter,
    seal: MakeSeal,
    capture: Make,
    later: Callable[..., None],
    renderer: Any,
) -> None:
    [good] = writer.record([capture()])
    later(hours=1)
    writer.record([capture(outcome=Outcome.DELETED, status=404, body=b"gone")])
    made = seal()
    assert (made.status, made.live, made.snapshot_id) == (SealStatus.SEALED, False, good.id)
    assert renderer.asked[0][0] == "stored"


def spoil_html(renderer: Any) -> None:
    renderer.html = (
        "<body>请完成安全验证后继续访问，向右拖动滑块填充拼图以证明您不是机器人</body>".encode()
    )


def spoil_address(renderer: Any) -> None:
    renderer.final_url = "http://login.test/"


def crash(renderer: Any) -> None:
    renderer.error = RetryableError("页面超时")


def refuse(renderer: Any) -> None:
    renderer.error = PermanentError("浏览器无法启动")


def cut(renderer: Any) -> None:
    renderer.changes["screenshot"] = renderer.changes["screenshot"][:-4]


def show_nothing(renderer: Any) -> None:
    renderer.html = b""


@pytest.mark.parametrize(
    ("spoil", "reason", "screenshot"),
    [
        (spoil_html, "不符", True),
        (spoil_address, "login.test", True),
        (show_nothing, "不符", True),
        (cut, "截图不完整", True),
        (crash, "页面超时", False),
        (refuse, "浏览器无法启动", False),
    ],
)
def test_a_step_that_fails_leaves_an_incomplete_seal(
    *,
    writer: EvidenceWriter,
    seal: MakeSeal,
    capture: Make,
    renderer: Any,
    directory: Path,
    database: Database,
    spoil: Callable[[Any], None],
    reason: str,
    screenshot: bool,
) -> None:
    writer.record([capture()])
    spoil(renderer)
    made = seal()
    assert made.status is SealStatus.INCOMPLETE
    assert made.reason is not None
    assert reason in made.reason
    assert ("screenshot.png" in names(made)) is screenshot
    assert {"raw.html", "capture.warc.gz", "manifest.json"} <= names(made)
    folder = directory / made.directory
    assert {stored_name(file) for file in made.files} == {path.name for path in folder.iterdir()}
    assert not verify(directory=directory, database=database).problems


def test_a_blank_screenshot_cannot_become_evidence(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make, renderer: Any, blank_png: bytes
) -> None:
    writer.record([capture()])
    renderer.changes["screenshot"] = blank_png
    made = seal()
    assert (made.status, made.reason) == (SealStatus.INCOMPLETE, "截图是空白的")


def test_no_browser_is_a_reason(writer: EvidenceWriter, seal: MakeSeal, capture: Make) -> None:
    writer.record([capture()])
    made = seal(browser=False)
    assert made.status is SealStatus.INCOMPLETE
    assert "浏览器" in (made.reason or "")


@pytest.mark.parametrize("given", [{}, {"snapshot_id": "f" * 32}])
def test_nothing_to_seal_is_a_reason(seal: MakeSeal, given: dict[str, str]) -> None:
    made = seal(**given)
    assert made.status is SealStatus.INCOMPLETE
    assert made.reason


def test_a_page_of_another_kind_cannot_be_shown_offline(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make
) -> None:
    pdf = capture(
        acquisition=Acquisition.IMPORT_WARC, headers=(("Content-Type", "application/pdf"),)
    )
    writer.record([pdf])
    made = seal()
    assert made.status is SealStatus.INCOMPLETE
    assert "raw.pdf" in names(made)


def test_a_later_success_counts_and_a_later_failure_does_not_undo_it(
    writer: EvidenceWriter, seal: MakeSeal, capture: Make, database: Database
) -> None:
    writer.record([capture()])
    first = seal(browser=False)
    second = seal()
    third = seal(browser=False)
    assert len({first.id, second.id, third.id}) == 3
    with database.read() as tx:
        assert seal_of(tx, "clue-1") == second
        assert seal_of(tx, "clue-2") is None
