"""What is to be done on its day: pages looked at again, and cases taken back from the police."""

from __future__ import annotations

from cluewatch.bootstrap import Services
from tickets import consequences, rechecks
from tickets.calendar import civil_date


class FollowUps:
    """Asks the crawl for the pages that are due, and reopens what the police declined."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def work(self) -> int:
        """Do what is due by the civil clock; returns how much it was."""
        services, now = self._services, self._services.clock.now()
        with services.truth.read() as tx:
            pages = rechecks.due(tx, today=civil_date(now))
            left = consequences.left_with_police(tx, today=civil_date(now))
        if pages:
            with services.truth.write() as tx:
                rechecks.ask(tx, pages, at=now)
        for ticket_id in left:
            note = "未在期限内复议或建议监督，恢复行政办理"
            with services.truth.write() as tx:
                consequences.take_back(tx, ticket_id, at=now, note=note, desk=services.desk)
        return len(pages) + len(left)
