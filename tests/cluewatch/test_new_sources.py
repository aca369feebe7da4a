"""The whole way of a new source: an imported page or complaint, the queue, the register."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from cluewatch.bootstrap import Services
from cluewatch.cli import app
from crawlers import source_store

from .conftest import ADVERT, bring_in


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def _rows(*arguments: str) -> list[dict[str, object]]:
    result = _run(*arguments, "--json")
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_imported_advert_leads_to_a_watched_source(services: Services, tmp_path: Path) -> None:
    link = '<a href="http://zhifa.test/p?x=1">青禾植发医院</a></body>'
    bring_in(services, tmp_path, "a.html", ADVERT.replace("</body>", link), "http://qinghe.test/a")
    found = {row["value"]: row for row in _rows("source", "candidates")}
    assert {"qinghe.test", "zhifa.test", "4000000123"} <= found.keys()
    assert found["zhifa.test"]["reasons"] == ["qinghe.test：可疑页面链接到"]

    accepted = _run("source", "accept", str(found["zhifa.test"]["id"])[:12], "--title", "植发")
    assert accepted.exit_code == 0, accepted.output
    with services.truth.read() as tx:
        titles = {source.title: source for source in source_store.all(tx)}
    assert titles["植发"].start_urls == ("http://zhifa.test/",)
    assert titles["植发"].region == "990100"

    rejected = _run("source", "reject", str(found["4000000123"]["id"]), "--reason", "本院总机")
    assert rejected.exit_code == 0, rejected.output
    left = {row["value"] for row in _rows("source", "candidates")}
    assert not left & {"zhifa.test", "4000000123"}
    assert "qinghe.test" in left


def test_a_complaint_sheet_is_answered_row_by_row(services: Services, tmp_path: Path) -> None:
    sheet = tmp_path / "投诉.csv"
    sheet.write_text(
        "编号,投诉人,被投诉单位,投诉内容\nT-1,某甲,青禾美容院,见 http://mr.test/1\nT-2,某乙,,不清楚\n",
        "utf-8",
    )
    rows = _rows("import", str(sheet))
    assert [row["outcome"] for row in rows] == ["requested", "lead", None]
    assert "T-2" in str(rows[2]["error"])
    lines = sheet.read_text("utf-8").splitlines()
    assert lines[0].endswith(",导入结果")
    assert lines[1].endswith("已排队采集 1 个网址；已登记 1 条待核线索")
    assert "失败" in lines[2]
    assert [row["value"] for row in _rows("source", "candidates")] == ["青禾美容院"]

    before = sheet.read_bytes()
    _run("import", str(sheet), "--no-write-back")
    assert sheet.read_bytes() == before


def test_health_lists_what_was_read(services: Services, tmp_path: Path) -> None:
    source = tmp_path / "s.yml"
    source.write_text(
        "sources:\n  - id: qinghe\n    kind: hospital_site\n    title: 青禾\n    region: '990100'\n"
        "    start_urls: [http://qinghe.test/]\n",
        "utf-8",
    )
    assert _run("source", "add", str(source)).exit_code == 0
    (row,) = _rows("source", "health")
    assert (row["id"], row["seen"], row["alarms"]) == ("qinghe", 0, [])


def test_a_capture_becomes_a_case_for_its_parser(services: Services, tmp_path: Path) -> None:
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/a")
    case = tmp_path / "case"
    assert _run("source", "record", "http://qinghe.test/a", str(case)).exit_code == 0
    assert (case / "body.html").read_text("utf-8") == ADVERT
    meta = json.loads((case / "meta.json").read_text("utf-8"))
    assert (meta["url"], meta["headers"]) == (
        "http://qinghe.test/a",
        [["Content-Type", "text/html"]],
    )
    assert _run("source", "record", "http://qinghe.test/a", str(case)).exit_code != 0
    assert _run("source", "record", "http://none.test/", str(tmp_path / "b")).exit_code != 0
