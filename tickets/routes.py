"""The route table: type × subject kind × region → offices, proved total and unambiguous."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import field, frozen
from pydantic import Field

from domain.clues import SubjectKind
from domain.errors import ConfigError, NotFound
from domain.findings import Family
from storage import datafiles
from storage.datafiles import DataFile, Strict
from tickets.offices import OfficeKind, Offices, division_prefix

_Cell = tuple[str, SubjectKind, Family]


@frozen(kw_only=True)
class RouteType:
    """What routing needs to know of a violation type; `order` is its place in the rulebook."""

    slug: str
    family: Family
    severity: int
    order: int


@frozen(kw_only=True)
class Route:
    """Which branches handle some types of violation by some kinds of subject in a region."""

    types: tuple[str, ...]
    subjects: tuple[SubjectKind, ...]
    region: str
    family: Family
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
                yield slug, kind, self.family


@frozen(kw_only=True)
class Routes:
    """A proved table. `types` is the rulebook's list by slug; `takedown` the branch that removes
    content after an opinion, or at once for the types in `at_once`."""

    types: dict[str, RouteType]
    takedown: OfficeKind
    at_once: frozenset[str]
    _cells: dict[_Cell, tuple[Route, ...]] = field(repr=False)

    def routes_for(self, slug: str, kind: SubjectKind, region: str) -> tuple[Route, ...]:
        """The routes of one violation, one per family that it concerns, most specific region."""
        found = (self._route(slug, kind, family, region) for family in Family)
        return tuple(route for route in found if route is not None)

    def type_of(self, slug: str) -> RouteType:
        """The type with this slug. Raises NotFound when the rulebook has none."""
        try:
            return self.types[slug]
        except KeyError:
            raise NotFound(f"规则库没有违法类型“{slug}”，无法确定主办机关") from None

    def _route(self, slug: str, kind: SubjectKind, family: Family, region: str) -> Route | None:
        candidates = [
            route
            for route in self._cells.get((slug, kind, family), ())
            if region.startswith(division_prefix(route.region))
        ]
        return max(candidates, key=lambda r: len(division_prefix(r.region)), default=None)


class _Entry(Strict):
    types: list[str] = Field(min_length=1)
    subjects: list[SubjectKind] = Field(default_factory=lambda: list(SubjectKind), min_length=1)
    region: str = Field(default="000000", pattern=r"^\d{6}$")
    family: Family
    lead: OfficeKind
    assist: tuple[OfficeKind, ...] = ()
    copies: tuple[OfficeKind, ...] = ()


class _Takedown(Strict):
    office: OfficeKind
    at_once: list[str]


class _File(Strict):
    takedown: _Takedown
    routes: list[_Entry]


def load_routes(
    types: Sequence[RouteType], offices: Offices, source: Path | Traversable | None = None
) -> Routes:
    """The table in `source`, or the shipped one, proved for these types and offices.

    Raises ConfigError (file:line) for a clashing or missing cell, or a branch without an office.
    """
    data = datafiles.read(source or datafiles.shipped("tickets", "routes.yml"))
    content = data.validated(_File)
    found = [_route(entry, data, index) for index, entry in enumerate(content.routes)]
    cells = _without_clashes(found)
    _prove_total(types, cells, data)
    for route in found:
        for branch in {*route.branches, content.takedown.office}:
            _prove_office(branch, offices, route)
    return Routes(
        types={kind.slug: kind for kind in types},
        takedown=content.takedown.office,
        at_once=frozenset(content.takedown.at_once),
        cells=cells,
    )


def _route(entry: _Entry, data: DataFile, index: int) -> Route:
    return Route(
        types=tuple(entry.types),
        subjects=tuple(entry.subjects),
        region=entry.region,
        family=entry.family,
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
            cell = (kind.slug, subject, kind.family)
            if not any(not division_prefix(route.region) for route in cells.get(cell, ())):
                raise ConfigError(f"{_words(*cell)} 没有全国通用的路由", at=data.at("routes"))


def _prove_office(branch: OfficeKind, offices: Offices, route: Route) -> None:
    try:
        offices.responsible(branch, route.region)
    except NotFound as error:
        raise ConfigError(f"路由指向 {branch}，但{error.message}", at=route.at) from None


def _words(slug: str, kind: SubjectKind, family: Family) -> str:
    return f"类型 {slug} × 主体 {kind} × 类别 {family}"
