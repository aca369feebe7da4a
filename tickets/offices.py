"""The offices that act: what they are, where they have power, how they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum

from attrs import field, frozen

from domain.divisions import Level, contains, division_prefix, level_of
from domain.errors import NotFound
from domain.findings import Family
from domain.tickets import Move
from tickets import units
from tickets.units import Seat, Unit


class OfficeKind(StrEnum):
    """The branches of government that law.md D.1 names, and the organs of justice."""

    MARKET_SUPERVISION = "market_supervision"
    HEALTH = "health"
    CYBERSPACE = "cyberspace"
    DRUG_ADMINISTRATION = "drug_administration"
    MEDICAL_INSURANCE = "medical_insurance"
    PUBLIC_SECURITY = "public_security"
    EDUCATION = "education"
    BROADCASTING = "broadcasting"
    CUSTOMS = "customs"
    COMMUNICATIONS = "communications"
    DISEASE_CONTROL = "disease_control"
    COMPREHENSIVE_ENFORCEMENT = "comprehensive_enforcement"
    PROCURATORATE = "procuratorate"
    COURT = "court"


@frozen(kw_only=True)
class Power:
    """A branch's powers in a division, for some violation types (empty: for all of them).

    An office has those of its own kind; others come from the law (DAL 8 leaves the drug matters
    of cities and counties to market supervision) or are granted by district (赋权事项).
    """

    branch: OfficeKind
    district: str
    types: frozenset[str] = frozenset()

    def fit(self, region: str, matter: str) -> tuple[int, bool] | None:
        """How closely the power fits a matter in a division; None when it does not cover it."""
        if not contains(self.district, region) or (self.types and matter not in self.types):
            return None
        return len(division_prefix(self.district)), bool(self.types)

    def clashes(self, other: Power) -> bool:
        """Whether no rule could tell which of two holders acts."""
        return (
            self.branch is other.branch
            and division_prefix(self.district) == division_prefix(other.district)
            and bool(self.types) == bool(other.types)
            and (not self.types or bool(self.types & other.types))
        )


@frozen(kw_only=True)
class Liaison:
    """The person (联络员) who answers for an office towards the others."""

    name: str
    contact: str


@frozen(kw_only=True)
class Office:
    """One office. `channel` names the transport that reaches it, `address` where (a mail address
    or a URL); `region` is a division code. Tickets that it leads leave by themselves when all
    their types are in `automatic`, never when one is in `approval`. Moves in `sign_off` need the
    signature of a head of its units."""

    id: str
    name: str
    kind: OfficeKind
    region: str
    channel: str = "folder"
    address: str = ""
    granted: tuple[Power, ...] = ()
    liaison: Liaison | None = None
    units: tuple[Unit, ...] = ()
    automatic: frozenset[str] = frozenset()
    approval: frozenset[str] = frozenset()
    sign_off: frozenset[Move] = frozenset()

    @property
    def level(self) -> Level:
        """The level of government it belongs to."""
        return level_of(self.region)

    @property
    def powers(self) -> tuple[Power, ...]:
        """Its own kind's powers in its own division, and what it was granted."""
        return (Power(branch=self.kind, district=self.region), *self.granted)

    def leaves_by_itself(self, types: Iterable[str], *, default: bool) -> bool:
        """Whether a ticket of these types that it leads is sent without approval (待审批)."""
        wanted = frozenset(types)
        if wanted & self.approval:
            return False
        return default or wanted <= self.automatic

    def seat(self, family: Family, region: str, day: date) -> Seat:
        """Where a case lies inside."""
        return units.seat(self.units, family, region, day)

    def heads(self) -> frozenset[str]:
        """Everybody who may sign for it."""
        return frozenset(units.heads(self.units))


@frozen(kw_only=True)
class Choice:
    """An office found for a matter, and the ground in words."""

    office: Office
    ground: str


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

    def responsible(
        self, kind: OfficeKind, region: str, *, matter: str = "", level: Level | None = None
    ) -> Office:
        """The office of that branch for a division; see `choose`."""
        return self.choose(kind, region, matter=matter, level=level).office

    def choose(
        self, kind: OfficeKind, region: str, *, matter: str = "", level: Level | None = None
    ) -> Choice:
        """The closest office with that branch's powers, not below `level`.

        Powers granted for the matter come before general ones. A case from outside (or of unknown
        place) stays with the home city, which may transfer it; so does a matter for a level that
        the list has no office of. Raises NotFound when even the home city has none.
        """
        for place, words in ((region, f"区划 {region} 由其管辖"), (self.home, "本市承接外地案件")):
            for lowest in (level, None) if level else (None,):
                found = max(
                    self._holders(kind, place, matter, lowest),
                    key=lambda holder: holder[0],
                    default=None,
                )
                if found is not None:
                    return Choice(office=found[1], ground=_ground(found, words, level, lowest))
        raise NotFound(f"区划 {self.home} 没有 {kind} 类机关")

    def _holders(
        self, kind: OfficeKind, region: str, matter: str, lowest: Level | None
    ) -> Iterator[tuple[tuple[int, bool], Office, Power]]:
        for office in self.all:
            if lowest is not None and office.level.rank > lowest.rank:
                continue
            for power in office.powers:
                fit = power.fit(region, matter) if power.branch is kind else None
                if fit is not None:
                    yield fit, office, power


def _ground(
    found: tuple[tuple[int, bool], Office, Power],
    words: str,
    level: Level | None,
    lowest: Level | None,
) -> str:
    _, office, power = found
    if power.branch is not office.kind:
        words += f"，行使 {power.branch} 职权" + ("（赋权事项）" if power.types else "")
    if level is not None:
        words += f"，{level} 级事项" + ("" if lowest else "但名录没有该级机关，由其转办")
    return words
