"""One schema for every register: its fields, its mapping files, its versions."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import ConfigError, NotFound, PermanentError
from registers.headings import NO_MAPPING, ColumnMapping, load_mapping
from registers.kinds import Kind, Reads, kind_of, kinds
from registers.lookup import named
from registers.readers import Entry, read_entry
from registers.store import ImportReport, held, import_register
from storage.database import Database
from tests.registers.numbers import OTHER_REGION, REGION, licence_no, usci

DAY = date(2026, 1, 31)
NOW = datetime(2026, 2, 1, tzinfo=UTC)
SAMPLES = {
    Reads.NAME: "蓝天口腔门诊部",
    Reads.USCI: usci("LT000001"),
    Reads.LICENCE_NO: licence_no("LT000001"),
    Reads.NUMBER: "苏医广〔2026〕第01-01-001号",
    Reads.PARTY: "蓝天口腔门诊部",
    Reads.REGION: REGION,
    Reads.ADDRESS: "示范市中山路12号",
    Reads.PHONES: "400-000-0123",
    Reads.DATE: "2026-01-02",
    Reads.LIST: "口腔科、外科",
    Reads.TEXT: "某某",
}


def list_of(path: Path, *rows: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def load(
    database: Database,
    kind: str,
    path: Path,
    *,
    mapping: ColumnMapping = NO_MAPPING,
    as_of: date = DAY,
    complete: bool = False,
) -> ImportReport:
    with database.write() as tx:
        return import_register(
            tx, kind, path, as_of=as_of, at=NOW, mapping=mapping, complete=complete
        )


def mapping_of(path: Path, text: str, kind: str = "institution") -> ColumnMapping:
    path.write_text(text, encoding="utf-8")
    return load_mapping(path, kind_of(kind))


@pytest.mark.parametrize("kind", kinds().values(), ids=kinds())
def test_every_register_takes_a_list_with_its_own_headings(
    database: Database, tmp_path: Path, kind: Kind
) -> None:
    fields = list(kind.fields.values())
    path = list_of(
        tmp_path / "list.csv",
        [one.headings[0] for one in fields],
        [SAMPLES[one.reads] for one in fields],
    )
    report = load(database, kind.key, path)
    assert report == ImportReport(rows=1, imported=1, errors=())
    with database.read() as tx:
        (version,) = named(tx, kind, SAMPLES[Reads.NAME], day=DAY, limit=5)
        (kept,) = held(tx, kind.key)
    entry = version.entry
    stated = {
        *({"name", "region", "address", "phone", "valid_from", "valid_until"} & {*kind.fields}),
        *(*entry.numbers, *entry.parties, *entry.details),
    }
    assert stated == {*kind.fields}
    assert (kept.as_of, kept.imported_at, kept.rows, kept.refused) == (DAY, NOW, 1, 0)


@pytest.mark.parametrize("kind", kinds().values(), ids=kinds())
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_no_row_breaks_the_reader(kind: Kind, data: st.DataObject) -> None:
    cells: Mapping[str, str] = data.draw(
        st.dictionaries(st.sampled_from(list(kind.fields)), st.text(max_size=40))
    )
    found = read_entry(kind, cells)
    if not isinstance(found, Entry):
        assert found
        assert all(flaw.column in {f.title for f in kind.fields.values()} for flaw in found)


def test_what_a_register_needs_is_asked_for(database: Database, tmp_path: Path) -> None:
    path = list_of(tmp_path / "list.csv", ["医师姓名", "执业机构"], ["甲某", ""])
    (error,) = load(database, "doctor", path).errors
    assert (error.row, error.column, error.reason) == (2, "执业机构", "没有执业机构")


def test_a_doctor_at_two_institutions_is_two_records(database: Database, tmp_path: Path) -> None:
    rows = [["甲某", "110000000000001", name] for name in ("蓝天口腔门诊部", "白云医院")]
    path = list_of(tmp_path / "list.csv", ["姓名", "执业证书编码", "执业机构"], *rows, rows[0])
    report = load(database, "doctor", path)
    assert report.imported == 2
    assert report.errors[0].reason == "与第 2 行是同一记录"


def test_a_mapping_says_which_column_is_which_field(database: Database, tmp_path: Path) -> None:
    path = list_of(
        tmp_path / "list.csv",
        ["甲列", "乙列", "机构名称"],
        ["蓝天口腔门诊部", licence_no("LT000001"), "不用这一列"],
    )
    columns = "{name: 甲列, licence_no: 2}"
    text = f'kind: institution\ncolumns: {columns}\nfixed: {{region: "{REGION}"}}\n'
    report = load(database, "institution", path, mapping=mapping_of(tmp_path / "m.yml", text))
    assert (report.imported, report.unknown) == (1, ("机构名称",))
    with database.read() as tx:
        (version,) = named(tx, kind_of("institution"), "蓝天", day=DAY, limit=5)
    assert version.entry.numbers["licence_no"] == licence_no("LT000001")
    assert version.entry.region == REGION


def test_a_list_without_headings_is_read_by_column_numbers(
    database: Database, tmp_path: Path
) -> None:
    path = list_of(tmp_path / "list.csv", ["1", "蓝天口腔门诊部"], ["2", "白云医院"])
    text = "kind: institution\nheader_row: 0\ncolumns: {name: 2}\n"
    report = load(database, "institution", path, mapping=mapping_of(tmp_path / "m.yml", text))
    assert report.imported == 2


def test_a_fixed_division_is_complete_as_a_whole(database: Database, tmp_path: Path) -> None:
    path = list_of(tmp_path / "list.csv", ["名称", "行政区划"], ["蓝天口腔门诊部", ""])
    text = 'kind: institution\nfixed: {region: "320000"}\n'
    mapping = mapping_of(tmp_path / "m.yml", text)
    assert load(database, "institution", path, mapping=mapping, complete=True).covered == (
        "320000",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: doctor\n", "m.yml:1: 映射用于"),
        ("kind: institution\ncolumns:\n  colour: 甲列\n", "m.yml:3: 登记簿没有字段“colour”"),
        ("kind: institution\nheader_row: 0\ncolumns: {name: 甲列}\n", "m.yml:3: 没有表头时"),
        ("kind: institution\nsheet: 1\n", "m.yml:2: sheet：未知的键"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        mapping_of(tmp_path / "m.yml", text)


def test_a_mapped_column_must_be_there(database: Database, tmp_path: Path) -> None:
    path = list_of(tmp_path / "list.csv", ["名称", "电话"], ["蓝天口腔门诊部", ""])
    mapping = mapping_of(tmp_path / "m.yml", "kind: institution\ncolumns: {licence_no: 乙列}\n")
    with pytest.raises(PermanentError, match="没有映射所指的列“乙列”"):
        load(database, "institution", path, mapping=mapping)


def test_an_unknown_register_names_the_known_ones(database: Database, tmp_path: Path) -> None:
    path = list_of(tmp_path / "list.csv", ["名称", "电话"])
    with pytest.raises(NotFound, match="institution、doctor"):
        load(database, "hospital", path)


def test_records_are_shown_as_of_a_day(database: Database, tmp_path: Path) -> None:
    for day, name in ((DAY, "蓝天口腔门诊部"), (date(2026, 3, 31), "青天口腔门诊部")):
        row = [name, licence_no("LT000001", OTHER_REGION)]
        path = list_of(tmp_path / f"{day}.csv", ["名称", "登记号"], row)
        load(database, "institution", path, as_of=day)
    kind, number = kind_of("institution"), licence_no("LT000001", OTHER_REGION)
    with database.read() as tx:
        names = [
            named(tx, kind, number, day=day, limit=5)[0].entry.name
            for day in (date(2026, 3, 30), date(2026, 3, 31))
        ]
        assert named(tx, kind, number, day=date(2025, 1, 1), limit=5) == []
    assert names == ["蓝天口腔门诊部", "青天口腔门诊部"]
