"""What is to be done on its day: pages looked at again, and cases taken back from the police."""

from __future__ import annotations

from datetime import datetime

import structlog

from cluewatch.bootstrap import Services
from domain.errors import CluewatchError
from tickets import consequences, rechecks
from tickets.calendar import civil_date

log = structlog.get_logger()


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
        return len(pages) + sum(self._take_back(ticket_id, now) for ticket_id in left)

    def _take_back(self, ticket_id: str, now: datetime) -> bool:
        """False when somebody has moved the ticket meanwhile."""
        services = self._services
        note = "未在期限内复议或建议监督，恢复行政办理"
        try:
            with services.truth.write() as tx:
                consequences.take_back(tx, ticket_id, at=now, note=note, desk=services.desk)
        except CluewatchError as error:
            log.warning("not_taken_back", ticket=ticket_id, error=str(error))
            return False
        return True
