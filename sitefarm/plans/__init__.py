"""What each host is made of, as data: one YAML file per host, in the order of the address map.

A plan of a farm is a choice of hosts: `city` is the demonstration, `full` has every archetype
(sources.md §6.3), `mini` has them all but the large ones, for tests that let days pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from sitefarm.records import Form, Seen

_CITY = ("gk", "kf", "salon", "studio", "pub", "edu", "hc")
_BEYOND = (
    "lp", "mp", "so", "tetris", "dp", "sy", "xhs", "dy", "wb", "zh", "c58", "bx", "infra",
)  # fmt: skip


class PlanName(StrEnum):
    """The choices of hosts."""

    CITY = "city"
    FULL = "full"
    MINI = "mini"


_HOSTS = {
    PlanName.CITY: _CITY,
    PlanName.FULL: (*_CITY, *_BEYOND),
    PlanName.MINI: ("kf", "salon", "studio", *_BEYOND),
}

Recipe = Mapping[tuple[str, str], int]


@frozen(kw_only=True)
class ColumnPlan:
    """A section: `pages` articles from `titles` and `body`; `each`: one such section a disease."""

    code: str
    title: tuple[str, ...]
    titles: str
    pages: int
    body: Recipe
    each: bool = False


@frozen(kw_only=True)
class Plant:
    """`rows` sentences of a bank set into articles of `columns`; `last`: as their final words."""

    bank: tuple[str, str]
    rows: int
    columns: tuple[str, ...]
    last: bool = False


@frozen(kw_only=True)
class Changes:
    """How many pages appear, are edited (gaining one sentence of `bank`), vanish, move and end in
    a message (by its name) over time."""

    creates: int
    edits: int
    deletes: int
    bank: tuple[str, str]
    moves: int = 0
    ends: Mapping[str, int] = {}


@frozen(kw_only=True)
class EntityPlan:
    """Who runs the host; `marks` and `kinds` name lists of names.yml or are lists themselves."""

    marks: str
    kinds: str | tuple[str, ...]
    subject_type: str
    licensed: bool
    public: bool = False
    grade: str = ""


@frozen(kw_only=True)
class Plan:
    """One host. Paths may hold {column}, {id}, {year}, {mmdd}; `listing` holds {tid} and {n}.

    `decoy` is the recipe of what a cloaked form shows instead.
    """

    host: str
    archetype: str
    layout: str
    charset: str
    source_kind: str
    risk: str
    entity: EntityPlan
    article: str
    listing: str
    per_page: int
    home: Recipe
    columns: tuple[ColumnPlan, ...]
    changes: Changes
    plants: tuple[Plant, ...] = ()
    template: tuple[tuple[str, str], ...] = ()
    quirks: Mapping[str, int] = {}
    diseases: str = "specialty"
    control: bool = False
    duplicate_lists: bool = False
    copies: int = 0
    moved: int = 0
    soft_404: bool = False
    script_menu: bool = False
    widget: bool = False
    calendar: str | None = None
    robots: str | None = None
    denied: tuple[str, ...] = ()
    crawl_delay: float = 2.0
    forms: Mapping[str, Form] = {}
    decoy: Mapping[tuple[str, str], int] = {}
    login: str | None = None
    clicks: tuple[str, ...] = ()
    per_minute: int | None = None


@cache
def load(name: PlanName = PlanName.CITY) -> tuple[Plan, ...]:
    """The plans of all hosts of a farm."""
    return tuple(_plan(Path(__file__).with_name(f"{host}.yml")) for host in _HOSTS[name])


def _plan(path: Path) -> Plan:
    raw: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    changes = raw.pop("changes")
    kinds = raw["entity"].pop("kinds")
    return Plan(
        entity=EntityPlan(
            **raw.pop("entity"), kinds=kinds if isinstance(kinds, str) else tuple(kinds)
        ),
        home=_recipe(raw.pop("home")),
        columns=tuple(_column(c) for c in raw.pop("columns")),
        plants=tuple(_plant(p) for p in raw.pop("plants", ())),
        template=tuple(_bank(name) for name in raw.pop("template", ())),
        changes=Changes(bank=_bank(changes.pop("with")), **changes),
        denied=tuple(raw.pop("denied", ())),
        forms={name: _form(form) for name, form in raw.pop("forms", {}).items()},
        decoy=_recipe(raw.pop("decoy", {})),
        clicks=tuple(raw.pop("clicks", ())),
        **raw,
    )


def _form(raw: dict[str, Any]) -> Form:
    return Form(seen=Seen(raw.pop("seen", Seen.EVERYBODY)), **raw)


def _column(raw: dict[str, Any]) -> ColumnPlan:
    titles = raw.pop("titles", raw["code"])
    body = _recipe(raw.pop("body"))
    return ColumnPlan(titles=titles, body=body, title=tuple(raw.pop("title")), **raw)


def _plant(raw: dict[str, Any]) -> Plant:
    return Plant(bank=_bank(raw.pop("bank")), columns=tuple(raw.pop("columns")), **raw)


def _recipe(raw: Mapping[str, int]) -> Recipe:
    return {_bank(name): count for name, count in raw.items()}


def _bank(name: str) -> tuple[str, str]:
    kind, _, group = name.partition(".")
    return kind, group
