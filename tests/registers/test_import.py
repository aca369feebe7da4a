"""Lists as authorities hand them out, and lists as attackers would."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from domain.errors import PermanentError
from registers.readers import Entry
from registers.store import ImportReport, RowError, import_register
from registers.tables import covered, entries, imports
from storage import spreadsheets
from storage.database import Database
from storage.records import from_json
from tests.registers.numbers import OTHER_REGION, REGION, licence_no, usci

DAY = date(2026, 1, 31)
NOW = datetime(2026, 2, 1, tzinfo=UTC)
HEADINGS = (
    "机构名称",
    "统一社会信用代码",
    "登记号",
    "诊疗科目",
    "行政区划",
    "有效期起",
    "有效期止",
    "联系电话",
)
LANTIAN = (
    "蓝天口腔门诊部",
    usci("LT000001"),
    licence_no("LT000001"),
    "口腔科；内科（消化、呼吸）/医学影像科",
    REGION,
    "2024年5月1日",
    "2029/4/30",
    "400-000-0123、010-0000 0000",
)
BAIYUN = ("白云中医诊所", "", licence_no("BY000001"), "中医科", REGION, "20240501", "长期", "")


def write_csv(path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def run(
    database: Database, path: Path, *, as_of: date = DAY, complete: bool = False
) -> ImportReport:
    with database.write() as tx:
        return import_register(tx, "institution", path, as_of=as_of, at=NOW, complete=complete)


def entry_at(database: Database, row: int) -> Entry:
    """What was made of one row."""
    with database.read() as tx:
        record = tx.execute(select(entries.c.record).where(entries.c.row == row)).scalar_one()
    return from_json(Entry, record)


def count(database: Database) -> int:
    with database.read() as tx:
        found: int = tx.execute(select(func.count()).select_from(entries)).scalar_one()
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_csv_in_the_encodings_of_offices(database: Database, tmp_path: Path, encoding: str) -> None:
    path = write_csv(tmp_path / "list.csv", [HEADINGS, LANTIAN, BAIYUN], encoding)
    assert run(database, path) == ImportReport(rows=2, imported=2, errors=())
    one = entry_at(database, 2)
    assert (one.name, one.region) == ("蓝天口腔门诊部", REGION)
    assert one.numbers == {"usci": LANTIAN[1], "licence_no": LANTIAN[2]}
    assert one.details["departments"] == ("口腔科", "内科（消化、呼吸）", "医学影像科")
    assert (one.valid_from, one.valid_until) == (date(2024, 5, 1), date(2029, 4, 30))
    assert one.phones == ("4000000123", "01000000000")


def test_xlsx_with_a_title_above_and_typed_cells(database: Database, tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [
        ("某区医疗机构名录",),
        (),
        ("序号", "医疗机构名称", "登记号", "行政区划（代码）", "有效期至"),
        (1, "蓝天口腔门诊部", LANTIAN[2], int(REGION), datetime(2029, 4, 30)),  # noqa: DTZ001 - as in a cell
    ]
    report = run(database, write_xlsx(tmp_path / "list.xlsx", rows))
    assert (report.rows, report.imported, report.unknown) == (1, 1, ("序号",))
    one = entry_at(database, 4)
    assert (one.region, one.valid_until) == (REGION, date(2029, 4, 30))


def test_json_of_objects(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    record = {"名称": "蓝天口腔门诊部", "登记号": LANTIAN[2], "诊疗科目": ["口腔科", "内科"]}
    path.write_text(json.dumps([record, {"名称": "", "电话": None}]), encoding="utf-8")
    report = run(database, path)
    assert report == ImportReport(rows=1, imported=1, errors=())
    one = entry_at(database, 2)
    assert one.details["departments"] == ("口腔科", "内科")
    assert one.region == REGION  # read from the 登记号


def test_bad_rows_are_named_with_number_and_reason(database: Database, tmp_path: Path) -> None:
    def with_(place: int, value: str, number: str = "") -> tuple[str, ...]:
        row = list(BAIYUN)
        row[2] = number
        row[place] = value
        return tuple(row)

    broken_usci = LANTIAN[1][:-1] + ("0" if LANTIAN[1][-1] != "0" else "1")
    path = write_csv(
        tmp_path / "list.csv",
        [
            HEADINGS,
            LANTIAN,
            with_(1, broken_usci),
            with_(2, "12345"),
            with_(6, "2026-02-30"),
            with_(6, "2020-01-01"),
            with_(4, "某某区"),
            with_(0, "  "),
            LANTIAN,
            BAIYUN,
        ],
    )
    report = run(database, path)
    assert (report.rows, report.imported) == (9, 2)
    assert [(e.row, e.column, e.reason) for e in report.errors] == [
        (3, "统一社会信用代码", f"统一社会信用代码“{broken_usci}”的格式或校验位不符"),
        (4, "登记号", "登记号“12345”的格式或校验位不符"),
        (5, "有效期止", "“2026-02-30”不是日期"),
        (6, "有效期止", "2020-01-01 早于起始日期 2024-05-01"),
        (7, "行政区划", "行政区划“某某区”应为六位代码"),
        (8, "机构名称", "没有机构名称"),
        (9, "", "与第 2 行是同一记录"),
    ]


def test_importing_the_same_file_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "list.csv", [HEADINGS, LANTIAN, BAIYUN])
    assert run(database, path) == run(database, path)
    assert count(database) == 2
    run(database, path, as_of=date(2026, 2, 28))
    assert count(database) == 4
    with database.read() as tx:
        assert len(tx.execute(select(imports)).all()) == 2


def test_a_division_with_a_refused_row_is_not_complete(database: Database, tmp_path: Path) -> None:
    elsewhere = ("青山医院", "", licence_no("QS000001", OTHER_REGION), "", OTHER_REGION)
    refused = ("红星诊所", "", "12345", "", OTHER_REGION)
    path = write_csv(tmp_path / "list.csv", [HEADINGS, LANTIAN, elsewhere])
    assert run(database, path).covered == ()
    assert run(database, path, complete=True).covered == (OTHER_REGION, REGION)
    path = write_csv(tmp_path / "worse.csv", [HEADINGS, LANTIAN, elsewhere, refused])
    assert run(database, path, complete=True).covered == (REGION,)
    path = write_csv(tmp_path / "worst.csv", [HEADINGS, LANTIAN, elsewhere, refused[:4]])
    assert run(database, path, complete=True).covered == ()
    with database.read() as tx:
        assert len(tx.execute(select(covered)).all()) == 3


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("list.pdf", b"%PDF", "CSV、XLSX 或 JSON"),
        ("list.csv", b"\xff\xff\xff", "编码"),
        ("list.csv", "名称,电话\n".encode() + b'"open', "CSV 格式有误"),
        ("list.csv", "序号,备注\n1,无\n".encode(), "表头"),
        ("list.csv", "名称,机构名称,电话\n".encode(), "含义相同"),
        ("list.csv", b"", "表头"),
        ("list.json", b"[" * 100_000, "JSON"),
        ("list.json", b'{"a": 1}', "数组"),
        ("list.json", b"[1, 2]", "数组"),
        ("list.xlsx", b"PK not a zip", "XLSX"),
    ],
)
def test_files_that_are_not_lists(
    database: Database, tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(PermanentError, match=message) as caught:
        run(database, path)
    assert caught.value.at is not None
    assert caught.value.at.startswith(name)
    assert count(database) == 0


def test_a_missing_file_says_so(database: Database, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="无法读取"):
        run(database, tmp_path / "none.csv")


def test_a_zip_without_a_workbook_is_refused(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(PermanentError, match="XLSX"):
        run(database, path)


def rewritten(source: Path, target: Path, member: str, data: bytes) -> Path:
    """The workbook with one member replaced."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, data if name == member else old.read(name))
    return target


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_UNPACKED", 1_000_000)
    good = write_xlsx(tmp_path / "good.xlsx", [HEADINGS, LANTIAN])
    bomb = rewritten(good, tmp_path / "bomb.xlsx", "xl/worksheets/sheet1.xml", b" " * 20_000_000)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(PermanentError, match="解压后过大"):
        run(database, bomb)


