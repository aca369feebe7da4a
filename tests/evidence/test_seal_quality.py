"""What may not become evidence: blocked, blank, unclean, mistimed, or with a part missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from domain.captures import Acquisition, Capture, Profile, Seal, SealStatus
from domain.errors import PermanentError, RetryableError, Unreachable
from domain.outcomes import Outcome
from domain.rendering import Picture, Tls
from evidence import ledger
from evidence.reader import snapshots_of
from evidence.seal_checks import SealRules
from evidence.seal_files import SealFolder
from evidence.writer import EvidenceWriter
from storage.database import Database
from tests.evidence.stand_ins import PAGE, Reference, StandInJudge, StandInRenderer, checkered_png

Make = Callable[..., Capture]
MakeSeal = Callable[..., Seal]


@pytest.fixture
def folder_of(directory: Path) -> Callable[[Seal], Path]:
    return lambda made: directory / made.directory


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.fixture
def kept(writer: EvidenceWriter, capture: Make) -> str:
    return writer.record([capture()])[0].id


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mhtml": b""}, "page.mhtml"),
        ({"html": b""}, "不符"),
        ({"screenshot": b""}, "PNG"),
        ({"tiles": (checkered_png(), checkered_png()[:-9])}, "不完整"),
        ({"cleanliness": {"cookies": 2, "extensions": 0}}, "cookies"),
        ({"cleanliness": {}}, "清洁性"),
    ],
)
def test_a_part_that_is_missing_or_spoilt_is_named(
    seal: MakeSeal, renderer: StandInRenderer, change: dict[str, object], reason: str
) -> None:
    renderer.changes |= change
    made = seal()
    assert made.status is SealStatus.INCOMPLETE
    assert made.reason is not None
    assert reason in made.reason


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "name",
    ["capture.warc.gz", "raw.html", "page.mhtml", "text.txt", "visit.json", "environment.json"],
)
def test_a_step_that_was_left_out_is_named(
    seal: MakeSeal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each file in turn is not written, as a broken step would leave it."""
    add = SealFolder.add

    def forget(folder: SealFolder, wanted: str, *given: Any) -> object:
        return None if wanted == name else add(folder, wanted, *given)

    monkeypatch.setattr(SealFolder, "add", forget)
    made = seal()
    assert made.status is SealStatus.INCOMPLETE
    assert name.partition(".")[0] in (made.reason or "")


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "outcome", [Outcome.LOGIN_WALL, Outcome.CAPTCHA, Outcome.SOFT_BLOCK, Outcome.SERVER_ERROR]
)
def test_a_refusal_is_no_evidence(seal: MakeSeal, judge: StandInJudge, outcome: Outcome) -> None:
    judge.answer = (outcome, "请先登录")
    made = seal()
    assert made.status is SealStatus.INCOMPLETE
    assert outcome.value in (made.reason or "")


@pytest.mark.usefixtures("kept")
def test_a_page_that_vanished_before_the_visit_is_sealed_from_its_bytes(
    *,
    seal: MakeSeal,
    judge: StandInJudge,
    renderer: StandInRenderer,
    folder_of: Callable[[Seal], Path],
) -> None:
    judge.answer = (Outcome.DELETED, "HTTP 404")
    made = seal()
    assert (made.status, made.live) == (SealStatus.SEALED, False)
    assert [how for how, _ in renderer.asked] == ["live", "stored"]
    told = read(folder_of(made) / "manifest.json")["made"]
    assert "HTTP 404" in told["why_not_live"]
    assert "并非实时访问" in told["how"]
    assert not (folder_of(made) / "visit.json").exists()


def test_bytes_that_a_browser_garbles_are_shown_in_their_own_charset(
    seal: MakeSeal, kept: str, renderer: StandInRenderer, folder_of: Callable[[Seal], Path]
) -> None:
    """The site declares GBK and sends UTF-8: what the browser shows, nobody can read."""
    assert kept
    renderer.html = PAGE.decode().encode("utf-8").decode("gb18030", "replace").encode()
    made = seal()
    assert (made.status, made.live, made.reason) == (SealStatus.SEALED, False, None)
    assert [how for how, _ in renderer.asked] == ["live", "stored"]
    assert "乱码" in read(folder_of(made) / "manifest.json")["made"]["why_not_live"]


@pytest.mark.usefixtures("kept")
def test_a_site_that_does_not_answer_is_sealed_from_its_bytes(
    seal: MakeSeal, renderer: StandInRenderer
) -> None:
    renderer.error = Unreachable("网站没有应答")
    made = seal()
    assert (made.status, made.live) == (SealStatus.SEALED, False)


