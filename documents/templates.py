"""What repeats on a site (页头、页脚、客服条) is its template, told apart by counting.

A page counts once, with the version of it that was stored last; a page that only repeats another
address of the site (`duplicate_of`) does not count.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from documents.tables import documents, site_blocks, url_key
from domain.pages import Document
from language.segments import segment_key, segments
from storage.upsert import upsert

LEAST_PAGES = 10
TEMPLATE_PERCENT = 30


def count(tx: Connection, document: Document, duplicate_of: str | None) -> None:
    """Let the pieces of a newly stored document stand for its page."""
    page = url_key(document.canonical_url)
    before = tx.execute(
        select(documents.c.id, documents.c.text).where(
            documents.c.url_key == page,
            documents.c.site == document.site,
            documents.c.counted.is_(True),
        )
    ).first()
    if before is not None:
        _mark(tx, before.id, counted=False)
        _add(tx, document.site, _keys(before.text), -1)
    if duplicate_of is None or _stands_at(tx, duplicate_of, page):
        _mark(tx, document.id, counted=True)
        _add(tx, document.site, _keys(document.text), 1)


def template_segments(tx: Connection, site: str) -> frozenset[str]:
    """Keys of the blocks and sentences that stand on TEMPLATE_PERCENT of the site's pages.

    Keys are those of `language.segments.segment_key`, as in `Finding.segment`. Empty until the
    site has LEAST_PAGES pages.
    """
    pages = tx.execute(
        select(func.count())
        .select_from(documents)
        .where(documents.c.site == site, documents.c.counted.is_(True))
    ).scalar_one()
    if pages < LEAST_PAGES:
        return frozenset()
    least = -(-pages * TEMPLATE_PERCENT // 100)
    keys = tx.execute(
        select(site_blocks.c.segment).where(
            site_blocks.c.site == site, site_blocks.c.pages >= least
        )
    ).scalars()
    return frozenset(keys)


def _keys(text: str) -> list[str]:
    """Keys of the lines (blocks) and of the sentences in them, ordered so that two writers of
    one site never wait for each other in a ring."""
    pieces = {line.strip() for line in text.split("\n")}
    pieces |= {segment.text for segment in segments(text)}
    return sorted({segment_key(piece) for piece in pieces if piece})


def _add(tx: Connection, site: str, keys: list[str], pages: int) -> None:
    if not keys:
        return
    statement = upsert(tx, site_blocks).on_conflict_do_update(
        index_elements=["site", "segment"], set_={"pages": site_blocks.c.pages + pages}
    )
    tx.execute(statement, [{"site": site, "segment": key, "pages": pages} for key in keys])


def _mark(tx: Connection, document_id: str, *, counted: bool) -> None:
    tx.execute(update(documents).where(documents.c.id == document_id).values(counted=counted))


def _stands_at(tx: Connection, document_id: str, page: str) -> bool:
    found = tx.execute(select(documents.c.url_key).where(documents.c.id == document_id))
    return bool(found.scalar_one() == page)