def test_entities_are_not_expanded(database: Database, tmp_path: Path) -> None:
    good = write_xlsx(tmp_path / "good.xlsx", [HEADINGS, LANTIAN])
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(12)
    )
    sheet = (
        f"<?xml version='1.0'?><!DOCTYPE worksheet [{entities}]>"
        "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
        "<row r='1'><c r='A1' t='inlineStr'><is><t>&e11;</t></is></c></row></sheetData></worksheet>"
    )
    path = rewritten(good, tmp_path / "e.xlsx", "xl/worksheets/sheet1.xml", sheet.encode())
    with pytest.raises(PermanentError, match="XLSX"):
        run(database, path)


def test_a_sheet_that_claims_a_million_rows_is_refused(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 500)
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(list(HEADINGS))
    book.active.append(list(LANTIAN))
    book.active.cell(row=1_048_576, column=1, value="远处")
    path = tmp_path / "far.xlsx"
    book.save(path)
    with pytest.raises(PermanentError, match="超过 500 行"):
        run(database, path)


def test_the_size_that_a_sheet_states_is_not_believed(database: Database, tmp_path: Path) -> None:
    good = write_xlsx(tmp_path / "good.xlsx", [HEADINGS, LANTIAN, BAIYUN])
    member = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(good) as archive:
        sheet = archive.read(member)
    assert b'<dimension ref="A1:H3"' in sheet
    small = sheet.replace(b'ref="A1:H3"', b'ref="A1:C2"')
    path = rewritten(good, tmp_path / "small.xlsx", member, small)
    assert run(database, path).imported == 2


def test_a_file_beyond_the_limit_is_not_even_read(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_BYTES", 1024 * 1024)
    path = tmp_path / "list.csv"
    path.write_bytes(b"x" * (1024 * 1024 + 1))
    with pytest.raises(PermanentError, match="超过 1 MB"):
        run(database, path)


def test_a_formula_is_text_without_value(database: Database, tmp_path: Path) -> None:
    rows = [HEADINGS, LANTIAN, ('=HYPERLINK("http://x.test")', "", "", "", REGION)]
    report = run(database, write_xlsx(tmp_path / "list.xlsx", rows))
    assert report.imported == 1
    assert report.errors == (RowError(row=3, column="机构名称", reason="没有机构名称"),)
