"""Risks are assessed as cases move: a step of the workers, safe to repeat and to share."""

from __future__ import annotations

from datetime import datetime, timedelta

from cluewatch.bootstrap import Services
from tickets.control import warnings
from tickets.control.warnings import RiskWarning

PAUSE = timedelta(minutes=1)


class WarningRounds:
    """Assesses the subjects that met something new, and those not looked at for a day."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._not_before: datetime | None = None

    def work(self) -> int:
        """Assess one batch of subjects; returns how many there were. After a batch without any
        the next look is a minute later."""
        at = self._services.clock.now()
        if self._not_before is not None and at < self._not_before:
            return 0
        assessed, _ = self.look()
        self._not_before = None if assessed else at + PAUSE
        return assessed

    def look(self) -> tuple[int, tuple[RiskWarning, ...]]:
        """One batch, each subject in a transaction of its own; the warnings that came of it."""
        services = self._services
        at = services.clock.now()
        with services.truth.read() as tx:
            waiting = warnings.due(tx, at=at)
        raised = []
        for subject_id in waiting:
            with services.truth.write() as tx:
                warning = warnings.assess(
                    tx,
                    subject_id,
                    policy=services.control.risk,
                    offices=services.desk.offices,
                    ids=services.ids,
                    at=at,
                )
            if warning is not None:
                raised.append(warning)
        return len(waiting), tuple(raised)
