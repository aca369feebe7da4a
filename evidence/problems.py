"""What a verification finds, and the running count of it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

Progress = Callable[[int, int], None]


@frozen(kw_only=True)
class Problem:
    """One thing that does not fit: in which file or table, which record, which ledger number."""

    file: str
    record: str | None = None
    sequence: int | None = None
    message: str


@frozen(kw_only=True)
class VerifyReport:
    """What a verification came to.

    `checked` counts snapshots, ledger entries and seals. `orphans` are whole records that
    nothing refers to, left by a writer that died before its commit: they break nothing.
    `unchecked` are things that could not be checked with what is set up here.
    """

    checked: int
    problems: tuple[Problem, ...]
    orphans: tuple[Problem, ...] = ()
    unchecked: tuple[Problem, ...] = ()


class Tally:
    """Collects problems and tells `progress` (checked, in all) as the work goes on."""

    def __init__(self, *, total: int, progress: Progress | None) -> None:
        self._checked = 0
        self._total = total
        self._progress = progress
        self._problems: list[Problem] = []
        self._orphans: list[Problem] = []
        self._unchecked: list[Problem] = []

    def checked(self) -> None:
        """One more thing was looked at."""
        self._checked += 1
        if self._progress:
            self._progress(self._checked, max(self._total, self._checked))

    def problem(
        self, file: str, message: str, *, record: str | None = None, sequence: int | None = None
    ) -> None:
        """Something does not fit."""
        self._problems.append(Problem(file=file, record=record, sequence=sequence, message=message))

    def orphan(self, file: str, message: str) -> None:
        """Something is there that nothing refers to."""
        self._orphans.append(Problem(file=file, message=message))

    def unchecked(self, file: str, message: str, *, record: str) -> None:
        """Something that could not be checked here."""
        self._unchecked.append(Problem(file=file, record=record, message=message))

    def report(self) -> VerifyReport:
        """The sum of it."""
        return VerifyReport(
            checked=self._checked,
            problems=tuple(self._problems),
            orphans=tuple(self._orphans),
            unchecked=tuple(self._unchecked),
        )
