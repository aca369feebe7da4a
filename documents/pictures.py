"""The pictures of documents: which are wanted, what became of each, what was read in them.

The words of pictures become blocks behind all others, so that offsets in the rest of the text
hold whenever a picture is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, Connection, func, literal, select, update

from documents import store
from documents.masking import masked
from documents.tables import document_pictures, documents, picture_queue, url_key
from domain.pages import Block, Document, Identifier, Link, Origin
from storage.leases import WorkState, database_time
from storage.upsert import upsert

PATIENCE_SECONDS = 900.0
"""How long the pictures that have come wait for those that have not."""


class PictureState(StrEnum):
    """WANTED: asked for. KEPT: its bytes are evidence. READ; SKIPPED: nothing to read in it.
    UNREAD: it could not be seen or read, which is a coverage gap."""

    WANTED = "wanted"
    KEPT = "kept"
    READ = "read"
    SKIPPED = "skipped"
    UNREAD = "unread"


@frozen(kw_only=True)
class DocumentPicture:
    """One picture of a document. `reason` says why it was skipped or could not be read."""

    document_id: str
    place: int
    url: str
    state: PictureState
    snapshot_id: str | None = None
    reason: str = ""


def want(tx: Connection, pictures: Sequence[DocumentPicture]) -> None:
    """Note the pictures of one document and queue it; what is known stays as it is.

    The document is due once all of them have come, else when PATIENCE_SECONDS are over.
    """
    if not pictures or of_document(tx, pictures[0].document_id):
        return
    tx.execute(document_pictures.insert(), [_row(picture) for picture in pictures])
    _queue(tx, pictures[0].document_id)


def of_document(tx: Connection, document_id: str) -> list[DocumentPicture]:
    """The pictures of a document in the order of the page."""
    rows = tx.execute(
        select(document_pictures)
        .where(document_pictures.c.document_id == document_id)
        .order_by(document_pictures.c.place)
    )
    return [
        DocumentPicture(
            document_id=row.document_id,
            place=row.place,
            url=row.url,
            state=PictureState(row.state),
            snapshot_id=row.snapshot_id,
            reason=row.reason,
        )
        for row in rows
    ]


def is_wanted(tx: Connection, url: str) -> bool:
    """Whether any document shows the picture at this address."""
    table = document_pictures
    return (
        tx.scalar(select(table.c.place).where(table.c.url_key == url_key(url)).limit(1)) is not None
    )


def count_lacking(tx: Connection) -> int:
    """How many documents wait for pictures that have not come."""
    table = document_pictures
    lacking = table.c.state == PictureState.WANTED.value
    return tx.scalar(select(func.count(table.c.document_id.distinct())).where(lacking)) or 0


def kept(tx: Connection, url: str, snapshot_id: str) -> None:
    """The picture has come: documents that wanted it, or could not read it, may go on."""
    _settle(tx, url, PictureState.KEPT, snapshot_id=snapshot_id, reason="")


def missed(tx: Connection, url: str, *, reason: str, snapshot_id: str | None = None) -> None:
    """The picture did not come; the capture, if any, tells why."""
    _settle(tx, url, PictureState.UNREAD, snapshot_id=snapshot_id, reason=reason)


def moved(tx: Connection, url: str, target: str) -> None:
    """The address led on to another one, which is wanted instead."""
    tx.execute(
        update(document_pictures).where(*_open(url)).values(url=target, url_key=url_key(target))
    )


def note(tx: Connection, pictures: Sequence[DocumentPicture]) -> None:
    """Replace what is known of these pictures by what came of reading them."""
    for picture in pictures:
        tx.execute(
            update(document_pictures)
            .where(
                document_pictures.c.document_id == picture.document_id,
                document_pictures.c.place == picture.place,
            )
            .values(_row(picture))
        )


def with_pictures(tx: Connection, document: Document) -> Document:
    """The document with the words of its pictures when it is stored with such."""
    row = tx.execute(select(documents.c.id).where(documents.c.id == document.id)).first()
    stored = store.get(tx, document.id) if row is not None else None
    if stored is None or not any(block.picture for block in stored.blocks):
        return document
    return evolve(stored, captures=document.captures, captured_at=document.captured_at)


def with_words(
    document: Document,
    *,
    blocks: Sequence[Block],
    identifiers: Sequence[Identifier],
    links: Sequence[Link],
) -> Document:
    """The document, masked, with these picture blocks in place of those that it had.

    Offsets of `blocks` and `identifiers` count from the first picture block; `replace_text` of
    the store keeps the new form.
    """
    return masked(_composed(document, blocks, identifiers, links))


def _composed(
    document: Document,
    blocks: Sequence[Block],
    identifiers: Sequence[Identifier],
    links: Sequence[Link],
) -> Document:
    own = tuple(block for block in document.blocks if block.origin is not Origin.PICTURE)
    text = document.text[: own[-1].end] if own else ""
    first = len(text) + 1 if text else 0
    words = "\n".join(block.text for block in blocks)
    return evolve(
        document,
        text="\n".join(part for part in (text, words) if part),
        blocks=(*own, *(_behind(block, first) for block in blocks)),
        identifiers=(
            *(one for one in document.identifiers if one.start < first and one not in identifiers),
            *(
                evolve(one, start=one.start + first, end=one.end + first) if one.start >= 0 else one
                for one in identifiers
            ),
        ),
        links=tuple(dict.fromkeys((*document.links, *links))),
    )


def _behind(block: Block, first: int) -> Block:
    return evolve(block, start=block.start + first, end=block.end + first)


def _settle(
    tx: Connection, url: str, state: PictureState, *, snapshot_id: str | None, reason: str
) -> None:
    table = document_pictures
    changed = tx.execute(
        update(table)
        .where(*_open(url))
        .values(state=state.value, snapshot_id=snapshot_id, reason=reason)
        .returning(table.c.document_id)
    ).scalars()
    for document_id in sorted(set(changed)):
        _queue(tx, document_id)


def _open(url: str) -> tuple[ColumnElement[bool], ...]:
    """The rows of an address that still lack their picture."""
    table = document_pictures
    lacking = (PictureState.WANTED.value, PictureState.UNREAD.value)
    return table.c.url_key == url_key(url), table.c.state.in_(lacking)


def _queue(tx: Connection, document_id: str) -> None:
    """Have the pictures of a document read, now or when the wait for the rest is over."""
    table = document_pictures
    waiting = tx.scalar(
        select(func.count())
        .select_from(table)
        .where(table.c.document_id == document_id, table.c.state == PictureState.WANTED.value)
    )
    due = literal(0.0) if not waiting else database_time(tx) + PATIENCE_SECONDS
    again = {"work_state": WorkState.READY.value, "attempts": 0, "not_before": due}
    statement = upsert(tx, picture_queue).values(id=document_id, **again)
    tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=again))


def _row(picture: DocumentPicture) -> dict[str, object]:
    return {
        "document_id": picture.document_id,
        "place": picture.place,
        "url": picture.url,
        "url_key": url_key(picture.url),
        "state": picture.state.value,
        "snapshot_id": picture.snapshot_id,
        "reason": picture.reason,
    }
