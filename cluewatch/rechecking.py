"""Rectifications are looked at again when their day has come."""

from __future__ import annotations

from cluewatch.bootstrap import Services
from tickets import rechecks
from tickets.calendar import civil_date


class Rechecking:
    """Asks the crawl for the pages that are due."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def work(self) -> int:
        """Ask for what is due by the civil clock; returns how many pages."""
        now = self._services.clock.now()
        with self._services.truth.read() as tx:
            found = rechecks.due(tx, today=civil_date(now))
        if found:
            with self._services.truth.write() as tx:
                rechecks.ask(tx, found, at=now)
        return len(found)
