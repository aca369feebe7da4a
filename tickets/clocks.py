"""The legal clocks: which run for whom, when they start and end, and when they are due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import frozen
from pydantic import Field

from domain.errors import ConfigError, NotFound
from domain.tickets import Deadline, Move, Remark, TicketState
from storage import datafiles
from storage.datafiles import Strict
from tickets.calendar import Calendar
from tickets.offices import OfficeKind

REQUIRED_TERMS = frozenset(
    {
        "accept_complaint",
        "tell_reporter",
        "result_to_reporter",
        "inquiry",
        "finding",
        "test",
        "approval_notice",
        "crime_notice",
        "register_notice",
        "ad_notice",
        "obstruction",
        "justice_copy",
    }
)
"""Terms that the program asks for by name."""


class Unit(StrEnum):
    """What a term counts."""

    WORKING_DAYS = "working_days"
    DAYS = "days"


class Extension(Strict):
    """By how much a clock may be extended, and how often, each time with approval (延期)."""

    term: int = Field(gt=0)
    times: int = Field(gt=0)
    source: str


class ClockRule(Strict):
    """One clock as the data file states it. It starts with a state, a move or a remark, and ends
    with a state or a remark, whichever comes."""

    id: str
    agencies: frozenset[OfficeKind] = frozenset(OfficeKind)
    title: str
    term: int = Field(gt=0)
    unit: Unit
    starts: frozenset[TicketState] = frozenset()
    starts_with: frozenset[Move | Remark] = frozenset()
    ends: frozenset[TicketState]
    ends_with: frozenset[Remark] = frozenset()
    pauses: bool
    extension: Extension | None = None
    source: str
    verified: bool

    @property
    def cited(self) -> str:
        """The source as print cites it."""
        return self.source if self.verified else f"{self.source}（待核）"


class TermRule(Strict):
    """A term outside the ticket's states: of a complaint, or of a request between offices."""

    id: str
    title: str
    term: int = Field(gt=0)
    unit: Unit
    source: str
    verified: bool


@frozen(kw_only=True)
class Pause:
    """A suspension that a clock does not count; `until` is the day on which it ended."""

    since: date
    until: date


@frozen(kw_only=True)
class Clocks:
    """The clocks, the terms and the calendar that they are reckoned by."""

    rules: tuple[ClockRule, ...]
    terms: dict[str, TermRule]
    calendar: Calendar

    def starting(self, lead: OfficeKind, state: TicketState, day: date) -> Iterator[Deadline]:
        """The deadlines that begin when a ticket led by that branch enters `state` on `day`."""
        for rule in self.rules:
            if state in rule.starts and lead in rule.agencies:
                yield self._deadline(rule, day)

    def starting_with(
        self, lead: OfficeKind, noted: Move | Remark, day: date
    ) -> Iterator[Deadline]:
        """The deadlines that begin with a move or remark on a ticket led by that branch."""
        for rule in self.rules:
            if noted in rule.starts_with and lead in rule.agencies:
                yield self._deadline(rule, day)

    def _deadline(self, rule: ClockRule, day: date) -> Deadline:
        due, provisional = self._after(day, rule.term, rule.unit)
        return Deadline(
            clock=rule.id,
            title=rule.title,
            due=due,
            source=rule.cited,
            provisional=provisional,
        )

    def ending(self, state: TicketState) -> tuple[str, ...]:
        """Ids of the clocks that end when a ticket enters `state`."""
        return tuple(rule.id for rule in self.rules if state in rule.ends)

    def ending_with(self, remark: Remark) -> tuple[str, ...]:
        """Ids of the clocks that end with a remark."""
        return tuple(rule.id for rule in self.rules if remark in rule.ends_with)

    def rule(self, clock: str) -> ClockRule:
        """The rule of a clock. Raises NotFound."""
        for rule in self.rules:
            if rule.id == clock:
                return rule
        raise NotFound(f"没有时钟“{clock}”")

    def due(
        self, clock: str, started: date, *, extended: int, pauses: Iterable[Pause]
    ) -> tuple[date, bool]:
        """The last day of a clock, and whether it is provisional (暂定), reckoned from scratch.

        `extended` is what was granted, in the clock's unit; pauses count only where the clock
        stands still during a suspension (检验鉴定时间不计), and only while there is time left: a
        suspension after the last day gives none back. `pauses` are in order.
        """
        rule = self.rule(clock)
        term = rule.term + extended
        for pause in pauses:
            if not rule.pauses or pause.since >= self._after(started, term, rule.unit)[0]:
                break
            term += self._length(rule.unit, pause, started)
        return self._after(started, term, rule.unit)

    def term(self, name: str, day: date) -> tuple[date, bool]:
        """The last day of a term that begins on `day`, and whether it is provisional."""
        rule = self.terms[name]
        return self._after(day, rule.term, rule.unit)

    def _length(self, unit: Unit, pause: Pause, started: date) -> int:
        since = max(pause.since, started)
        if unit is Unit.WORKING_DAYS:
            return self.calendar.working_days_between(since, pause.until)
        return max((pause.until - since).days, 0)

    def _after(self, day: date, term: int, unit: Unit) -> tuple[date, bool]:
        if unit is Unit.WORKING_DAYS:
            return self.calendar.add_working_days(day, term)
        return self.calendar.add_days(day, term)


class _File(Strict):
    clocks: list[ClockRule]
    terms: list[TermRule]


def load_clocks(calendar: Calendar, source: Path | Traversable | None = None) -> Clocks:
    """The clocks in `source`, or the shipped ones. Raises ConfigError (file:line)."""
    data = datafiles.read(source or datafiles.shipped("tickets", "clocks.yml"))
    content = data.validated(_File)
    for index, rule in enumerate(content.clocks):
        if not (rule.starts or rule.starts_with):
            raise ConfigError(f"时钟 {rule.id} 没有起点", at=data.at("clocks", index))
    seen: set[str] = set()
    named = {
        "clocks": [rule.id for rule in content.clocks],
        "terms": [rule.id for rule in content.terms],
    }
    for section, names in named.items():
        for index, name in enumerate(names):
            if name in seen:
                raise ConfigError(f"时钟 {name} 重复", at=data.at(section, index))
            seen.add(name)
    missing = REQUIRED_TERMS.difference(named["terms"])
    if missing:
        raise ConfigError(f"缺少时限：{'、'.join(sorted(missing))}", at=data.at("terms"))
    return Clocks(
        rules=tuple(content.clocks),
        terms={entry.id: entry for entry in content.terms},
        calendar=calendar,
    )
