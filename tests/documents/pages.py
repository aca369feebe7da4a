"""Documents for the tests, in a few words."""

from __future__ import annotations

from datetime import UTC, datetime

from documents.store import document_id
from domain.findings import Finding
from domain.ids import derive_id
from domain.pages import Block, Document, Origin, PageKind
from language.segments import segment_key

DAY = datetime(2026, 3, 1, 2, tzinfo=UTC)


def page(
    text: str,
    *,
    url: str = "https://www.lantian.test/about",
    site: str = "lantian.test",
    parser: str = "site@1",
    at: datetime = DAY,
    payload: str | None = None,
    captures: tuple[str, ...] = (),
) -> Document:
    """A document whose blocks are the lines of `text`."""
    digest = payload or derive_id("payload", text)
    blocks, start = [], 0
    for line in text.split("\n"):
        end = start + len(line)
        blocks.append(Block(text=line, origin=Origin.DOM, start=start, end=end))
        start = end + 1
    return Document(
        id=document_id(url, digest, parser),
        url=url,
        canonical_url=url,
        site=site,
        source_id=None,
        captured_at=at,
        payload_digest=digest,
        page=parser,
        kind=PageKind.ARTICLE,
        title="关于蓝天",
        text=text,
        blocks=tuple(blocks),
        captures=captures,
    )


def finding(document: Document, quote: str, *, type_: str = "efficacy_guarantee") -> Finding:
    """A finding on the first place where `quote` stands."""
    start = document.text.index(quote)
    return Finding(
        id=derive_id(document.id, type_, quote),
        document_id=document.id,
        type=type_,
        start=start,
        end=start + len(quote),
        quote=quote,
        score=0.9,
        origin=f"rule:{type_}@1",
        segment=segment_key(quote),
    )