@pytest.mark.usefixtures("kept")
def test_a_browser_that_dies_is_no_vanished_page(seal: MakeSeal, renderer: StandInRenderer) -> None:
    renderer.error = RetryableError("浏览器报错：Target crashed")
    made = seal()
    assert made.status is SealStatus.INCOMPLETE
    assert [how for how, _ in renderer.asked] == ["live"]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (timedelta(seconds=1.25), SealStatus.SEALED, "+1.250 s"),
        (timedelta(hours=-1), SealStatus.INCOMPLETE, "unknown"),
        (RetryableError("时间服务器没有应答"), SealStatus.SEALED, "unknown"),
        (PermanentError("拒绝连接非公网地址"), SealStatus.SEALED, "unknown"),
    ],
)
def test_the_clock_is_compared(
    *,
    seal: MakeSeal,
    reference: Reference,
    folder_of: Callable[[Seal], Path],
    answer: Any,
    status: SealStatus,
    words: str,
) -> None:
    reference.answer = answer
    made = seal(reference=reference)
    assert made.status is status
    assert read(folder_of(made) / "manifest.json")["made"]["clock_offset"] == words


@pytest.mark.usefixtures("kept")
def test_an_unknown_offset_is_fatal_when_the_office_says_so(
    seal: MakeSeal, reference: Reference
) -> None:
    reference.answer = RetryableError("时间服务器没有应答")
    rules = SealRules(clock_required=True)
    assert "没有应答" in (seal(reference=reference, rules=rules).reason or "")
    assert "未设置" in (seal(rules=rules).reason or "")


def test_a_clock_that_went_back_cannot_seal(
    *, kept: str, seal: MakeSeal, later: Callable[..., None]
) -> None:
    assert kept
    later(hours=-2)
    assert "时钟有误" in (seal().reason or "")


@pytest.mark.usefixtures("kept")
def test_the_way_to_the_page_is_sealed(
    seal: MakeSeal,
    renderer: StandInRenderer,
    folder_of: Callable[[Seal], Path],
    content_of: Callable[[Seal, str], bytes],
) -> None:
    tls = Tls(
        protocol="TLS 1.3",
        names=("qinghe.test", "示范 CA"),
        valid=("2026-01-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
        certificates=(b"\x30\x03\x02\x01\x01",),
    )
    renderer.visit = evolve(renderer.visit, tls=tls)
    renderer.changes["tiles"] = (checkered_png(), checkered_png())
    renderer.changes["pictures"] = (
        Picture(url="http://qinghe.test/a.jpg", media_type="image/jpeg", body=b"\xff\xd8"),
        Picture(url="http://qinghe.test/b", media_type="image/x-odd", body=b"?"),
    )
    made = seal()
    assert made.status is SealStatus.SEALED
    folder = folder_of(made)
    way = read(folder / "visit.json")
    assert way["dns"] == ["127.3.0.9", "127.3.0.10"]
    assert way["redirects"] == [{"status": 302, "url": "http://qinghe.test/old"}]
    assert way["tls"]["subject"] == "qinghe.test"
    assert (folder / "certificates.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert content_of(made, "picture-001.jpg") == b"\xff\xd8"
    assert {each["name"] for each in json.loads(content_of(made, "pictures.json"))["files"]} == {
        "picture-001.jpg",
        "picture-002.bin",
    }
    assert {"tile-01.png", "tile-02.png"} <= {file.name for file in made.files}
    assert read(folder / "manifest.json")["capture"]["ip"] == "127.3.0.9"


def test_an_officer_seals_what_was_never_captured(
    *, seal: MakeSeal, database: Database, renderer: StandInRenderer, folder_of: Any
) -> None:
    made = seal(profile=Profile.OFFICER, actor="王某", purpose="核查举报")
    assert (made.status, made.live) == (SealStatus.SEALED, True)
    assert [how for how, _ in renderer.asked] == ["live"]
    with database.read() as tx:
        [taken] = snapshots_of(tx, "http://qinghe.test/")
        entries = ledger.entries_about(tx, [made.id])
    assert (taken.id, taken.acquisition) == (made.snapshot_id, Acquisition.OFFICER)
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("ask_seal", "王某"),
        ("seal", "王某"),
    ]
    told = read(folder_of(made) / "manifest.json")["made"]
    assert (told["by"], told["purpose"], told["profile"]) == ("王某", "核查举报", "officer")


@pytest.mark.usefixtures("kept")
def test_an_officer_who_comes_too_late_seals_the_stored_bytes(
    seal: MakeSeal, judge: StandInJudge, database: Database
) -> None:
    judge.answer = (Outcome.DELETED, "HTTP 410")
    made = seal(profile=Profile.OFFICER, actor="王某", purpose="核查举报")
    assert (made.status, made.live) == (SealStatus.SEALED, False)
    with database.read() as tx:
        outcomes = {each.outcome for each in snapshots_of(tx, "http://qinghe.test/")}
    assert outcomes == {Outcome.OK, Outcome.DELETED}


def test_an_officer_finds_nothing_at_all(seal: MakeSeal, renderer: StandInRenderer) -> None:
    renderer.error = Unreachable("网站没有应答")
    made = seal(profile=Profile.OFFICER, actor="王某", purpose="核查举报")
    assert made.status is SealStatus.INCOMPLETE
    assert "没有可供固证的快照" in (made.reason or "")
