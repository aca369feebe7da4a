"""When a case is one for the police, and what must go with it: thresholds and papers as data."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import Field

from domain.errors import ConfigError, PermanentError
from domain.findings import Family
from domain.tickets import Ticket
from storage import datafiles
from storage.datafiles import Strict
from tickets.offices import OfficeKind


class EarlierPenalties(Strict):
    """So many earlier penalties by these branches; `years` None: whenever."""

    count: int = Field(ge=1)
    branches: frozenset[OfficeKind] = Field(min_length=1)
    unlicensed: bool = False
    years: int | None = Field(default=None, ge=1)


class Ground(Strict):
    """One threshold: every part of it that is stated must be reached."""

    id: str
    words: str
    gains: int | None = Field(default=None, gt=0)
    circumstance: str | None = Field(default=None, alias="with")
    penalties: EarlierPenalties | None = None


class Crime(Strict):
    """An offence and its grounds, each enough by itself."""

    id: str
    title: str
    article: str
    verified: bool
    types: frozenset[str] = frozenset()
    families: frozenset[Family] = frozenset()
    grounds: tuple[Ground, ...] = Field(min_length=1)

    def concerns(self, ticket: Ticket) -> bool:
        """Whether a ticket may be about this offence."""
        return ticket.family in self.families or not self.types.isdisjoint(ticket.types)

    @property
    def cited(self) -> str:
        """Title and provision as print cites them."""
        return f"{self.title}（{self.article}{'' if self.verified else '，待核'}）"


class Paper(Strict):
    """One paper of the hand-over; `always`: a case without it is not handed over."""

    id: str
    title: str
    always: bool


class HandoverRules(Strict):
    """All of it; `circumstances` are the ids that grounds may require, with their titles."""

    crimes: tuple[Crime, ...] = Field(min_length=1)
    circumstances: dict[str, str]
    papers: tuple[Paper, ...] = Field(min_length=1)
    investigators: int = Field(ge=1)
    unlicensed: frozenset[str]

    def crime(self, crime_id: str) -> Crime:
        """The offence of this id. Raises PermanentError with the known ones."""
        for crime in self.crimes:
            if crime.id == crime_id:
                return crime
        known = "、".join(f"{crime.id}（{crime.title}）" for crime in self.crimes)
        raise PermanentError(f"没有罪名“{crime_id}”；可用：{known}")

    def missing(self, papers: frozenset[str]) -> tuple[str, ...]:
        """Titles of the papers that must go along and are not there."""
        return tuple(p.title for p in self.papers if p.always and p.id not in papers)


def load_handover_rules(source: Path | Traversable | None = None) -> HandoverRules:
    """The rules in `source`, or the shipped ones. Raises ConfigError (file:line) for a ground that
    requires nothing or an unknown circumstance."""
    data = datafiles.read(source or datafiles.shipped("tickets", "handover_rules.yml"))
    rules = data.validated(HandoverRules)
    for index, crime in enumerate(rules.crimes):
        for place, ground in enumerate(crime.grounds):
            at = data.at("crimes", index, "grounds", place)
            if ground.gains is None and ground.circumstance is None and ground.penalties is None:
                raise ConfigError(f"{ground.id} 没有任何条件", at=at)
            if ground.circumstance is not None and ground.circumstance not in rules.circumstances:
                raise ConfigError(f"没有情形“{ground.circumstance}”", at=at)
    return rules
