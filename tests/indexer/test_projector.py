"""What the index holds of a document."""

from datetime import UTC, date, datetime

from domain.findings import Assessment, Finding, Verdict
from domain.pages import Document, Identifier, IdentifierKind, PageKind
from domain.sources import Source, SourceKind
from indexer.projector import search_document

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
DOCUMENT = Document(
    id="d1",
    url="http://a.test/1",
    canonical_url="http://a.test/1",
    site="a.test",
    source_id="s1",
    captured_at=NOON,
    payload_digest="sha256:" + "0" * 64,
    page="site@1",
    kind=PageKind.ARTICLE,
    title="标题",
    text="正文",
    blocks=(),
    identifiers=(
        Identifier(kind=IdentifierKind.PHONE, value="4000000123"),
        Identifier(kind=IdentifierKind.WECHAT, value="4000000123"),
    ),
)
SOURCE = Source(
    id="s1",
    kind=SourceKind.BEAUTY_SITE,
    title="某美容",
    operator="某某美容有限公司",
    region="320700",
    start_urls=("http://a.test/",),
    hosts=("a.test",),
)


def finding(type_: str, score: float) -> Finding:
    return Finding(
        id=f"{type_}{score}",
        document_id="d1",
        type=type_,
        start=0,
        end=2,
        quote="正文",
        score=score,
        origin="rule:x@1",
    )


def test_a_judged_document_of_a_known_source() -> None:
    assessment = Assessment(
        id="a1",
        document_id="d1",
        verdict=Verdict.CLUE,
        findings=(finding("b", 0.4), finding("a", 0.9), finding("b", 0.8)),
        policy="p",
        rulebook="r",
        judged_at=NOON,
    )
    row = search_document(DOCUMENT, assessment, SOURCE)
    assert (row.verdict, row.types, row.score) == ("CLUE", ("a", "b"), 0.9)
    assert (row.source, row.region, row.subject) == ("s1", "320700", "某某美容有限公司")
    assert row.identifiers == ("4000000123",)
    assert row.captured_at.date() == date(2026, 3, 1)


def test_an_unjudged_document_of_nobody() -> None:
    row = search_document(DOCUMENT, None, None)
    assert (row.verdict, row.types, row.score) == ("", (), 0.0)
    assert (row.region, row.subject, row.outcome) == ("", "", "ok")
