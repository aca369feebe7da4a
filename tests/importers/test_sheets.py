"""Sheets: addresses, complaints without the complainant, and each row's outcome in the sheet."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from crawlers.discovery.records import CandidateKind
from crawlers.importers import ImportOptions, ImportRecord, read_file, write_results
from domain.errors import PermanentError


def _all(path: Path, options: ImportOptions | None = None) -> list[ImportRecord]:
    return list(read_file(path, options=options or ImportOptions()))


def _workbook(path: Path, rows: list[list[object]], title: str = "名单") -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def _column(path: Path) -> list[object]:
    sheet = load_workbook(path).worksheets[0]
    return [row[-1].value for row in sheet.iter_rows()]


_ROWS: list[list[object]] = [
    ["序号", "网址"],
    [1, "http://a.test/1"],
    [2, "没有"],
    [3, "http://a.test/3 http://b.test/"],
]


def test_every_row_of_a_workbook_gets_its_outcome(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "名单.xlsx", _ROWS)
    records = _all(path)
    assert [r.url for r in records if r.request] == [
        "http://a.test/1", "http://a.test/3", "http://b.test/",
    ]  # fmt: skip
    assert write_results(path, records) == path
    header, first, second, third = _column(path)
    assert header == "导入结果"
    assert first == "已排队采集 1 个网址"
    assert str(second).startswith("失败：没有可用的网址")
    assert third == "已排队采集 2 个网址"
    again = _all(path)
    assert [r.url for r in again if r.request] == [r.url for r in records if r.request]
    write_results(path, again)
    assert len(list(load_workbook(path).worksheets[0].columns)) == 3


def test_a_workbook_with_pictures_is_left_whole(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "图.xlsx", _ROWS)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/media/image1.png", b"\x89PNG")
    before = path.read_bytes()
    copy = write_results(path, _all(path))
    assert copy == tmp_path / "图.导入结果.xlsx"
    assert path.read_bytes() == before
    assert _column(copy)[0] == "导入结果"


@pytest.mark.parametrize("charset", ["gb18030", "utf-8-sig", "utf-8"])
@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_a_csv_keeps_its_encoding_and_cells(tmp_path: Path, charset: str, ending: str) -> None:
    path = tmp_path / "名单.csv"
    lines = [
        "序号,网址,说明",
        '1,http://a.test/1,"夸大,见图"',
        "2,没有,=1+1",
        '3,http://b.test/,"两',
        '行"',
    ]
    path.write_bytes(ending.join(lines).encode(charset))
    write_results(path, _all(path))
    data = path.read_bytes()
    assert (b"\r\n" in data) is (ending == "\r\n")
    rows = list(csv.reader(io.StringIO(data.decode(charset), newline="")))
    assert rows[0] == ["序号", "网址", "说明", "导入结果"]
    assert rows[1] == ["1", "http://a.test/1", "夸大,见图", "已排队采集 1 个网址"]
    assert rows[2][2] == "=1+1"
    assert rows[2][3].startswith("失败：")
    assert rows[3] == ["3", "http://b.test/", f"两{ending}行", "已排队采集 1 个网址"]


def test_a_file_that_is_no_sheet_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><p>门诊公告", "utf-8")
    assert write_results(path, _all(path, ImportOptions(url="http://a.test/"))) is None


def test_a_folder_that_refuses_writing_leaves_the_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _workbook(tmp_path / "名单.xlsx", _ROWS)
    before, records = path.read_bytes(), _all(path)

    def full(_self: Path, _target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PermanentError, match="没有写回"):
        write_results(path, records)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


_COMPLAINT: list[list[object]] = [
    ["12315 导出", None, None, None, None],
    ["登记编号", "投诉人", "联系电话", "被投诉单位（全称）", "投诉内容"],
    [
        "T-1", "某甲", "13800000000", "青禾美容院",
        "在公众号“青禾焕肤”看到 http://mr.test/zt?token=0123456789 称无痕祛斑，"
        "微信：qinghe-hf，咨询 400-000-0123，我的电话 13900000000",
    ],
    ["T-2", "某乙", "13700000000", None, "说不清在哪里看到的"],
]  # fmt: skip


def test_a_complaint_gives_leads_and_never_the_complainant(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "投诉.xlsx", [list(row) for row in _COMPLAINT])
    records = _all(path)
    assert [r.url for r in records if r.request] == ["http://mr.test/zt"]
    leads = {(r.lead.kind, r.lead.value) for r in records if r.lead}
    assert leads == {
        (CandidateKind.NAME, "青禾美容院"),
        (CandidateKind.ACCOUNT, "青禾焕肤"),
        (CandidateKind.ACCOUNT, "qinghe-hf"),
        (CandidateKind.PHONE, "4000000123"),
    }
    (failed,) = [r for r in records if r.error]
    assert failed.error is not None
    assert "投诉.xlsx 名单 第 4 行（T-2）" in failed.error
    assert not any(word in repr(records) for word in ("某甲", "13800000000", "13900000000"))
    write_results(path, records)
    assert str(_column(path)[2]) == "已排队采集 1 个网址；已登记 4 条待核线索"


def test_a_mapping_names_the_headings_of_any_export(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("号码,商户,经过\n9,青禾诊所,电话推销\n", "utf-8")
    mapping = tmp_path / "m.yml"
    mapping.write_text("name: [商户]\ntext: [经过]\ncase_no: [号码]\n", "utf-8")
    (record,) = _all(path, ImportOptions(mapping=mapping))
    assert record.lead is not None
    assert record.lead.value == "青禾诊所"
    assert "（9）" in record.record

    mapping.write_text("name: [不存在]\ntext: [经过]\n", "utf-8")
    (missing,) = _all(path, ImportOptions(mapping=mapping))
    assert missing.error is not None
    assert "表头" in missing.error
    mapping.write_text("name: [商户]\nreporter: [姓名]\n", "utf-8")
    (wrong,) = _all(path, ImportOptions(mapping=mapping))
    assert wrong.error is not None
    assert "m.yml:2" in wrong.error
