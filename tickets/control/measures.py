"""What is counted (指标): measures, the spans between them, their rates. Data, proved when read."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from domain.errors import ConfigError, NotFound
from domain.feedback import Bearing
from domain.findings import Family
from domain.tickets import Move, Remark, TicketState
from storage import datafiles
from storage.datafiles import Strict
from tickets.outcome_codes import OutcomeCodes


class Origin(StrEnum):
    """Where a case came from: the watch itself, or somebody's complaint."""

    WATCH = "watch"
    COMPLAINT = "complaint"


class Measure(Strict):
    """A set of tickets; see measures.yml for what its fields select."""

    title: str = Field(min_length=1, max_length=40)
    opened: bool = False
    overdue: bool = False
    moves: tuple[Move | Remark, ...] = ()
    states: tuple[TicketState, ...] = ()
    outcomes: tuple[str, ...] = ()
    bearings: tuple[Bearing, ...] = ()
    families: tuple[Family, ...] = ()
    sources: tuple[Origin, ...] = ()

    @model_validator(mode="after")
    def _selects_by_one_thing(self) -> Self:
        said = bool(self.outcomes or self.bearings)
        if self.opened + self.overdue + bool(self.moves) + said != 1:
            raise ValueError("须且只能有 opened、overdue、moves、outcomes 之一")
        return self


class Span(Strict):
    """The days from the first of one measure to the first of another."""

    title: str
    since: str
    until: str


class Rate(Strict):
    """The tickets of `whole` that are in `part` too, in percent of `whole`."""

    title: str
    part: str
    whole: str


class Measures(Strict):
    """The whole of measures.yml."""

    measures: dict[str, Measure] = Field(min_length=1)
    spans: dict[str, Span] = Field(default_factory=dict)
    rates: dict[str, Rate] = Field(default_factory=dict)
    columns: tuple[str, ...] = Field(min_length=1)
    funnel: tuple[str, ...] = ()

    def get(self, name: str) -> Measure:
        """The measure of that name. Raises NotFound."""
        try:
            return self.measures[name]
        except KeyError:
            raise NotFound(f"没有指标“{name}”") from None


def load_measures(codes: OutcomeCodes, source: Path | Traversable | None = None) -> Measures:
    """The measures of a file, the shipped ones by default; `codes` are the outcomes that they may
    name. Raises ConfigError (file:line)."""
    data = datafiles.read(source or datafiles.shipped("tickets.control", "measures.yml"))
    found = data.validated(Measures)
    for place, name in _named(found):
        if name not in found.measures:
            raise ConfigError(f"没有指标“{name}”", at=data.at(*place))
    for name, measure in found.measures.items():
        for code in measure.outcomes:
            if code not in {one.code for one in codes.all}:
                raise ConfigError(f"没有结果代码“{code}”", at=data.at("measures", name))
    for name, span in found.spans.items():
        if not (found.measures[span.since].moves and found.measures[span.until].moves):
            raise ConfigError("时长的两端须是动作", at=data.at("spans", name))
    return found


def _named(found: Measures) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, span in found.spans.items():
        yield ("spans", name), span.since
        yield ("spans", name), span.until
    for name, rate in found.rates.items():
        yield ("rates", name), rate.part
        yield ("rates", name), rate.whole
    for name in found.columns:
        yield ("columns",), name
    for name in found.funnel:
        yield ("funnel",), name
