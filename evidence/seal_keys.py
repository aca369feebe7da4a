"""The wrapped keys of seals: one row a seal. Rotation wraps them anew; no sealed byte changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from evidence.keyring import ClosedKey, KeyRing
from evidence.tables import seal_keys


def keep(tx: Connection, seal_id: str, closed: ClosedKey, *, at: datetime) -> None:
    """Keep the wrapped key of a seal, in the transaction of its row."""
    values = {"seal_id": seal_id, "key": closed.key, "wrapped": closed.wrapped, "wrapped_at": at}
    tx.execute(insert(seal_keys).values(values))


def unlock(tx: Connection, ring: KeyRing, seal_id: str) -> bytes | None:
    """The key of a seal; None when its files were never closed. Raises EvidenceError."""
    row = tx.execute(select(seal_keys).where(seal_keys.c.seal_id == seal_id)).first()
    if row is None:
        return None
    return ring.open(ClosedKey(key=row.key, wrapped=row.wrapped), owner=seal_id)


def forget(tx: Connection, seal_id: str) -> None:
    """Without its key, a copy of a deleted seal that survived somewhere stays closed."""
    tx.execute(delete(seal_keys).where(seal_keys.c.seal_id == seal_id))


def any_kept(tx: Connection) -> bool:
    """Whether a seal was ever closed here, so that a missing key file is a loss."""
    return bool(tx.scalar(select(func.count()).select_from(seal_keys)))


def rewrap(tx: Connection, ring: KeyRing, *, at: datetime) -> int:
    """Wrap every key with the ring's current one; returns how many were not so already."""
    rows = tx.execute(select(seal_keys).where(seal_keys.c.key != ring.current)).all()
    for row in rows:
        data_key = ring.open(ClosedKey(key=row.key, wrapped=row.wrapped), owner=row.seal_id)
        closed = ring.close(data_key, owner=row.seal_id)
        tx.execute(
            update(seal_keys)
            .where(seal_keys.c.seal_id == row.seal_id)
            .values(key=closed.key, wrapped=closed.wrapped, wrapped_at=at)
        )
    return len(rows)
