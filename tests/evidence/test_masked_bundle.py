"""What leaves is masked unless two persons say otherwise, and can be verified all the same."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from domain.captures import Seal
from domain.errors import EvidenceError, IllegalMove, NotFound, PermanentError
from evidence import ledger, originals
from evidence.bundle import BundleForm, BundleInfo, write_bundle
from storage.database import Database
from tests.clocks import StillClock
from tests.evidence.conftest import clue_about
from tests.evidence.test_bundle import members, run_verifier

DAY = timedelta(days=1)


@pytest.fixture
def masked(bundle: Callable[..., BundleInfo], seal: Callable[..., Seal]) -> BundleInfo:
    seal()
    return bundle("masked.zip", form=BundleForm.MASKED)


def test_a_masked_bundle_leaves_out_what_shows_the_page(masked: BundleInfo) -> None:
    held = members(masked.path)
    assert {name for name in held if name.startswith("seal/")} == {
        "seal/environment.json",
        "seal/manifest.json",
        "seal/masked.png",
        "seal/masked.txt",
        "seal/visit.json",
    }
    assert "capture.wacz" not in held
    assert "遮蔽版" in held["index.html"].decode()
    assert 'src="seal/masked.png"' in held["index.html"].decode()
    status, said = run_verifier(str(masked.path), "--root", masked.root_digest)
    assert status == 0, said
    assert "masked bundle: 6 members" in said


@pytest.mark.parametrize("name", ["seal/masked.png", "seal/environment.json", "index.html"])
def test_what_a_masked_bundle_must_hold_is_missed(
    masked: BundleInfo, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "open"
    with zipfile.ZipFile(masked.path) as archive:
        archive.extractall(folder)
    (folder / name).unlink()
    status, said = run_verifier(str(folder))
    assert status == 1
    assert name in said


def test_a_bundle_that_calls_itself_original_must_be_whole(
    masked: BundleInfo, tmp_path: Path
) -> None:
    folder = tmp_path / "open"
    with zipfile.ZipFile(masked.path) as archive:
        archive.extractall(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "form": "original"}))
    status, said = run_verifier(str(folder))
    assert status == 1
    assert "seal/screenshot.png" in said


def test_an_original_bundle_needs_the_keys(
    *, seal: Callable[..., Seal], masked: BundleInfo, directory: Path, database: Database
) -> None:
    with database.read() as tx, pytest.raises(EvidenceError, match="没有固证密钥"):
        write_bundle(
            target=masked.path.with_name("original.zip"),
            directory=directory,
            tx=tx,
            clue=clue_about("包好"),
            type_names={},
            form=BundleForm.ORIGINAL,
        )
    assert not masked.path.with_name("original.zip").exists()


def test_originals_are_opened_by_two_persons_for_a_time(
    database: Database, clock: StillClock, later: Callable[..., None]
) -> None:
    with database.write() as tx:
        asked = originals.ask(
            tx,
            id="o1",
            clue_id="c1",
            actor="王一",
            purpose="法院调取",
            at=clock.now(),
            lasts=7 * DAY,
        )
        assert originals.waiting(tx, clock.now()) == [asked]
        with pytest.raises(PermanentError, match="另一人批准"):
            originals.permit(tx, clue_id="c1", actor="王一", at=clock.now())
        decision = {"id": "o1", "approved": True, "note": "同意", "lasts": DAY}
        with pytest.raises(PermanentError, match="另一人"):
            originals.decide(tx, actor="王一", at=clock.now(), **decision)  # type: ignore[arg-type] # by name
        given = originals.decide(tx, actor="李二", at=clock.now(), **decision)  # type: ignore[arg-type] # by name
        assert originals.permit(tx, clue_id="c1", actor="王一", at=clock.now()) == given
        for other in ({"clue_id": "c1", "actor": "李二"}, {"clue_id": "c2", "actor": "王一"}):
            with pytest.raises(PermanentError, match="另一人批准"):
                originals.permit(tx, at=clock.now(), **other)
        with pytest.raises(IllegalMove, match="已有决定"):
            originals.decide(tx, actor="赵三", at=clock.now(), **decision)  # type: ignore[arg-type] # by name
        later(hours=24)
        with pytest.raises(PermanentError):
            originals.permit(tx, clue_id="c1", actor="王一", at=clock.now())
        entries = [(e.actor, e.action) for e in ledger.chain(tx, ledger.ACCESS)]
    assert entries == [("王一", "ask_original"), ("李二", "approve_original")]


def test_a_question_that_nobody_answers_lapses_and_a_refusal_stands(
    database: Database, clock: StillClock, later: Callable[..., None]
) -> None:
    with database.write() as tx:
        for id in ("o1", "o2"):
            originals.ask(
                tx, id=id, clue_id="c1", actor="王一", purpose="复核", at=clock.now(), lasts=DAY
            )
        refused = originals.decide(
            tx, id="o2", actor="李二", approved=False, note="不必", at=clock.now(), lasts=DAY
        )
        assert refused.approved is False
        with pytest.raises(PermanentError):
            originals.permit(tx, clue_id="c1", actor="王一", at=clock.now())
        later(days=1)
        assert originals.waiting(tx, clock.now()) == []
        with pytest.raises(IllegalMove, match="过期"):
            originals.decide(
                tx, id="o1", actor="李二", approved=True, note="", at=clock.now(), lasts=DAY
            )
        with pytest.raises(NotFound):
            originals.get(tx, "o3")
        with pytest.raises(PermanentError, match="用途"):
            originals.ask(
                tx, id="o4", clue_id="c1", actor="王一", purpose=" ", at=clock.now(), lasts=DAY
            )
