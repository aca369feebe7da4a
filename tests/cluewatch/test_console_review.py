"""The review queue: an answer is kept as decisions, becomes a clue, and is a label later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from cluewatch.bootstrap import Services
from documents import reviews
from documents import store as documents
from documents import tables as document_tables
from domain.findings import Assessment, Finding, Verdict
from domain.pages import Document
from domain.people import Role
from domain.reviews import Decision, RejectReason
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.console_visitors import form_token, visitor
from tickets import clues, worklist
from tickets.worklist import ClueFilter

PAGE = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>门诊时间为周一至周五上午八点。</p><p>本院大厅设有咨询台。{more}</p>
<p>版权所有 青禾医院</p></body></html>"""
QUOTE = "本院大厅设有咨询台"


def waiting(services: Services, tmp_path: Path, name: str, more: str = "") -> Document:
    """A stored page with one doubtful finding on QUOTE that waits for a person."""
    html = PAGE.format(title=name, more=more)
    url = f"http://qinghe.test/{name}.html"
    bring_in(services, tmp_path, f"{name}.html", html, url)
    with services.truth.write() as tx:
        document = documents.by_url(tx, url)
        assert document is not None
        judged = documents.assessment(tx, document.id)
        assert judged is not None
        start = document.text.index(QUOTE)
        finding = Finding(
            id=f"f-{name}",
            document_id=document.id,
            type="disguised",
            start=start,
            end=start + len(QUOTE),
            quote=QUOTE,
            score=0.6,
            origin="rule:disguised@1",
            articles=services.rulebook.rules["disguised"].articles,
            segment=f"segment-{name}",
        )
        documents.put_assessment(
            tx,
            Assessment(
                id=f"a-{name}",
                document_id=document.id,
                verdict=Verdict.REVIEW,
                findings=(finding,),
                policy="p",
                rulebook="r",
                judged_at=judged.judged_at,
            ),
        )
    return document


@pytest.fixture
def analyst(services: Services) -> TestClient:
    services.index.ensure()
    return visitor(services, Role.ANALYST)


def answer(client: TestClient, document: Document, **fields: str | list[str]) -> str:
    sent = {"form_token": form_token(client), "place": "999999", **fields}
    headers = {"HX-Request": "true"}
    got = client.post(f"/review/{document.id}", data=sent, headers=headers)
    assert got.status_code == 200, got.text
    return got.text


def span(document: Document, words: str = QUOTE, type: str = "disguised") -> str:
    start = document.text.index(words)
    return f"{type}:{start}:{start + len(words)}"


def test_one_key_confirms_raises_the_clue_and_shows_the_next(
    services: Services, tmp_path: Path, analyst: TestClient
) -> None:
    older = waiting(services, tmp_path, "older", "请关注我们的公众号。")
    newer = waiting(services, tmp_path, "newer")
    page = analyst.get("/review").text
    assert f"/review/{newer.id}" in page
    assert "还有 2 份" in page
    after = answer(analyst, newer, answer="confirm", span=span(newer))
    assert f"/review/{older.id}" in after
    assert "<html" not in after
    with services.truth.read() as tx:
        (made,) = reviews.of_document(tx, newer.id)
        (entry,) = worklist.clues(tx, ClueFilter()).entries
    assert (made.decision, made.quote, made.actor) == (Decision.CONFIRMED, QUOTE, "analyst-")
    assert made.clue_id == entry.id


def test_a_rejection_keeps_its_code_and_raises_nothing(
    services: Services, tmp_path: Path, analyst: TestClient
) -> None:
    document = waiting(services, tmp_path, "a")
    assert "没有待复核的文书" in answer(analyst, document, answer="not_advertising", note="告示")
    with services.truth.read() as tx:
        (made,) = reviews.of_document(tx, document.id)
        assert worklist.count_clues(tx, ClueFilter()) == 0
    assert (made.decision, made.reason) == (Decision.REJECTED, RejectReason.NOT_ADVERTISING)
    assert made.note == "告示"


