"""The registers of one installation as the judge asks them: facts about a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.findings import Fact
from domain.pages import Document
from registers.facts import facts_of, facts_of_party, nothing_known
from registers.matching import Inquiry, inquiry
from storage.database import Database

CHINA = timezone(timedelta(hours=8))
"""Registers are kept, and captures judged, by the civil day of China."""

_log = structlog.get_logger()


class RegisterBook:
    """The registers as `domain.ports.Registers`.

    `region_of_source` gives the six-digit division of a source id, None when it tells none;
    without it only the numbers on a page say where its subject is, and 无 is rarely provable.
    """

    def __init__(
        self,
        database: Database,
        *,
        region_of_source: Callable[[str], str | None] | None = None,
    ) -> None:
        self._database = database
        self._region_of_source = region_of_source

    def facts_about(self, document: Document) -> tuple[Fact, ...]:
        """Answers about the page on its day of capture (registers.facts)."""
        day = document.captured_at.astimezone(CHINA).date()
        asked = inquiry(document, day=day, region=self._region(document))
        try:
            with self._database.read() as tx:
                return facts_of(tx, document, asked)
        except SQLAlchemyError as error:
            _log.warning("register_unavailable", document_id=document.id, error=str(error))
            return nothing_known()

    def facts_of_party(self, asked: Inquiry) -> tuple[Fact, ...]:
        """Answers about a party, whoever's page names it, on the day that is asked about."""
        with self._database.read() as tx:
            return facts_of_party(tx, asked)

    def _region(self, document: Document) -> str:
        if self._region_of_source is None or document.source_id is None:
            return ""
        return self._region_of_source(document.source_id) or ""
