"""Search pages: distribution in time, what leaves as a spreadsheet, and how to become lawful."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from classifiers import policy as policies
from classifiers import rulebook as rulebooks
from cluewatch.bootstrap import Services
from cluewatch.console.charts import HEIGHT, WIDTH, bars
from cluewatch.console.remedies import remedy
from domain.findings import Existence, Fact, Finding, Verdict
from domain.people import Role
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in
from tests.cluewatch.console_visitors import visitor

POLICY = policies.load()
BOOK = rulebooks.load()


@given(st.lists(st.tuples(st.dates(), st.integers(1, 10**6)), max_size=60))
def test_bars_stay_inside_their_drawing(counts: list[tuple[date, int]]) -> None:
    chart = bars(counts)
    assert chart.empty == (not counts)
    for column in chart.columns:
        for bar in column.bars:
            assert 0 <= bar.y <= HEIGHT
            assert bar.width > 0
            assert bar.x + bar.width <= WIDTH


def test_found_documents_leave_as_a_spreadsheet(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    bring_in(services, tmp_path, "n.html", NOTICE, "http://gov.test/notice.html")
    client = visitor(services, Role.ANALYST)
    shown = client.get("/search", params={"q": "永不复发", "by": "day"})
    assert "共 2 篇" in shown.text
    assert "起：2 篇" in shown.text
    answer = client.get("/search.xlsx", params={"q": "永不复发"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert {row[2] for row in rows} == {"qinghe.test", "gov.test"}
    assert client.get("/search.xlsx", params={"q": "(根治"}).status_code == 400
    district = visitor(services, Role.ANALYST, region="980000")
    sheet = openpyxl.load_workbook(
        io.BytesIO(district.get("/search.xlsx", params={"q": "*"}).content)
    ).active
    assert sheet is not None
    assert sheet.max_row == 1
    document = client.get("/search", params={"q": "站点:qinghe.test"}).text
    place = document.partition('href="/documents/')[2].partition('"')[0]
    assert "怎样才合规" in client.get(f"/documents/{place}").text


FINDING = Finding(
    id="f",
    document_id="d",
    type="beauty_salon_medical",
    start=0,
    end=2,
    quote="热玛吉",
    score=0.9,
    origin="rule:beauty_salon_medical@1",
)


def test_a_licence_would_turn_the_finding() -> None:
    found = remedy(FINDING, (), POLICY, BOOK)
    (turn,) = found.turns
    assert (turn.fact, turn.answer) == ("institution_licence", Existence.PRESENT)
    assert turn.verdict is Verdict.CLEAR
    assert found.lawful == tuple(s.text for s in BOOK.rules[FINDING.type].clear[:2])


@pytest.mark.parametrize(
    ("answer", "score"), [(Existence.ABSENT, 0.22), (Existence.UNVERIFIED, 0.3)]
)
def test_what_a_fact_adds_now_falls_away_with_it(answer: Existence, score: float) -> None:
    fact = Fact(name="institution_licence", answer=answer)
    (turn,) = remedy(FINDING, (fact,), POLICY, BOOK).turns
    assert turn.score == score


def test_what_holds_already_is_no_remedy() -> None:
    fact = Fact(name="institution_licence", answer=Existence.PRESENT)
    assert remedy(evolve(FINDING, score=0.3), (fact,), POLICY, BOOK).turns == ()