def test_words_drawn_anew_are_the_label_and_the_old_ends_are_a_mistake(
    services: Services, tmp_path: Path, analyst: TestClient
) -> None:
    document = waiting(services, tmp_path, "a")
    drawn = [span(document, "咨询台"), span(document, "周一至周五", "price_fraud")]
    answer(analyst, document, answer="confirm", span=drawn)
    with services.truth.read() as tx:
        made = {(r.quote, r.decision, r.reason) for r in reviews.of_document(tx, document.id)}
        (entry,) = worklist.clues(tx, ClueFilter()).entries
        clue = clues.get(tx, entry.id)
    assert made == {
        ("咨询台", Decision.CONFIRMED, None),
        ("周一至周五", Decision.CONFIRMED, None),
        (QUOTE, Decision.REJECTED, RejectReason.BOUNDARY),
    }
    assert {finding.origin for finding in clue.findings} == {"reviewer:analyst-"}
    (line,) = analyst.get("/review/labels.jsonl").text.splitlines()
    label = json.loads(line)
    text = label["text"]
    assert [text[s["start"] : s["end"]] for s in label["spans"]] == ["咨询台", "周一至周五"]
    assert [r["reason"] for r in label["rejected"]] == ["boundary"]
    assert "咨询台" in analyst.get("/review/log").text


def test_two_reviewers_do_not_decide_the_same_document_twice(
    services: Services, tmp_path: Path, analyst: TestClient
) -> None:
    document = waiting(services, tmp_path, "a")
    answer(analyst, document, answer="lawful")
    second = visitor(services, Role.REVIEWER)
    assert "已由他人处理" in answer(second, document, answer="confirm", span=span(document))
    with services.truth.read() as tx:
        assert len(reviews.of_document(tx, document.id)) == 1


def test_confirmed_words_may_join_a_clue_of_the_same_subject(
    services: Services, tmp_path: Path, analyst: TestClient
) -> None:
    bring_in(services, tmp_path, "advert.html", ADVERT, "http://qinghe.test/npx.html")
    with services.truth.read() as tx:
        (target,) = worklist.clues(tx, ClueFilter()).entries
    document = waiting(services, tmp_path, "a")
    assert target.number in analyst.get("/review").text
    answer(analyst, document, answer="confirm", span=span(document), into=target.id)
    with services.truth.read() as tx:
        (made,) = reviews.of_document(tx, document.id)
        states = {e.id: e.state.value for e in worklist.clues(tx, ClueFilter()).entries}
    assert states.pop(target.id) == "待研判"
    assert list(states.values()) == ["合并"]
    assert made.clue_id == target.id


def test_a_span_outside_the_text_is_refused_whole(
    services: Services, tmp_path: Path, analyst: TestClient
) -> None:
    document = waiting(services, tmp_path, "a")
    token = form_token(analyst)
    for bad in ("disguised:0:999999", "no_such_type:0:4", "disguised:5:5", "x", "disguised:-1:4"):
        sent = {"form_token": token, "place": "9", "answer": "confirm", "span": bad}
        assert analyst.post(f"/review/{document.id}", data=sent).status_code in (400, 422), bad
    with services.truth.read() as tx:
        assert reviews.of_document(tx, document.id) == []
        assert reviews.is_waiting(tx, document.id)


def test_a_new_judgement_of_decided_words_does_not_ask_again(
    services: Services, tmp_path: Path, analyst: TestClient
) -> None:
    document = waiting(services, tmp_path, "a")
    answer(analyst, document, answer="lawful")
    with services.truth.write() as tx:
        found = document_tables.findings
        again = update(found).where(found.c.document_id == document.id)
        tx.execute(again.values(id="again"))
        assert not reviews.is_waiting(tx, document.id)
        tx.execute(again.values(end=found.c.end - 1))
        assert reviews.is_waiting(tx, document.id)
