"""The offices that act: what they are, where they have power, how they are reached."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import field, frozen
from pydantic import Field

from domain.errors import ConfigError, NotFound
from storage import datafiles
from storage.datafiles import Strict


class OfficeKind(StrEnum):
    """The branches of government that law.md D.1 names."""

    MARKET_SUPERVISION = "market_supervision"
    HEALTH = "health"
    CYBERSPACE = "cyberspace"
    DRUG_ADMINISTRATION = "drug_administration"
    MEDICAL_INSURANCE = "medical_insurance"
    PUBLIC_SECURITY = "public_security"
    EDUCATION = "education"
    BROADCASTING = "broadcasting"
    CUSTOMS = "customs"


@frozen(kw_only=True)
class Office:
    """One office. `channel` names the transport that reaches it; `region` is a division code."""

    id: str
    name: str
    kind: OfficeKind
    region: str
    channel: str = "folder"
    acts_for: tuple[OfficeKind, ...] = ()

    def serves(self, kind: OfficeKind) -> bool:
        """Whether this office holds the powers of that branch."""
        return kind is self.kind or kind in self.acts_for


def division_prefix(region: str) -> str:
    """The significant digits of a division code: 990100 → 9901, 990000 → 99, 000000 → ""."""
    while region.endswith("00"):
        region = region[:-2]
    return region


@frozen(kw_only=True)
class Offices:
    """All offices of a desk. `home` is the division whose offices take what belongs nowhere."""

    home: str
    all: tuple[Office, ...]
    _by_id: dict[str, Office] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {office.id: office for office in self.all})

    def get(self, office_id: str) -> Office:
        """The office with this id. Raises NotFound."""
        try:
            return self._by_id[office_id]
        except KeyError:
            raise NotFound(f"没有机关“{office_id}”") from None

    def responsible(self, kind: OfficeKind, region: str) -> Office:
        """The office of that branch for a division: the closest one, else the home city's.

        A case from outside (or of unknown place) stays with the city that discovered it, which
        may transfer it. Raises NotFound when even the home city has none.
        """
        office = self._closest(kind, region) or self._closest(kind, self.home)
        if office is None:
            raise NotFound(f"区划 {self.home} 没有 {kind} 类机关")
        return office

    def _closest(self, kind: OfficeKind, region: str) -> Office | None:
        near = [
            office
            for office in self.all
            if office.serves(kind) and region and region.startswith(division_prefix(office.region))
        ]
        return max(near, key=lambda office: len(division_prefix(office.region)), default=None)


class _Entry(Strict):
    kind: OfficeKind
    name: str = Field(min_length=1)
    id: str | None = Field(default=None, pattern=r"^[a-z0-9_-]{1,64}$")
    region: str | None = Field(default=None, pattern=r"^\d{6}$")
    channel: str = "folder"
    acts_for: tuple[OfficeKind, ...] = ()


class _File(Strict):
    region: str = Field(pattern=r"^\d{6}$")
    city: str
    offices: list[_Entry]


def load_offices(
    source: Path | Traversable | None = None, *, region: str | None = None, city: str | None = None
) -> Offices:
    """The offices in `source`, or the shipped list, for the given or the file's own city.

    Raises ConfigError (file:line) when two offices share an id, or a branch and a division.
    """
    data = datafiles.read(source or datafiles.shipped("tickets", "agencies", "default.yml"))
    content = data.validated(_File)
    home = region or content.region
    found: list[Office] = []
    powers: Counter[tuple[OfficeKind, str]] = Counter()
    for index, entry in enumerate(content.offices):
        office = Office(
            id=entry.id or f"{entry.region or home}-{entry.kind.value.replace('_', '-')}",
            name=entry.name.replace("{city}", city or content.city),
            kind=entry.kind,
            region=entry.region or home,
            channel=entry.channel,
            acts_for=entry.acts_for,
        )
        powers.update((kind, office.region) for kind in (office.kind, *office.acts_for))
        if max(powers.values()) > 1 or any(other.id == office.id for other in found):
            raise ConfigError(
                f"机关 {office.id} 与前面的机关编号相同，或同一区划职权相同",
                at=data.at("offices", index),
            )
        found.append(office)
    return Offices(home=home, all=tuple(found))
