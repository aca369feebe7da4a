"""Inside an office: bureau → section → station → handler, with substitutes and who signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from attrs import frozen
from pydantic import Field

from domain.divisions import contains, division_prefix
from domain.errors import ConfigError
from domain.findings import Family
from storage.datafiles import DataFile, Strict


class Absence(Strict):
    """Days off, both ends included."""

    since: date
    until: date


class Handler(Strict):
    """An officer. While away the `substitute`, another officer of the same office, acts."""

    name: str = Field(min_length=1, max_length=60)
    contact: str = Field(default="", max_length=120)
    substitute: str | None = None
    away: tuple[Absence, ...] = ()

    def is_present(self, day: date) -> bool:
        """Whether the officer works on that day."""
        return not any(absence.since <= day <= absence.until for absence in self.away)


class Unit(Strict):
    """A bureau, section or station. Without `families` or `districts` it takes every one.

    `head` signs what the office wants signed; a station without a head is signed for above it.
    """

    name: str = Field(min_length=1, max_length=60)
    families: tuple[Family, ...] = ()
    districts: tuple[str, ...] = ()
    head: str = ""
    handlers: tuple[Handler, ...] = ()
    units: tuple[Unit, ...] = ()

    def fit(self, family: Family, region: str) -> tuple[int, bool] | None:
        """How closely the unit fits a case, None when it does not take it."""
        if self.families and family not in self.families:
            return None
        near = [len(division_prefix(d)) for d in self.districts if contains(d, region)]
        if self.districts and not near:
            return None
        return max(near, default=-1), bool(self.families)


@frozen(kw_only=True)
class Seat:
    """Where a case lies inside an office; empty words where the office has no such level."""

    unit: str = ""
    handler: str = ""
    head: str = ""


def seat(units: Sequence[Unit], family: Family, region: str, day: date) -> Seat:
    """The unit, the officer present on `day`, and the nearest head above the officer."""
    path: list[Unit] = []
    here = units
    while found := _closest(here, family, region):
        path.append(found)
        here = found.units
    staff = {officer.name: officer for officer in officers(units)}
    return Seat(
        unit="／".join(unit.name for unit in path),
        handler=next((n for unit in reversed(path) for n in _present(unit, staff, day)), ""),
        head=next((unit.head for unit in reversed(path) if unit.head), ""),
    )


def officers(units: Sequence[Unit]) -> Iterator[Handler]:
    """Every officer of these units and of those below."""
    for unit in units:
        yield from unit.handlers
        yield from officers(unit.units)


def heads(units: Sequence[Unit]) -> Iterator[str]:
    """Everybody who may sign in these units and in those below."""
    for unit in units:
        if unit.head:
            yield unit.head
        yield from heads(unit.units)


def prove(units: Sequence[Unit], data: DataFile, *place: str | int) -> None:
    """Raise ConfigError (file:line) for two units that claim one case, or an unknown substitute."""
    _prove_level(units, data, *place)
    names = [officer.name for officer in officers(units)]
    for officer in officers(units):
        if names.count(officer.name) > 1:
            raise ConfigError(f"承办人 {officer.name} 重复", at=data.at(*place))
        if officer.substitute is not None and officer.substitute not in names:
            raise ConfigError(
                f"{officer.name} 的代理人 {officer.substitute} 不是本机关承办人", at=data.at(*place)
            )


def _prove_level(units: Sequence[Unit], data: DataFile, *place: str | int) -> None:
    districts = {"", *(district for unit in units for district in unit.districts)}
    for family in Family:
        for region in sorted(districts):
            fits = [fit for unit in units if (fit := unit.fit(family, region)) is not None]
            if fits and fits.count(max(fits)) > 1:
                raise ConfigError(
                    f"类别 {family} × 区划 {region or '不明'} 有两个内设机构承办",
                    at=data.at(*place),
                )
    for index, unit in enumerate(units):
        _prove_level(unit.units, data, *place, index, "units")


def _closest(units: Sequence[Unit], family: Family, region: str) -> Unit | None:
    fitting = [(fit, unit) for unit in units if (fit := unit.fit(family, region)) is not None]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _present(unit: Unit, staff: dict[str, Handler], day: date) -> Iterator[str]:
    for officer in unit.handlers:
        if officer.is_present(day):
            yield officer.name
        elif officer.substitute is not None and staff[officer.substitute].is_present(day):
            yield officer.substitute
