"""Whose tables make up each history; what the migrations must add up to."""

from __future__ import annotations

from sqlalchemy import MetaData

from cluewatch.accounts import tables as accounts
from cluewatch.migrations import History
from cluewatch.monitoring import tables as monitoring
from cluewatch.saved import tables as saved
from cluewatch.thresholds import tables as thresholds
from crawlers import tables as crawlers
from crawlers.frontier import tables as frontier
from documents import tables as documents
from evidence import tables as evidence
from registers import tables as registers
from tickets import outcome_tables, subject_tables
from tickets import tables as tickets
from tickets.control import tables as control

METADATA: dict[History, tuple[MetaData, ...]] = {
    History.TRUTH: (
        evidence.metadata,
        documents.metadata,
        registers.metadata,
        crawlers.metadata,
        tickets.metadata,
        subject_tables.metadata,
        outcome_tables.metadata,
        control.metadata,
        accounts.metadata,
        saved.metadata,
        thresholds.metadata,
        monitoring.metadata,
    ),
    History.FRONTIER: (frontier.metadata,),
}
