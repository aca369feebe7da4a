"""What readers have seen in pictures: kept by the bytes' digest, found by likeness as well."""

from __future__ import annotations

from attrs import frozen
from sqlalchemy import Connection, select

from documents.tables import picture_looks, picture_readings
from domain.pictures import PictureLook, PictureReading
from storage.records import from_json, to_json
from storage.upsert import upsert

_LIKE_BITS = 10
_MOST_COMPARED = 500
_MOST_LIKE = 3


@frozen(kw_only=True)
class Twin:
    """A picture that looks alike, and the capture that keeps its bytes."""

    digest: str
    snapshot_id: str


def look(tx: Connection, digest: str, reader: str) -> PictureLook | None:
    """The glance that this version of the reader took at these bytes; None when it has not."""
    row = tx.execute(
        select(picture_looks).where(
            picture_looks.c.digest == digest, picture_looks.c.reader == reader
        )
    ).first()
    if row is None:
        return None
    return PictureLook(
        width=row.width, height=row.height, likeness=row.likeness, refusal=row.refusal
    )


def put_look(
    tx: Connection, digest: str, reader: str, seen: PictureLook, *, snapshot_id: str
) -> None:
    """Keep a glance at the bytes that this capture holds."""
    statement = upsert(tx, picture_looks).values(
        digest=digest,
        reader=reader,
        snapshot_id=snapshot_id,
        width=seen.width,
        height=seen.height,
        likeness=seen.likeness,
        refusal=seen.refusal,
    )
    tx.execute(statement.on_conflict_do_nothing())


def twins(tx: Connection, digest: str, reader: str, seen: PictureLook) -> list[Twin]:
    """Pictures of the same size that were read before and look nearly the same, nearest first.

    Likeness is no proof: words are too fine for it, so the bytes must be compared.
    """
    looks, readings = picture_looks, picture_readings
    rows = tx.execute(
        select(looks.c.digest, looks.c.snapshot_id, looks.c.likeness)
        .join(readings, (readings.c.key == looks.c.digest) & (readings.c.reader == reader))
        .where(
            looks.c.width == seen.width,
            looks.c.height == seen.height,
            looks.c.reader == reader,
            looks.c.digest != digest,
        )
        .limit(_MOST_COMPARED)
    ).all()
    near = [(_distance(row.likeness, seen.likeness), row) for row in rows]
    near.sort(key=lambda pair: (pair[0], pair[1].digest))
    return [
        Twin(digest=row.digest, snapshot_id=row.snapshot_id)
        for distance, row in near[:_MOST_LIKE]
        if distance <= _LIKE_BITS
    ]


def readings(tx: Connection, key: str, reader: str) -> tuple[PictureReading, ...] | None:
    """What was read under this key; None when nothing was yet."""
    record = tx.scalar(
        select(picture_readings.c.record).where(
            picture_readings.c.key == key, picture_readings.c.reader == reader
        )
    )
    return None if record is None else from_json(tuple[PictureReading, ...], record)


def put_readings(tx: Connection, key: str, reader: str, found: tuple[PictureReading, ...]) -> None:
    """Keep what was read. The key is the digest of one picture, or one over those of several."""
    statement = upsert(tx, picture_readings).values(key=key, reader=reader, record=to_json(found))
    tx.execute(statement.on_conflict_do_nothing())


def _distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()
