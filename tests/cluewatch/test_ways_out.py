"""A patient on a page: nothing that is stored, shown or sent tells who it is."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, table, text

from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from cluewatch.delivery import PackageBuilder
from cluewatch.sealing import SealWork
from cluewatch.workers import drain, process_steps
from domain.people import Role
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.console_visitors import visitor
from tests.cluewatch.test_seal_work import URL, Screen
from tests.documents.test_masking import card
from tickets import clues, outbox, worklist
from tickets.worklist import ClueFilter

NAME, PHONE, RECORD = "慕容晓寒", "13800006789", "20240012"
SECRETS = ("晓寒", PHONE, RECORD, card()[6:])
PATIENT = (
    f"<p>患者{NAME}，女，43岁，手机{PHONE}，住院号：{RECORD}，身份证号{card()}，"
    f"在我院根治牛皮癣，永不复发。<a href='tel:{PHONE}'>联系她</a></p>"
)


@pytest.fixture
def case(services: Services, tmp_path: Path) -> str:
    """A sealed clue of a page that names a patient, with its tickets."""
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT.replace("<p>治愈率", f"{PATIENT}<p>治愈率"), URL)
    services.__dict__["renderer"] = Screen()
    SealWork(services, owner="t").work()
    drain(process_steps(services))
    with services.truth.write() as tx:
        (entry,) = worklist.clues(tx, ClueFilter()).entries
        Casework(services).issue(tx, clues.get(tx, entry.id), automatic=True, actor="t")
    return entry.id


def secrets_in(content: str | bytes) -> list[str]:
    words = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    return [secret for secret in SECRETS if secret in words]


def rows(services: Services) -> Iterator[tuple[str, str]]:
    with services.truth.read() as tx:
        for name in inspect(tx).get_table_names():
            for row in tx.execute(select(text("*")).select_from(table(name))):
                yield name, repr(tuple(row))


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield f"{path.name}/{name}", archive.read(name)


@pytest.mark.usefixtures("case")
def test_no_table_tells_who_a_patient_is(services: Services) -> None:
    stored = list(rows(services))
    assert any(NAME[:2] in row for _, row in stored), "the surname stays"
    assert {name: found for name, row in stored if (found := secrets_in(row))} == {}


def test_no_page_tells_who_a_patient_is(services: Services, case: str) -> None:
    reader = visitor(services, Role.REVIEWER)
    with services.truth.read() as tx:
        document = clues.get(tx, case).findings[0].document_id
    for path in (
        "/search?q=牛皮癣",
        f"/search?q={NAME}",
        f"/documents/{document}",
        f"/clues/{case}",
        "/review",
        "/",
    ):
        answer = reader.get(path)
        assert answer.status_code == 200, path
        shown = answer.text.replace(f'value="{NAME}"', "")  # what the user typed
        assert secrets_in(shown) == [], path
    sheet = reader.get("/clues.xlsx").content
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        assert [n for n in archive.namelist() if secrets_in(archive.read(n))] == []


@pytest.mark.usefixtures("case")
def test_no_package_tells_who_a_patient_is(services: Services, tmp_path: Path) -> None:
    with services.truth.read() as tx:
        waiting = outbox.due(tx)
    build = PackageBuilder(services, tmp_path)
    files = [path for delivery in waiting for path in build(delivery)]
    assert {path.suffix for path in files} == {".docx", ".zip"}
    packed = [member for path in files for member in members(path)]
    assert [name for name, content in packed if secrets_in(content)] == []
