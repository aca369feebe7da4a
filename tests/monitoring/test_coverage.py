"""The weekly statement tells what was read, what was not, and why; nothing of ours is in it."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from docx import Document as open_docx
from typer.testing import CliRunner

from cluewatch import coverage
from cluewatch.bootstrap import Services
from cluewatch.cli import app
from cluewatch.coverage_letter import coverage_letter, reason
from cluewatch.monitoring import canary
from crawlers import source_store
from domain.captures import Acquisition, Capture, Profile
from domain.outcomes import Outcome
from domain.sources import Source, SourceKind
from evidence import gaps
from tickets.calendar import CHINA

MONDAY = datetime(2026, 3, 2, tzinfo=CHINA)


def watch(services: Services, name: str) -> None:
    source = Source(
        id=name,
        kind=SourceKind.HOSPITAL_SITE,
        title=f"{name}医院",
        region="990100",
        start_urls=(),
        hosts=(f"{name}.test",),
    )
    with services.truth.write() as tx:
        source_store.put(tx, source)


def visit(services: Services, name: str, at: datetime, outcome: Outcome = Outcome.OK) -> None:
    page = Capture(
        url=f"http://{name}.test/",
        source_id=name,
        captured_at=at,
        outcome=outcome,
        profile=Profile.DESKTOP,
        acquisition=Acquisition.CRAWL,
        status=200,
        body=b"x",
    )
    with services.evidence_writer("test") as writer:
        writer.record([page])


def miss(services: Services, name: str, at: datetime, outcome: Outcome, why: str = "原因") -> None:
    with services.truth.write() as tx:
        url = f"http://{name}.test/"
        gaps.note(tx, url=url, source_id=name, outcome=outcome, reason=why, at=at)


@pytest.fixture
def week(services: Services) -> Services:
    """qinghe was read; walled was asked for a code, again next week; old and later lie outside."""
    for name in ("qinghe", "walled"):
        watch(services, name)
    noon = MONDAY + timedelta(hours=12)
    visit(services, "qinghe", noon)
    visit(services, "qinghe", MONDAY - timedelta(seconds=1))
    visit(services, "qinghe", MONDAY + timedelta(days=7))
    visit(services, "walled", noon, Outcome.CAPTCHA)
    visit(services, canary.SOURCE, noon)
    miss(services, "walled", noon, Outcome.CAPTCHA, "验证页 <w:t>\x00")
    miss(services, "walled", MONDAY + timedelta(days=8), Outcome.CAPTCHA, "验证页 <w:t>\x00")
    miss(services, "qinghe", noon - timedelta(hours=1), Outcome.TIMEOUT)
    miss(services, "old", MONDAY - timedelta(days=2), Outcome.DENIED)
    miss(services, "later", MONDAY + timedelta(days=7), Outcome.DENIED)
    miss(services, canary.SOURCE, noon, Outcome.TIMEOUT)
    return services


def told(services: Services) -> coverage.Statement:
    with services.truth.read() as tx:
        return coverage.statement(tx, MONDAY.date(), at=MONDAY + timedelta(days=9))


def test_only_what_lies_in_the_week_counts(week: Services) -> None:
    found = told(week)
    assert found.captures == {Outcome.OK: 1, Outcome.CAPTCHA: 1}
    assert [(one.id, one.captures, one.read) for one in found.watched] == [
        ("qinghe", 1, 1),
        ("walled", 1, 0),
    ]
    assert [one.id for one in found.unseen] == ["walled"]
    assert [(gap.place, gap.is_open) for gap in found.gaps] == [
        ("walled.test", True),
        ("qinghe.test", False),
    ]
    assert found.reasons == {Outcome.CAPTCHA: 1, Outcome.TIMEOUT: 1}


def test_the_document_says_it_in_words(week: Services) -> None:
    content = coverage_letter(told(week), author="示范市监测中心")
    assert content == coverage_letter(told(week), author="示范市监测中心")
    document = open_docx(io.BytesIO(content))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert "监测对象 2 个，其中 1 个至少读到一个页面；留存采集 2 次，读到内容的 1 次" in text
    assert "共 2 处，其中 1 处至制作时仍未恢复" in text
    assert "未能看到不等于没有违法" in text
    assert "walled医院" in cells
    assert "网站要求输入验证码：验证页 <w:t>\ufffd" in cells
    assert {"未恢复", "已恢复"} <= set(cells)


def test_every_gap_has_words() -> None:
    assert [outcome for outcome in Outcome if outcome.is_gap and reason(outcome) == outcome] == []


def test_the_command_writes_both_forms(week: Services, tmp_path: Path) -> None:
    file = tmp_path / "statement.docx"
    result = CliRunner().invoke(
        app, ["gaps", "statement", "--week", "2026-W10", "--output", str(file), "--json"]
    )
    assert result.exit_code == 0, result.output
    row = json.loads(result.stdout.splitlines()[-1])
    assert row["since"] == MONDAY.isoformat()
    assert len(row["gaps"]) == 2
    assert open_docx(str(file)).tables
    listed = CliRunner().invoke(app, ["gaps", "--json"])
    assert len(listed.stdout.splitlines()) == 5


@pytest.mark.parametrize("text", ["2026-10", "", "W10"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="match format"):
        coverage.week_of(text)


def test_a_week_begins_on_monday() -> None:
    assert coverage.week_of("2026-W01") == date(2025, 12, 29)
