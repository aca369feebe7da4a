"""Lists to import, and pages to ask about."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from domain.findings import Existence, Fact
from domain.ids import derive_id
from domain.pages import Document, Identifier, IdentifierKind, PageKind
from domain.ports import Registers
from registers.store import import_register
from storage.database import Database
from tests.registers.numbers import OTHER_REGION, REGION, licence_no, usci

HEADINGS = (
    *("名称", "统一社会信用代码", "登记号", "诊疗科目"),
    *("行政区划", "有效期起", "有效期止", "电话"),
)
LANTIAN_USCI, LANTIAN_NO = usci("LT000001"), licence_no("LT000001")
LANTIAN = (
    *("蓝天口腔门诊部", LANTIAN_USCI, LANTIAN_NO, "口腔科、麻醉科", REGION),
    *("2024-05-01", "2029-04-30", "400-000-0123"),
)
BAIYUN = ("白云中医诊所", "", licence_no("BY000001"), "", REGION, "", "", "010-00000000")
TWIN_NO = licence_no("LT000002", OTHER_REGION)
TWIN = ("蓝天口腔门诊部", "", TWIN_NO, "", OTHER_REGION, "", "", "")

CAPTURED = datetime(2026, 3, 1, 2, tzinfo=UTC)
P, A, U = Existence.PRESENT, Existence.ABSENT, Existence.UNVERIFIED


def load(
    database: Database,
    directory: Path,
    *rows: Sequence[str],
    as_of: date = date(2026, 1, 31),
    complete: bool = False,
) -> None:
    path = directory / f"名录{as_of}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *rows])
    with database.write() as tx:
        report = import_register(
            tx, "institution", path, as_of=as_of, at=CAPTURED, complete=complete
        )
    assert report.errors == ()


def document(
    hint: str | None = None,
    *identifiers: tuple[IdentifierKind, str],
    account: str | None = None,
    source: str | None = "here",
    at: datetime = CAPTURED,
) -> Document:
    return Document(
        id=derive_id(str(hint)),
        url="https://www.lantian.test/",
        canonical_url="https://www.lantian.test/",
        site="lantian.test",
        source_id=source,
        captured_at=at,
        payload_digest="sha256:" + "0" * 64,
        page="site@1",
        kind=PageKind.HOME,
        title="首页",
        text="",
        blocks=(),
        identifiers=tuple(
            Identifier(kind=kind, value=value, valid=True) for kind, value in identifiers
        ),
        account=account,
        subject_hint=hint,
    )


def facts(book: Registers, page: Document) -> dict[str, Fact]:
    found = book.facts_about(page)
    assert [f.name for f in found] == ["institution_licence", "departments", "medical_ad_approval"]
    return {fact.name: fact for fact in found}


def licence(book: Registers, page: Document) -> Fact:
    return facts(book, page)["institution_licence"]
