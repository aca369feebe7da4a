"""What the judgement has found on the pages of a group of visits, asked once per group."""

from __future__ import annotations

import time
from collections.abc import Collection

from sqlalchemy import Connection

from crawlers.canonical import site_of
from crawlers.frontier.revisit import Standing
from documents import standing
from storage.database import Database

_SHARE_SECONDS = 60.0


class Standings:
    """Reads verdicts; a site's share is counted once in `_SHARE_SECONDS`."""

    def __init__(self, truth: Database) -> None:
        self._truth = truth
        self._shares: dict[str, tuple[float, float]] = {}

    def of(self, urls: Collection[str]) -> dict[str, Standing]:
        """The standing of each of these addresses."""
        with self._truth.read() as tx:
            bearing = standing.with_clues(tx, urls)
            return {
                url: Standing(site_share=self._share(tx, site_of(url)), on_page=url in bearing)
                for url in urls
            }

    def _share(self, tx: Connection, site: str) -> float:
        counted, share = self._shares.get(site, (float("-inf"), 0.0))
        if time.monotonic() - counted > _SHARE_SECONDS:
            share = standing.clue_share(tx, site)
            self._shares[site] = time.monotonic(), share
        return share
