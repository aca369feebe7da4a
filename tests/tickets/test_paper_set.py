"""Papers from the template set: filled from records, replaceable, and honest about what is not."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from docx import Document as open_docx

from domain.clues import SubjectKind
from domain.errors import ConfigError, NotFound, PermanentError
from tests.tickets.cases import AT, DESK
from tests.tickets.test_letters import CLUE, MARKET, SEAL, TICKET, text_of
from tickets.letters import Sender
from tickets.paper_set import LETTERHEAD, SHIPPED, CaseFile, PaperSet

TITLES = {"cure_rate": "说明治愈率或者有效率"}
PROOF: dict[str, Any] = {
    "made": {
        "by": "王一",
        "purpose": "取证",
        "how": "以浏览器实时访问",
        "why_not_live": None,
        "clock_offset": "unknown",
        "clock_note": "未设置时间服务器",
        "timestamp": "无",
    },
    "snapshot": {
        "captured_at": "2026-03-02T01:00:00.000000Z",
        "acquisition": "crawl",
        "payload_digest": "sha256:" + "d" * 64,
    },
    "capture": {"ip": "127.3.0.9", "robots": "允许"},
}


def case(**given: object) -> CaseFile:
    office = DESK.offices.get(MARKET)
    whole = CaseFile(
        ticket=TICKET,
        clue=CLUE,
        seal=SEAL,
        proof=PROOF,
        recipient=office,
        exchange=DESK.routes.exchange_with(office.kind),
        sender=Sender(name="示范监测中心", contact="010-0000-0000", legal_basis="示范依据"),
        at=AT,
    )
    return evolve(whole, **given)  # type: ignore[arg-type] # fields given by name


@pytest.fixture
def papers() -> PaperSet:
    return PaperSet(TITLES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("transfer", ["线索移送书", "示范口腔诊所涉嫌说明治愈率", "（待核）", "电话 | 400"]),
        ("extraction-record", ["提取人 | 王一", "地址 | 127.3.0.9", "page.png | 4321 | bbbb"]),
        ("evidence-list", ["制作方法 | 以浏览器实时访问", "page.png | image/png", "snap-1"]),
        ("receipt", ["送达回执", "受送达单位 | 示范市市场监督管理局"]),
        ("criminal-transfer", ["抄送：同级人民检察院", "清单摘要 sha256:aaaa"]),
        ("supervision", ["督办函", "（暂定）"]),
    ],
)  # fmt: skip
def test_every_paper_is_filled_from_the_records(
    papers: PaperSet, name: str, expected: list[str]
) -> None:
    content = papers.write(name, case())
    text = text_of(content)
    for words in expected:
        assert words in text
    assert "{{" not in text
    assert content == papers.write(name, case())


def test_every_field_names_the_record_that_it_is_taken_from(papers: PaperSet) -> None:
    assert set(papers.titles) == set(SHIPPED)
    fields = {
        (f.paper, f.name): f.expression for name in papers.titles for f in papers.fields(name)
    }
    assert fields["transfer", "统一社会信用代码"] == "clue.subject.usci or '未见'"
    assert fields["evidence-list", "SHA-256"] == "row.sha256（seal.files 的每一项）"
    assert fields["receipt", "送达方式"] == "固定文字或空白"


@pytest.mark.parametrize("name", ["extraction-record", "evidence-list"])
def test_what_was_not_sealed_has_no_record_of_it(papers: PaperSet, name: str) -> None:
    with pytest.raises(PermanentError, match="尚未固证"):
        papers.write(name, case(seal=None, proof={}))
    assert "尚未固证" in text_of(papers.write("criminal-transfer", case(seal=None, proof={})))


def test_a_private_persons_telephone_and_hostile_text_are_harmless(papers: PaperSet) -> None:
    person = evolve(
        CLUE.subject, kind=SubjectKind.PERSON, phones=("13800001234",), name="{{ 7*7 }}\x00\u202e"
    )
    text = text_of(papers.write("transfer", case(clue=evolve(CLUE, subject=person))))
    assert "138****1234" in text
    assert "13800001234" not in text
    assert "{{ 7*7 }}" in text, "what a page says is never run"
    assert "\u202e" not in text


def test_an_office_replaces_papers_and_the_letterhead(tmp_path: Path) -> None:
    own = "title: 本局移送书\nparts:\n  - text: '致{{ recipient.name }}：{{ clue.number }}'\n"
    (tmp_path / "transfer.yml").write_text(own, "utf-8")
    (tmp_path / "memo.yml").write_text(own.replace("移送书", "便函"), "utf-8")
    head = open_docx()
    head.sections[0].header.paragraphs[0].text = "示范市卫生健康委员会文件"
    head.save(str(tmp_path / LETTERHEAD))
    papers = PaperSet(TITLES, tmp_path)
    content = papers.write("transfer", case())
    assert f"致示范市市场监督管理局：{CLUE.number}" in text_of(content)
    opened = open_docx(BytesIO(content))
    assert opened.sections[0].header.paragraphs[0].text == "示范市卫生健康委员会文件"
    assert "本局便函" in text_of(papers.write("memo", case()))
    assert "送达回执" in text_of(papers.write("receipt", case()))
    with pytest.raises(NotFound, match="可用"):
        papers.write("unknown", case())


@pytest.mark.parametrize(
    ("part", "line", "words"),
    [
        ("  - text: '{{ nobody.name }}'", 3, "nobody"),
        ("  - text: '{{ clue.'", 3, "语法"),
        ("  - heading: 一\n    text: 二", 3, "之一"),
        ("  - each: clue.findings", 3, "columns"),
        ("  - table: []", 3, "未知的键"),
    ],
)
def test_a_template_that_cannot_be_used_is_named_with_its_line(
    tmp_path: Path, part: str, line: int, words: str
) -> None:
    (tmp_path / "transfer.yml").write_text(f"title: 甲\nparts:\n{part}\n", "utf-8")
    with pytest.raises(ConfigError, match=words) as raised:
        PaperSet(TITLES, tmp_path)
    assert raised.value.at is not None
    assert raised.value.at.endswith(f"transfer.yml:{line}")


@pytest.mark.parametrize("value", ["clue.wrong", "().__class__.__bases__", "clue.__class__"])
def test_a_template_reads_records_and_nothing_else(tmp_path: Path, value: str) -> None:
    text = f"title: 甲\nparts:\n  - text: '{{{{ {value} }}}}'\n"
    (tmp_path / "transfer.yml").write_text(text, "utf-8")
    with pytest.raises(PermanentError, match="不能套用"):
        PaperSet(TITLES, tmp_path).write("transfer", case())
