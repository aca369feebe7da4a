"""Reading a list of offices, proved unambiguous."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import Field

from domain.errors import ConfigError
from domain.tickets import Move
from storage import datafiles
from storage.datafiles import Strict
from tickets import units
from tickets.offices import Liaison, Office, OfficeKind, Offices, Power
from tickets.units import Unit

_DIVISION = r"^\d{6}$"


class _Grant(Strict):
    branch: OfficeKind
    districts: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()


class _Liaison(Strict):
    name: str = Field(min_length=1, max_length=60)
    contact: str = Field(min_length=1, max_length=120)


class _Entry(Strict):
    kind: OfficeKind
    name: str = Field(min_length=1)
    id: str | None = Field(default=None, pattern=r"^[a-z0-9_-]{1,64}$")
    region: str | None = Field(default=None, pattern=_DIVISION)
    channel: str = "folder"
    address: str = ""
    powers: tuple[_Grant, ...] = ()
    liaison: _Liaison | None = None
    units: tuple[Unit, ...] = ()
    automatic: frozenset[str] = frozenset()
    approval: frozenset[str] = frozenset()
    sign_off: frozenset[Move] = frozenset()

    def office(self, home: str, city: str) -> Office:
        """The office that the entry describes."""
        region = self.region or home
        liaison = self.liaison
        return Office(
            id=self.id or f"{region}-{self.kind.value.replace('_', '-')}",
            name=self.name.replace("{city}", city),
            kind=self.kind,
            region=region,
            channel=self.channel,
            address=self.address,
            granted=tuple(
                Power(branch=grant.branch, district=district, types=grant.types)
                for grant in self.powers
                for district in grant.districts or (region,)
            ),
            liaison=Liaison(name=liaison.name, contact=liaison.contact) if liaison else None,
            units=self.units,
            automatic=self.automatic,
            approval=self.approval,
            sign_off=self.sign_off,
        )


class _File(Strict):
    region: str = Field(pattern=_DIVISION)
    city: str
    offices: list[_Entry]


def load_offices(
    source: Path | Traversable | None = None, *, region: str | None = None, city: str | None = None
) -> Offices:
    """The offices in `source`, or the shipped list, for the given or the file's own city.

    Raises ConfigError (file:line) when two offices share an id, or a branch's powers over one
    matter in one division, when two units of an office claim one case, or when moves need a
    signature that nobody can give.
    """
    data = datafiles.read(source or datafiles.shipped("tickets", "agencies", "default.yml"))
    content = data.validated(_File)
    home = region or content.region
    found: list[Office] = []
    for index, entry in enumerate(content.offices):
        office = entry.office(home, city or content.city)
        at = data.at("offices", index)
        _prove_alone(office, found, at)
        units.prove(office.units, data, "offices", index, "units")
        if office.sign_off and not office.heads():
            raise ConfigError(f"{office.id} 要求签批，但没有签批人", at=at)
        found.append(office)
    return Offices(home=home, all=tuple(found))


def _prove_alone(office: Office, others: Sequence[Office], at: str) -> None:
    for other in others:
        if other.id == office.id:
            raise ConfigError(f"机关编号 {office.id} 重复", at=at)
        for power in office.powers:
            if any(power.clashes(held) for held in other.powers):
                raise ConfigError(
                    f"{office.id} 与 {other.id} 在区划 {power.district} 都有 {power.branch} 职权",
                    at=at,
                )
