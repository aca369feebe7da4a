"""The farm's civil clock: it starts at a fixed moment, runs with real time and may jump ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sitefarm.records import START

TICK = timedelta(hours=1)


class CivilClock:
    """Start moment + real time elapsed + jumps. It never goes back.

    `monotonic` gives real seconds from any origin.
    """

    def __init__(self, monotonic: Callable[[], float], start: datetime = START) -> None:
        self._monotonic = monotonic
        self._origin = monotonic()
        self._start = start
        self._jumped = timedelta()

    def now(self) -> datetime:
        """The present civil moment, aware."""
        elapsed = timedelta(seconds=self._monotonic() - self._origin)
        return self._start + elapsed + self._jumped

    def advance(self, until: datetime) -> datetime:
        """Jump ahead to `until`; a moment that has passed changes nothing. Returns the present."""
        ahead = until - self.now()
        if ahead > timedelta():
            self._jumped += ahead
        return self.now()


def tick_of(moment: datetime) -> int:
    """Whole civil hours since the start."""
    return (moment - START) // TICK
