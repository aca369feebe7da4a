"""Templates, slots, and how one becomes a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from sitefarm.dice import Dice

Facts = Mapping[str, Sequence[str]]
SLOT = re.compile(r"\{(\w+)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_HERE = Path(__file__).parent
_TABLES = frozenset({"slots", "diseases", "names", "titles"})


@frozen(kw_only=True)
class Template:
    """A sentence with `{slots}`; `slugs` and `why` as in `records.Sentence`."""

    text: str
    slugs: tuple[str, ...] = ()
    why: int | None = None


@frozen(kw_only=True)
class Bank:
    """All templates by (file, group), the slot table, the diseases by specialty, the names."""

    templates: Mapping[tuple[str, str], tuple[Template, ...]]
    slots: Facts
    diseases: Mapping[str, tuple[Facts, ...]]
    names: Mapping[str, Any]

    def violations(self) -> tuple[Template, ...]:
        """Every template that carries a slug."""
        return tuple(t for group in self.templates.values() for t in group if t.slugs)

    def fill(self, template: str, dice: Dice, facts: Facts) -> str:
        """Replace each slot by a draw from `facts`, else from the slot table.

        A slot that occurs twice takes different values where it can. Drawn text may hold slots
        itself. Raises KeyError for a slot that nobody knows.
        """
        taken: set[tuple[str, str]] = set()

        def draw(match: re.Match[str]) -> str:
            slot = match[1]
            options = facts[slot] if slot in facts else self.slots[slot]
            fresh = [o for o in options if (slot, o) not in taken] or list(options)
            option = dice.choice(fresh)
            taken.add((slot, option))
            if bounds := _RANGE.fullmatch(option):
                return str(dice.randint(int(bounds[1]), int(bounds[2])))
            return SLOT.sub(draw, option)

        return SLOT.sub(draw, template)


@cache
def load() -> Bank:
    """Read the package's phrase files."""
    tables = {name: _read(_HERE / f"{name}.yml") for name in _TABLES}
    templates: dict[tuple[str, str], tuple[Template, ...]] = {
        ("titles", group): tuple(Template(text=t) for t in lines)
        for group, lines in tables["titles"].items()
    }
    for path in sorted(_HERE.glob("*.yml")):
        if path.stem not in _TABLES:
            templates |= _groups(path)
    return Bank(
        templates=templates,
        slots=_facts(tables["slots"]),
        diseases={
            specialty: tuple(_facts(d) for d in diseases)
            for specialty, diseases in tables["diseases"].items()
        },
        names=tables["names"],
    )


def _groups(path: Path) -> dict[tuple[str, str], tuple[Template, ...]]:
    raw = _read(path)
    why = raw.pop("why", None)
    own = () if path.stem.startswith("lawful_") else (path.stem,)
    return {
        (path.stem, group): tuple(_template(line, own, why) for line in lines)
        for group, lines in raw.items()
    }


def _template(line: str | Mapping[str, Any], own: tuple[str, ...], why: int | None) -> Template:
    if isinstance(line, str):
        return Template(text=line, slugs=own, why=why)
    return Template(text=line["text"], slugs=(*own, *line["also"]), why=why)


def _facts(raw: Mapping[str, Any]) -> Facts:
    return {key: (value,) if isinstance(value, str) else tuple(value) for key, value in raw.items()}


def _read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded
