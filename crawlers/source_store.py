"""The sources under watch, in the truth database."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from crawlers.tables import sources
from domain.errors import NotFound
from domain.sources import Source
from storage.records import from_json, to_json


def put(tx: Connection, source: Source) -> None:
    """Add a source, or replace the one with its id."""
    tx.execute(delete(sources).where(sources.c.id == source.id))
    tx.execute(
        insert(sources).values(
            id=source.id, kind=source.kind.value, title=source.title[:300], record=to_json(source)
        )
    )


def get(tx: Connection, source_id: str) -> Source:
    """The source with this id. Raises NotFound."""
    found = find(tx, source_id)
    if found is None:
        raise NotFound("没有这个监测对象", at=source_id)
    return found


def find(tx: Connection, source_id: str | None) -> Source | None:
    """The source that something came from; None when it names none, or one removed since."""
    text = tx.execute(select(sources.c.record).where(sources.c.id == source_id)).scalar()
    return from_json(Source, text) if text is not None else None


def all(tx: Connection) -> tuple[Source, ...]:
    """Every source, by id."""
    rows = tx.execute(select(sources.c.record).order_by(sources.c.id)).scalars()
    return tuple(from_json(Source, text) for text in rows)


def remove(tx: Connection, source_id: str) -> None:
    """Stop watching a source; what was captured stays. Raises NotFound."""
    if tx.execute(delete(sources).where(sources.c.id == source_id)).rowcount == 0:
        raise NotFound("没有这个监测对象", at=source_id)
