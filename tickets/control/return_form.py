"""The quarterly form (量化统计表) as an editable template, and its figures as a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Self

from attrs import frozen
from pydantic import Field, model_validator

from domain.errors import ConfigError, PermanentError
from domain.findings import Family
from storage import datafiles
from storage.datafiles import Strict
from tickets.control.measures import Measure, Measures

_QUARTER = re.compile(r"(\d{4})Q([1-4])")
_LAST_DAYS = {1: (3, 31), 2: (6, 30), 3: (9, 30), 4: (12, 31)}


class Cell(Strict):
    """One figure of the form; see returns.yml."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str = Field(min_length=1, max_length=60)
    unit: str = ""
    counted: str = ""
    families: tuple[Family, ...] = ()
    share: tuple[str, str] | None = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if self.counted and self.share:
            raise ValueError("counted 与 share 只能有一个")
        if self.families and not self.counted:
            raise ValueError("families 只用于 counted")
        return self

    @property
    def entered(self) -> bool:
        """Whether an office fills it in."""
        return not self.counted and self.share is None


class FormSection(Strict):
    """Cells under one heading."""

    title: str
    cells: tuple[Cell, ...] = Field(min_length=1)


class Form(Strict):
    """The whole form."""

    title: str = Field(min_length=1, max_length=100)
    due_days: int = Field(ge=0, le=90)
    sections: tuple[FormSection, ...] = Field(min_length=1)

    @property
    def cells(self) -> Iterator[Cell]:
        """Every cell, in the order of print."""
        for section in self.sections:
            yield from section.cells

    def get(self, cell_id: str) -> Cell:
        """The cell of that id. Raises PermanentError."""
        for cell in self.cells:
            if cell.id == cell_id:
                return cell
        raise PermanentError(f"统计表没有栏目“{cell_id}”")

    def whole(self, numbers: Mapping[str, int]) -> dict[str, float | None]:
        """The figures with their shares reckoned; None where there is nothing to divide by."""
        found: dict[str, float | None] = {}
        for cell in self.cells:
            if cell.share is None:
                found[cell.id] = numbers.get(cell.id)
                continue
            part, whole = (numbers.get(name) for name in cell.share)
            found[cell.id] = round(100 * part / whole, 1) if whole and part is not None else None
        return found


@frozen(order=True)
class Quarter:
    """A quarter of a year, printed as 2026Q1."""

    year: int
    number: int

    def __str__(self) -> str:
        """As it is printed."""
        return f"{self.year}Q{self.number}"

    @property
    def since(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def until(self) -> date:
        """Its last day."""
        return date(self.year, *_LAST_DAYS[self.number])

    def due(self, form: Form) -> date:
        """The last day for a district to sign."""
        return self.until + timedelta(days=form.due_days)


def quarter(words: str) -> Quarter:
    """The quarter that is written so. Raises PermanentError."""
    matched = _QUARTER.fullmatch(words)
    if matched is None:
        raise PermanentError(f"“{words}”不是季度，应如 2026Q1")
    return Quarter(int(matched[1]), int(matched[2]))


def measure_of(cell: Cell, measures: Measures) -> Measure:
    """What a counted cell counts. Raises NotFound."""
    found = measures.get(cell.counted)
    return found.model_copy(update={"families": cell.families}) if cell.families else found


def load_form(measures: Measures, source: Path | Traversable | None = None) -> Form:
    """The form of a file, the shipped one by default. Raises ConfigError (file:line)."""
    data = datafiles.read(source or datafiles.shipped("tickets.control", "returns.yml"))
    form = data.validated(Form)
    plain = {cell.id for cell in form.cells if cell.share is None}
    seen: set[str] = set()
    for number, section in enumerate(form.sections):
        for place, cell in enumerate(section.cells):
            at = data.at("sections", number, "cells", place)
            if cell.id in seen:
                raise ConfigError(f"栏目“{cell.id}”重复", at=at)
            seen.add(cell.id)
            if cell.counted and cell.counted not in measures.measures:
                raise ConfigError(f"没有指标“{cell.counted}”", at=at)
            if cell.share and not plain.issuperset(cell.share):
                raise ConfigError("share 须指向两个非比率的栏目", at=at)
    return form
