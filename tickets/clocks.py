"""The legal clocks: which run for whom, when they start and end, and when they are due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import frozen
from pydantic import Field

from domain.errors import ConfigError
from domain.tickets import Deadline, TicketState
from storage import datafiles
from storage.datafiles import Strict
from tickets.calendar import Calendar
from tickets.offices import OfficeKind


class Unit(StrEnum):
    """What a term counts."""

    WORKING_DAYS = "working_days"
    DAYS = "days"


class ClockRule(Strict):
    """One clock as the data file states it."""

    id: str
    agencies: frozenset[OfficeKind] = Field(min_length=1)
    title: str
    term: int = Field(gt=0)
    unit: Unit
    starts: TicketState
    ends: frozenset[TicketState]
    pauses: bool
    source: str
    verified: bool


@frozen(kw_only=True)
class Clocks:
    """The clocks and the calendar that they are reckoned by."""

    rules: tuple[ClockRule, ...]
    calendar: Calendar

    def starting(self, lead: OfficeKind, state: TicketState, day: date) -> Iterator[Deadline]:
        """The deadlines that begin when a ticket led by that branch enters `state` on `day`."""
        for rule in self.rules:
            if rule.starts is state and lead in rule.agencies:
                due, provisional = self._after(day, rule.term, rule.unit)
                yield Deadline(
                    clock=rule.id,
                    title=rule.title,
                    due=due,
                    source=rule.source if rule.verified else f"{rule.source}（待核）",
                    provisional=provisional,
                )

    def ending(self, state: TicketState) -> tuple[str, ...]:
        """Ids of the clocks that end when a ticket enters `state`."""
        return tuple(rule.id for rule in self.rules if state in rule.ends)

    def pausing(self) -> tuple[str, ...]:
        """Ids of the clocks that a suspension stops."""
        return tuple(rule.id for rule in self.rules if rule.pauses)

    def moved(self, clock: str, due: date, since: date, until: date) -> tuple[date, bool]:
        """The new due date, and whether it is provisional, after a pause `since`–`until`."""
        rule = next(rule for rule in self.rules if rule.id == clock)
        working = rule.unit is Unit.WORKING_DAYS
        lost = self.calendar.working_days_between(since, until) if working else (until - since).days
        return self._after(due, lost, rule.unit)

    def _after(self, day: date, term: int, unit: Unit) -> tuple[date, bool]:
        if unit is Unit.WORKING_DAYS:
            return self.calendar.add_working_days(day, term)
        return self.calendar.add_days(day, term)


class _File(Strict):
    clocks: list[ClockRule]


def load_clocks(calendar: Calendar, source: Path | Traversable | None = None) -> Clocks:
    """The clocks in `source`, or the shipped ones. Raises ConfigError (file:line)."""
    data = datafiles.read(source or datafiles.shipped("tickets", "clocks.yml"))
    rules = data.validated(_File).clocks
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.id in seen:
            raise ConfigError(f"时钟 {rule.id} 重复", at=data.at("clocks", index))
        seen.add(rule.id)
    return Clocks(rules=tuple(rules), calendar=calendar)
