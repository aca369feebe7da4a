"""The store of documents: one row a page version, everything in it masked and countable."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from sqlalchemy import select

from documents import counts, store
from documents.masking import masked
from documents.tables import findings, index_queue, status_pages
from domain.errors import LeaseLost, NotFound, PermanentError
from domain.findings import Article, Assessment, Existence, Fact, Finding, Verdict
from domain.outcomes import Outcome
from domain.pages import Document, Identifier, IdentifierKind, Link
from storage import leases
from storage.database import Database
from tests.documents.pages import DAY, finding, page


def put(database: Database, *documents: Document) -> list[bool]:
    with database.write() as tx:
        return [store.put(tx, document) for document in documents]


def stored(database: Database, document: Document) -> Document:
    with database.read() as tx:
        return store.get(tx, document.id)


def assess(document: Document, verdict: Verdict, *found: Finding, name: str = "one") -> Assessment:
    return Assessment(
        id=f"{document.id}-{name}",
        document_id=document.id,
        verdict=verdict,
        findings=found,
        facts=(Fact(name="institution_licence", answer=Existence.ABSENT, as_of=date(2026, 1, 1)),),
        reasons=("x",),
        policy="policy@1",
        rulebook="rules@1",
        judged_at=DAY,
    )


def test_a_document_comes_back_as_it_was(database: Database) -> None:
    document = evolve(
        page("门诊时间八点\n咨询电话 400-000-0123", captures=("s1",)),
        links=(Link(url="https://www.lantian.test/", text="首页"),),
        identifiers=(Identifier(kind=IdentifierKind.PHONE, value="4000000123", valid=True),),
        published_at=datetime(2025, 12, 31, 16, tzinfo=UTC),
        subject_hint="蓝天门诊部",
        notes=("n",),
    )
    assert put(database, document) == [True]
    assert stored(database, document) == document


def test_an_unknown_document_is_not_found(database: Database) -> None:
    with database.read() as tx:
        with pytest.raises(NotFound):
            store.get(tx, "nothing")
        assert store.by_url(tx, "https://nowhere.test/") is None


def test_a_known_document_only_gains_captures_oldest_first(database: Database) -> None:
    later = page("a", at=DAY, captures=("s1",))
    earlier = page("a", at=DAY - timedelta(days=30), captures=("s2", "s1"))
    assert put(database, later, earlier, later) == [True, False, False]
    assert stored(database, later).captures == ("s2", "s1")
    with database.read() as tx:
        assert store.count(tx) == 1


def test_by_url_gives_what_was_seen_last(database: Database) -> None:
    first, second = page("甲", at=DAY), page("乙", at=DAY + timedelta(days=1))
    put(database, first, second, evolve(second, captured_at=DAY - timedelta(days=9)))
    with database.read() as tx:
        assert store.by_url(tx, first.canonical_url) == second
    put(database, evolve(first, captured_at=DAY + timedelta(days=2), captures=("s3",)))
    with database.read() as tx:
        found = store.by_url(tx, first.canonical_url)
    assert found is not None
    assert found.id == first.id


def test_by_url_prefers_the_newest_parser_of_the_same_look(database: Database) -> None:
    old, new = page("甲", parser="site@9"), page("甲", parser="site@10")
    put(database, old, new)
    with database.read() as tx:
        found = store.by_url(tx, old.canonical_url)
    assert found is not None
    assert found.page == "site@10"
    assert found.duplicate_of is None


def test_the_same_text_on_the_same_site_is_a_duplicate(database: Database) -> None:
    index = page("同一篇", url="https://www.lantian.test/", payload="p1")
    listing = page("同一篇", url="https://www.lantian.test/list_1", payload="p2")
    third = page("同一篇", url="https://www.lantian.test/list_2", payload="p3")
    elsewhere = page("同一篇", url="https://www.baiyun.test/", site="baiyun.test", payload="p4")
    other = page("另一篇", url="https://www.lantian.test/other")
    put(database, index, listing, third, elsewhere, other)
    assert [stored(database, d).duplicate_of for d in (index, listing, third)] == [
        None,
        index.id,
        index.id,
    ]
    assert stored(database, elsewhere).duplicate_of is None
    assert stored(database, other).duplicate_of is None


def test_pages_without_text_are_not_duplicates_of_each_other(database: Database) -> None:
    one = page("", url="https://www.lantian.test/1")
    two = page("", url="https://www.lantian.test/2")
    put(database, one, two)
    assert stored(database, two).duplicate_of is None


def test_iterate_visits_every_document_once(database: Database) -> None:
    documents = [page(f"第{n}篇", url=f"https://www.lantian.test/{n}") for n in range(23)]
    put(database, *documents)
    seen: list[str] = []
    with database.read() as tx:
        while batch := store.iterate(tx, after=seen[-1] if seen else "", limit=5):
            seen += [document.id for document in batch]
    assert seen == sorted(document.id for document in documents)


def test_private_words_never_reach_the_store(database: Database) -> None:
    document = page("患者张三，术后恢复良好\n咨询电话 400-000-0123")
    put(database, document)
    kept = stored(database, document)
    assert kept == masked(document)
    assert "张三" not in kept.text
    assert "400-000-0123" in kept.text
    assert [block.text for block in kept.blocks] == kept.text.split("\n")


def test_bytes_that_no_database_keeps_do_not_stop_a_page(database: Database) -> None:
    document = evolve(page("根\x00治\ud83d眼病"), notes=("\udc00",), title="\ud800")
    put(database, document)
    kept = stored(database, document)
    assert kept.text == "根\ufffd治\ufffd眼病"
    assert kept.blocks[0].text == kept.text


def test_the_assessment_in_force_replaces_findings_and_keeps_history(database: Database) -> None:
    document = page("本院保证有效，本院是唯一的")
    put(database, document)
    article = Article(
        law="ad", title="广告法", number="16(1)(一)", since=date(2015, 9, 1), verified=True
    )
    first = assess(
        document,
        Verdict.CLUE,
        evolve(finding(document, "保证有效"), articles=(article,)),
        finding(document, "唯一", type_="absolute_term"),
    )
    second = assess(
        document, Verdict.REVIEW, finding(document, "唯一", type_="absolute_term"), name="two"
    )
    with database.write() as tx:
        store.put_assessment(tx, first)
        assert store.assessment(tx, document.id) == first
        assert counts.by_type(tx) == {"absolute_term": 1, "efficacy_guarantee": 1}
        store.put_assessment(tx, second)
    with database.read() as tx:
        assert store.assessment(tx, document.id) == second
        assert counts.by_type(tx) == {"absolute_term": 1}
        assert store.assessment_history(tx, document.id) == [first, second]
        row = tx.execute(select(findings)).one()
    assert (row.type, row.quote, row.verdict) == ("absolute_term", "唯一", "REVIEW")
    assert document.text[row.start : row.end] == row.quote


def test_an_assessment_put_again_is_in_force_again_and_not_doubled(database: Database) -> None:
    document = page("本院保证有效")
    put(database, document)
    first = assess(document, Verdict.CLUE, finding(document, "保证有效"))
    second = assess(document, Verdict.CLEAR, name="two")
    with database.write() as tx:
        for one in (first, second, first):
            store.put_assessment(tx, one)
        assert store.assessment(tx, document.id) == first
        assert len(store.assessment_history(tx, document.id)) == 2
        assert counts.by_type(tx) == {"efficacy_guarantee": 1}


def test_verdicts_are_counted_by_document(database: Database) -> None:
    documents = [page(f"第{n}篇", url=f"https://www.lantian.test/{n}") for n in range(4)]
    put(database, *documents)
    with database.write() as tx:
        store.put_assessment(tx, assess(documents[0], Verdict.CLUE))
        store.put_assessment(tx, assess(documents[1], Verdict.CLUE))
        store.put_assessment(tx, assess(documents[2], Verdict.CLEAR))
        assert counts.by_verdict(tx) == {
            Verdict.CLEAR: 1,
            Verdict.REVIEW: 0,
            Verdict.CLUE: 2,
        }
        assert store.assessment(tx, documents[3].id) is None


def test_a_quote_that_is_not_the_stored_text_is_refused(database: Database) -> None:
    document = page("患者张三，保证有效")
    put(database, document)
    unmasked = assess(document, Verdict.CLUE, finding(document, "患者张三"))
    with pytest.raises(PermanentError, match="引文"), database.write() as tx:
        store.put_assessment(tx, unmasked)
    kept = stored(database, document)
    with database.write() as tx:
        store.put_assessment(tx, assess(kept, Verdict.CLUE, finding(kept, "患者张*")))
    with pytest.raises(NotFound), database.write() as tx:
        store.put_assessment(tx, assess(page("未入库"), Verdict.CLEAR))


def test_what_is_new_or_newly_judged_is_queued_for_the_index(database: Database) -> None:
    document = page("甲")
    put(database, document)

    def claim() -> list[leases.Lease]:
        with database.write() as tx:
            return leases.claim(tx, index_queue, owner="projector", limit=9, seconds=60)

    def finish(lease: leases.Lease) -> None:
        with database.write() as tx:
            leases.finish(tx, index_queue, lease)

    [lease] = claim()
    assert lease.id == document.id
    finish(lease)
    put(database, document)
    assert claim() == []
    with database.write() as tx:
        store.put_assessment(tx, assess(document, Verdict.CLEAR))
    [lease] = claim()
    with database.write() as tx:
        store.enqueue_index(tx, document.id)
    with pytest.raises(LeaseLost):
        finish(lease)
    [lease] = claim()
    finish(lease)
    assert claim() == []


def test_a_page_state_is_noted_once_a_snapshot(database: Database) -> None:
    with database.write() as tx:
        for _ in range(2):
            store.note_status(
                tx,
                url="https://www.lantian.test/" + "x" * 5000,
                snapshot_id="s1",
                outcome=Outcome.DELETED_BY_AUTHOR,
                reason="作者已删除",
                at=DAY,
            )
        row = tx.execute(select(status_pages)).one()
    assert (row.outcome, row.reason, row.at) == ("deleted_by_author", "作者已删除", DAY)
