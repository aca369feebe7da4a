"""The route table: type × subject kind × severity × region → branches.

It is proved total and unambiguous when it loads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import field, frozen
from pydantic import Field

from domain.clues import SubjectKind
from domain.divisions import Level, division_prefix
from domain.errors import ConfigError, NotFound
from domain.findings import Family
from storage import datafiles
from storage.datafiles import DataFile, Strict
from tickets.offices import OfficeKind, Offices

SEVERITIES = (1, 2, 3, 4, 5)
_Cell = tuple[str, SubjectKind, Family, int]


@frozen(kw_only=True)
class RouteType:
    """What routing needs to know of a violation type; `order` is its place in the rulebook."""

    slug: str
    family: Family
    severity: int
    order: int


@frozen(kw_only=True)
class Route:
    """Which branches handle some types of violation by some kinds of subject in a region, in
    cases of some severity. No office below `level` leads."""

    types: tuple[str, ...]
    subjects: tuple[SubjectKind, ...]
    severities: tuple[int, ...]
    region: str
    family: Family
    level: Level | None
    lead: OfficeKind
    assist: tuple[OfficeKind, ...]
    copies: tuple[OfficeKind, ...]
    at: str

    @property
    def branches(self) -> tuple[OfficeKind, ...]:
        """Every branch that the route names."""
        return (self.lead, *self.assist, *self.copies)

    def cells(self) -> Iterator[_Cell]:
        """The cells of the table that the route fills."""
        for slug in self.types:
            for kind in self.subjects:
                for severity in self.severities:
                    yield slug, kind, self.family, severity


@frozen(kw_only=True)
class Exchange:
    """What an exchange with a branch carries: how far, by what way, within which term, how often
    and under which classification (密级); printed in the letter."""

    branch: OfficeKind
    scope: str
    way: str
    term: str
    frequency: str
    secrecy: str


@frozen(kw_only=True)
class Routes:
    """A proved table. `types` is the rulebook's list by slug; `takedown` the branch that removes
    content after an opinion, or at once for the types in `at_once`."""

    types: dict[str, RouteType]
    exchanges: dict[OfficeKind, Exchange]
    takedown: OfficeKind
    at_once: frozenset[str]
    _cells: dict[_Cell, tuple[Route, ...]] = field(repr=False)

    def routes_for(
        self, slug: str, kind: SubjectKind, region: str, severity: int
    ) -> tuple[Route, ...]:
        """The routes of one violation, one per family that it concerns, most specific region.

        `severity` is the case's (1–5).
        """
        found = (self._route((slug, kind, family, severity), region) for family in Family)
        return tuple(route for route in found if route is not None)

    @property
    def leads(self) -> frozenset[OfficeKind]:
        """Every branch that some route makes the lead."""
        return frozenset(route.lead for routes in self._cells.values() for route in routes)

    def type_of(self, slug: str) -> RouteType:
        """The type with this slug. Raises NotFound when the rulebook has none."""
        try:
            return self.types[slug]
        except KeyError:
            raise NotFound(f"规则库没有违法类型“{slug}”，无法确定主办机关") from None

    def exchange_with(self, branch: OfficeKind) -> Exchange:
        """What was declared for a branch. Raises NotFound."""
        try:
            return self.exchanges[branch]
        except KeyError:
            raise NotFound(f"没有声明与 {branch} 的信息交换（routes.yml 的 exchanges）") from None

    def _route(self, cell: _Cell, region: str) -> Route | None:
        candidates = [
            route
            for route in self._cells.get(cell, ())
            if region.startswith(division_prefix(route.region))
        ]
        return max(candidates, key=lambda r: len(division_prefix(r.region)), default=None)


class _Entry(Strict):
    types: list[str] = Field(min_length=1)
    subjects: list[SubjectKind] = Field(default_factory=lambda: list(SubjectKind), min_length=1)
    severities: tuple[int, ...] = Field(default=SEVERITIES, min_length=1)
    region: str = Field(default="000000", pattern=r"^\d{6}$")
    family: Family
    level: Level | None = None
    lead: OfficeKind
    assist: tuple[OfficeKind, ...] = ()
    copies: tuple[OfficeKind, ...] = ()


class _Takedown(Strict):
    office: OfficeKind
    at_once: list[str]


class _Exchange(Strict):
    branches: tuple[OfficeKind, ...] = Field(min_length=1)
    scope: str = Field(min_length=1)
    way: str = Field(min_length=1)
    term: str = Field(min_length=1)
    frequency: str = Field(min_length=1)
    secrecy: str = Field(min_length=1)


class _File(Strict):
    takedown: _Takedown
    exchanges: list[_Exchange]
    routes: list[_Entry]


def load_routes(
    types: Sequence[RouteType], offices: Offices, source: Path | Traversable | None = None
) -> Routes:
    """The table in `source`, or the shipped one, proved for these types and offices.

    Raises ConfigError (file:line) for a clashing or missing cell, a severity or type that does not
    exist, and a branch without an office or without a declared exchange.
    """
    data = datafiles.read(source or datafiles.shipped("tickets", "routes.yml"))
    content = data.validated(_File)
    found = [_route(entry, data, index) for index, entry in enumerate(content.routes)]
    cells = _without_clashes(found)
    _prove_total(types, cells, data)
    exchanges = _exchanges(content.exchanges, data)
    for route in found:
        for branch in {*route.branches, content.takedown.office}:
            _prove_office(branch, offices, route)
            if branch not in exchanges:
                raise ConfigError(f"没有声明与 {branch} 的信息交换（exchanges）", at=route.at)
    return Routes(
        types={kind.slug: kind for kind in types},
        exchanges=exchanges,
        takedown=content.takedown.office,
        at_once=frozenset(content.takedown.at_once),
        cells=cells,
    )


def _exchanges(entries: Sequence[_Exchange], data: DataFile) -> dict[OfficeKind, Exchange]:
    found: dict[OfficeKind, Exchange] = {}
    for index, entry in enumerate(entries):
        for branch in entry.branches:
            if branch in found:
                raise ConfigError(f"与 {branch} 的信息交换重复", at=data.at("exchanges", index))
            found[branch] = Exchange(branch=branch, **entry.model_dump(exclude={"branches"}))
    return found


def _route(entry: _Entry, data: DataFile, index: int) -> Route:
    if not set(entry.severities) <= set(SEVERITIES):
        raise ConfigError(f"严重度须在 {SEVERITIES} 之内", at=data.at("routes", index))
    return Route(
        types=tuple(entry.types),
        subjects=tuple(entry.subjects),
        severities=tuple(sorted(set(entry.severities))),
        region=entry.region,
        family=entry.family,
        level=entry.level,
        lead=entry.lead,
        assist=tuple(entry.assist),
        copies=tuple(entry.copies),
        at=data.at("routes", index),
    )


def _without_clashes(routes: Sequence[Route]) -> dict[_Cell, tuple[Route, ...]]:
    cells: dict[_Cell, tuple[Route, ...]] = {}
    for route in routes:
        for cell in route.cells():
            for other in cells.get(cell, ()):
                if other.region == route.region:
                    raise ConfigError(
                        f"{_words(*cell)}（区划 {route.region}）已由 {other.at} 规定", at=route.at
                    )
            cells[cell] = (*cells.get(cell, ()), route)
    return cells


def _prove_total(
    types: Sequence[RouteType], cells: dict[_Cell, tuple[Route, ...]], data: DataFile
) -> None:
    for kind in types:
        for subject in SubjectKind:
            for severity in SEVERITIES:
                cell = (kind.slug, subject, kind.family, severity)
                if not any(not division_prefix(route.region) for route in cells.get(cell, ())):
                    raise ConfigError(f"{_words(*cell)} 没有全国通用的路由", at=data.at("routes"))


def _prove_office(branch: OfficeKind, offices: Offices, route: Route) -> None:
    try:
        offices.responsible(branch, route.region)
    except NotFound as error:
        raise ConfigError(f"路由指向 {branch}，但{error.message}", at=route.at) from None


def _words(slug: str, kind: SubjectKind, family: Family, severity: int) -> str:
    return f"类型 {slug} × 主体 {kind} × 类别 {family} × 严重度 {severity}"
