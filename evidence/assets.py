"""Which captures of pictures belong to the capture of a page: what words were read in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from domain.captures import Snapshot
from evidence.reader import snapshot_of
from evidence.tables import page_assets, snapshots
from storage.upsert import upsert


def link(tx: Connection, page_id: str, asset_ids: Sequence[str]) -> None:
    """Note that the words of a captured page were read in these captured pictures, too."""
    rows = [{"page_id": page_id, "asset_id": asset_id} for asset_id in dict.fromkeys(asset_ids)]
    if rows:
        tx.execute(upsert(tx, page_assets).on_conflict_do_nothing(), rows)


def pages_of(tx: Connection, asset_ids: Sequence[str]) -> dict[str, list[str]]:
    """The captures of pages to which each of these captured pictures belongs."""
    rows = tx.execute(
        select(page_assets.c.asset_id, page_assets.c.page_id).where(
            page_assets.c.asset_id.in_(asset_ids)
        )
    )
    found: dict[str, list[str]] = {}
    for asset_id, page_id in rows:
        found.setdefault(asset_id, []).append(page_id)
    return found


def of_page(tx: Connection, page_id: str) -> list[Snapshot]:
    """The pictures that belong to a captured page, in the order of their capture."""
    rows = tx.execute(
        select(snapshots)
        .join(page_assets, page_assets.c.asset_id == snapshots.c.id)
        .where(page_assets.c.page_id == page_id)
        .order_by(snapshots.c.captured_at, snapshots.c.id)
    ).mappings()
    return [snapshot_of(row) for row in rows]
