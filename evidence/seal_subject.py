"""What is to be sealed: a snapshot, its WARC records, and what the ledger says about them."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen
from sqlalchemy import Connection

from domain.captures import Acquisition, Snapshot
from domain.errors import NotFound
from domain.outcomes import Outcome
from evidence import assets, extracts, ledger
from evidence.extracts import Extract
from evidence.reader import latest, snapshot

_OWN = frozenset({Acquisition.CRAWL, Acquisition.OFFICER})


@frozen(kw_only=True)
class Subject:
    """A good snapshot as the database knows it.

    `gone` is the outcome of a later look that found the page no longer there. `pictures` are the
    captures of those pictures in which words of the page were read; `extracts` hold their records.
    """

    snapshot: Snapshot
    gone: Outcome | None
    extracts: tuple[Extract, ...]
    pictures: tuple[Snapshot, ...]
    entries: tuple[ledger.Entry, ...]

    @property
    def why_stored(self) -> str | None:
        """Why it can only be shown from its stored bytes; None when it can be visited."""
        if self.snapshot.acquisition not in _OWN:
            return "由他人保存后导入，不作实时访问"
        if self.gone:
            return f"此后的采集中页面已不存在（{self.gone.value}）"
        return None

    @property
    def capture(self) -> dict[str, Any]:
        """How the snapshot was come by (redirects, address, robots), as the ledger holds it."""
        for entry in self.entries:
            if (entry.action, entry.subject) == ("capture", self.snapshot.id):
                detail: dict[str, Any] = json.loads(entry.detail)
                return {key: detail[key] for key in ("redirects", "ip", "robots", "note")}
        return {}


def find(tx: Connection, url: str, snapshot_id: str | None) -> Subject:
    """The snapshot of this id, else the newest good one of the address.

    Raises NotFound when there is none, or the named one shows no page.
    """
    kept = snapshot(tx, snapshot_id) if snapshot_id else latest(tx, url, Outcome.OK)
    if kept is None or kept.outcome is not Outcome.OK:
        raise NotFound("没有可供固证的快照", at=url)
    pictures = assets.of_page(tx, kept.id)
    wanted = (one for each in (kept, *pictures) for one in extracts.extracts(tx, each))
    copied = tuple({one.snapshot_id: one for one in wanted}.values())
    newest = latest(tx, kept.url)
    return Subject(
        snapshot=kept,
        gone=newest.outcome if newest is not None and newest.outcome.is_gone else None,
        extracts=copied,
        pictures=tuple(one for one in pictures if one.id != kept.id),
        entries=tuple(ledger.entries_about(tx, [each.snapshot_id for each in copied])),
    )
