"""Words of pictures as people meet them: console, seal, letter, retention."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cluewatch import workers
from cluewatch.bootstrap import Services
from cluewatch.sealing import SealWork
from domain.captures import Snapshot
from domain.people import Role
from evidence import assets, seal_keys
from evidence.seal_files import folder_of, member
from evidence.seal_store import seal_of
from tests.cluewatch.console_visitors import visitor
from tests.evidence.stand_ins import StandInRenderer
from tests.pictures.drawing import encoded, poster
from tests.pictures.saving import LINES, PAGE, entry, page, stored, take_in
from tickets import clues, worklist
from tickets.worklist import ClueFilter

TEXT = "本院位于示范市青禾路1号，门诊时间为每日八点至十七点，节假日照常开诊。" * 3


class Screen(StandInRenderer):
    """The stand-in browser, closed like a real one."""

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def taken(services: Services, tmp_path: Path) -> tuple[list[Snapshot], bytes]:
    """A page whose only violations stand in a picture; its snapshots and the picture."""
    services.index.ensure()
    body = encoded(poster(LINES), "PNG")
    found = take_in(
        services,
        tmp_path,
        entry(PAGE, page("a.png", text=TEXT), "text/html; charset=utf-8"),
        entry("http://www.qinghe.test/img/a.png", body, "image/png"),
    )
    workers.drain(workers.all_steps(services))
    return found, body


def test_the_page_of_a_document_outlines_the_words_in_the_picture(
    services: Services, taken: tuple[list[Snapshot], bytes]
) -> None:
    (snapshot, _), body = taken
    document = stored(services, snapshot)
    analyst = visitor(services, Role.ANALYST)
    shown = analyst.get(f"/documents/{document.id}").text
    box = next(b.picture.box for b in document.blocks if b.picture and "根治" in b.text)
    rect = f'x="{box[0]}" y="{box[1]}" width="{box[2] - box[0]}" height="{box[3] - box[1]}"'
    assert re.search(rf'<rect class="outline" {rect}>', shown)
    assert "style=" not in shown and "<script>" not in shown
    answer = analyst.get(f"/documents/{document.id}/pictures/1")
    assert answer.content == body
    assert answer.headers["content-type"] == "image/png"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert analyst.get(f"/documents/{document.id}/pictures/2").status_code == 404


def test_the_seal_holds_the_picture_and_its_record(
    services: Services, taken: tuple[list[Snapshot], bytes]
) -> None:
    (snapshot, picture), body = taken
    services.__dict__["renderer"] = Screen()
    with services.truth.read() as tx:
        (case,) = worklist.clues(tx, ClueFilter()).entries
        assert [one.id for one in assets.of_page(tx, snapshot.id)] == [picture.id]
        found = clues.get(tx, case.id).findings
    assert all(finding.picture is not None for finding in found)
    assert SealWork(services, owner="t").work() == 1
    with services.truth.read() as tx:
        seal = seal_of(tx, case.id)
        assert seal is not None and seal.reason is None
        key = seal_keys.unlock(tx, services.keys, seal.id)
    folder = folder_of(services.settings.evidence_directory, seal)
    opened = {
        file.name: b"".join(member(folder, file, key))
        for file in seal.files
        if file.name.startswith("read-")
    }
    assert opened["read-001.png"] == body
    assert picture.id in opened["read-pictures.json"].decode()
