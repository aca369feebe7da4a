"""The tables by which control works, read and proved once, as `Desk` holds those of the offices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from domain.findings import Family
from tickets.control.agenda import Inspection, load_inspections
from tickets.control.measures import Measures, load_measures
from tickets.control.return_form import Form, load_form
from tickets.control.risk import RiskPolicy, load_policy
from tickets.desk import Desk


@frozen(kw_only=True)
class ControlBook:
    """How risks are scored, what is counted, the quarterly form, and inspections that the list of
    key matters proposes."""

    risk: RiskPolicy
    measures: Measures
    form: Form
    inspections: Mapping[Family, Inspection]


def load_book(
    desk: Desk,
    *,
    risk: Path | None = None,
    measures: Path | None = None,
    returns: Path | None = None,
    agenda: Path | None = None,
) -> ControlBook:
    """The shipped tables, or an office's own. Raises ConfigError (file:line)."""
    counted = load_measures(desk.outcomes, measures)
    return ControlBook(
        risk=load_policy(desk.offices, risk),
        measures=counted,
        form=load_form(counted, returns),
        inspections=load_inspections(agenda),
    )
