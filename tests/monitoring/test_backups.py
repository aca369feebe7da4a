"""A backup taken while others write, laid out in an empty place, gives the same answers."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifiers import policy as policies
from cluewatch import backups, diagnosis, export
from cluewatch.bootstrap import Services
from cluewatch.cli import app
from cluewatch.health import WorkerHealth, write
from cluewatch.settings import config_path, load_settings
from domain.captures import Acquisition, Capture, Profile
from domain.errors import PermanentError
from domain.outcomes import Outcome
from domain.queries import SearchRequest, Text
from evidence import deletion
from evidence.verify import verify
from tickets import worklist
from tickets.worklist import ClueFilter


@pytest.fixture
def busy(kept: Services) -> Services:
    """With a delivery that waits, and logs."""
    home = kept.settings.home
    for name in ("outbox/office/package.zip", "logs/crawl-2026-11-20.jsonl", "logs/crawl.log"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("content", "utf-8")
    write(home / "logs", [WorkerHealth(role="x", pid=1, state="r", deaths=0, seconds=1, code=None)])
    return kept


def made(services: Services, target: Path, base: Path | None = None) -> backups.Manifest:
    return backups.make(services, target, base=base, progress=lambda _name: None)


def answers(services: Services) -> tuple[object, ...]:
    with services.truth.read() as tx:
        rows = list(export.all_rows(tx, policies.load().grade))
        clues = worklist.clues(tx, ClueFilter()).entries
    hits = services.index.search(SearchRequest(query=Text(words="根治")))
    return json.dumps(rows, ensure_ascii=False, default=str), clues, hits.total


def capture(services: Services, number: int) -> Capture:
    return Capture(
        url=f"http://busy.test/{number}",
        captured_at=services.clock.now(),
        outcome=Outcome.OK,
        profile=Profile.DESKTOP,
        acquisition=Acquisition.CRAWL,
        status=200,
        headers=(("Content-Type", "text/html"),),
        body=f"<p>{number}</p>".encode() * 200,
    )


def test_restored_into_nothing_it_answers_as_before(
    busy: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(busy)
    manifest = made(busy, tmp_path / "backup")
    busy.close()
    monkeypatch.setenv("CLUEWATCH_HOME", str(tmp_path / "new"))
    result = CliRunner().invoke(app, ["restore", str(tmp_path / "backup")])
    assert result.exit_code == 0, result.output
    fresh = Services(load_settings())
    assert answers(fresh) == before
    report = verify(directory=fresh.settings.evidence_directory, database=fresh.truth)
    assert report.problems == ()
    assert config_path().stat().st_mode & 0o077 == 0
    names = {entry.path for entry in manifest.files}
    assert {"truth.db", "frontier.db", "cluewatch.toml", "outbox/office/package.zip"} <= names
    assert "logs/crawl-2026-11-20.jsonl" in names
    assert not {"logs/crawl.log", "logs/workers.json"} & names
    fresh.close()


def test_a_backup_taken_while_a_crawl_writes_is_whole(busy: Services, tmp_path: Path) -> None:
    stop, written = threading.Event(), threading.Event()

    def crawl() -> None:
        number = 0
        with busy.evidence_writer("crawl") as writer:
            while not stop.is_set():
                writer.record([capture(busy, number)])
                number += 1
                if number > 5:
                    written.set()

    thread = threading.Thread(target=crawl)
    thread.start()
    assert written.wait(60)
    made(busy, tmp_path / "backup")
    stop.set()
    thread.join()
    home = tmp_path / "new"
    backups.restore(tmp_path / "backup", home, progress=lambda _name: None)
    fresh = Services(busy.settings.model_copy(update={"home": home}))
    report = verify(directory=fresh.settings.evidence_directory, database=fresh.truth)
    assert report.problems == ()
    fresh.close()


def test_what_did_not_change_is_linked(busy: Services, tmp_path: Path) -> None:
    first = made(busy, tmp_path / "one")
    with busy.evidence_writer("later") as writer:
        writer.record([capture(busy, 1)])
    second = made(busy, tmp_path / "two", base=tmp_path / "one")
    kept = {entry.path for entry in first.files if entry.path.startswith("evidence/warc")}
    assert kept
    for name in kept:
        one, two = (tmp_path / place / "home" / name for place in ("one", "two"))
        assert one.samefile(two)
    assert len([e for e in second.files if e.path.startswith("evidence/")]) > len(kept)
    shutil.rmtree(tmp_path / "one")
    backups.restore(tmp_path / "two", tmp_path / "new", progress=lambda _name: None)


def test_a_deletion_changes_the_file_that_the_next_backup_takes(
    busy: Services, tmp_path: Path
) -> None:
    made(busy, tmp_path / "one")
    with busy.truth.read() as tx:
        (row,) = tx.exec_driver_sql("SELECT id FROM snapshots WHERE host = 'gov.test'").all()
    deletion.delete(
        directory=busy.settings.evidence_directory,
        database=busy.truth,
        snapshot_id=row[0],
        retention="routine",
        actor="t",
        purpose="t",
        at=busy.clock.now(),
    )
    made(busy, tmp_path / "two", base=tmp_path / "one")
    backups.restore(tmp_path / "two", tmp_path / "new", progress=lambda _name: None)
    fresh = Services(busy.settings.model_copy(update={"home": tmp_path / "new"}))
    report = verify(directory=fresh.settings.evidence_directory, database=fresh.truth)
    assert report.problems == ()
    fresh.close()


def test_a_changed_or_missing_file_is_named_and_nothing_is_laid_out(
    busy: Services, tmp_path: Path
) -> None:
    manifest = made(busy, tmp_path / "backup")
    entry = next(e for e in manifest.files if e.path.startswith("evidence/warc"))
    file = tmp_path / "backup" / "home" / entry.path
    content = bytearray(file.read_bytes())
    assert hashlib.sha256(content).hexdigest() == entry.sha256
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(PermanentError, match=f"{entry.path}.*与清单不符"):
        backups.restore(tmp_path / "backup", tmp_path / "new", progress=lambda _name: None)
    file.unlink()
    with pytest.raises(PermanentError, match=f"{entry.path}.*缺少文件"):
        backups.restore(tmp_path / "backup", tmp_path / "new", progress=lambda _name: None)
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_over(busy: Services, tmp_path: Path) -> None:
    made(busy, tmp_path / "backup")
    with pytest.raises(PermanentError, match="备份目录已存在"):
        made(busy, tmp_path / "backup")
    with pytest.raises(PermanentError, match="主目录不是空的"):
        backups.restore(
            tmp_path / "backup", busy.settings.home.absolute(), progress=lambda _name: None
        )


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd"])
def test_a_manifest_cannot_lead_outside(tmp_path: Path, path: str) -> None:
    (tmp_path / "manifest.json").write_text(
        json.dumps(
            {
                "version": "1.0",
                "made_at": "2026-03-02T09:00:00+00:00",
                "databases": True,
                "files": [{"path": path, "size": 1, "sha256": "", "changed": 0}],
            }
        )
    )
    with pytest.raises(PermanentError, match="越界"):
        backups.restore(tmp_path, tmp_path / "new", progress=lambda _name: None)


def test_the_deep_look_finds_what_was_changed(kept: Services) -> None:
    assert all(found.good for found in diagnosis.examine_deeply(kept.settings))
    (warc, *_) = sorted((kept.settings.evidence_directory / "warc").iterdir())
    content = bytearray(warc.read_bytes())
    content[-20] ^= 1
    warc.write_bytes(content)
    with kept.frontier.write() as tx:
        tx.exec_driver_sql("UPDATE frontier_hosts SET claimed = claimed + 1")
    kept.index.rebuild([])
    bad = {found.item for found in diagnosis.examine_deeply(kept.settings) if not found.good}
    assert bad == {"证据与台账", "索引与文书", "抓取账目"}


def test_what_is_no_backup_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="不是完整的备份"):
        backups.read(tmp_path)
