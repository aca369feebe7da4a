"""Where and how the program speaks of itself: events with names and fields, ids in every line.

Commands write to standard error. Long-lived processes write one JSON object a line into
`logs/NAME-DAY.jsonl` (days of UTC) of the home directory, or to standard error where the settings
say so (containers). Lines of libraries (Scrapy, uvicorn, alembic) come out the same way.
"""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog
from structlog.typing import Processor

from cluewatch.bootstrap import Services
from cluewatch.sections import LogFormat, LogSettings
from cluewatch.settings import Settings

SUFFIX = ".jsonl"
_PRIVATE = 0o600
_CLOSED = -1
_OURS = ("cluewatch", "crawlers", "documents", "evidence", "indexer", "registers", "tickets")


class DailyFile(logging.Handler):
    """Appends each line to the file of its day in one write, so that several processes may share
    it; the files may be read by their owner only."""

    def __init__(self, directory: Path, name: str) -> None:
        super().__init__()
        self._directory, self._name = directory, name
        self._day: date | None = None
        self._file = _CLOSED

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; what cannot be written is told on standard error, and life goes on."""
        try:
            day = datetime.fromtimestamp(record.created, UTC).date()
            if day != self._day:
                self._open(day)
            os.write(self._file, (self.format(record) + "\n").encode())
        except OSError:
            self.handleError(record)

    def close(self) -> None:
        """Close the file of the day."""
        if self._file != _CLOSED:
            os.close(self._file)
        self._file, self._day = _CLOSED, None
        super().close()

    def _open(self, day: date) -> None:
        if self._file != _CLOSED:
            os.close(self._file)
        self._file, self._day = _CLOSED, None
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{self._name}-{day.isoformat()}{SUFFIX}"
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE)
        self._day = day


def speak(wanted: LogSettings) -> None:
    """For commands: standard error, in the format of the settings."""
    _configure(wanted, logging.StreamHandler(sys.stderr), wanted.format)


def keep(settings: Settings, name: str) -> None:
    """For the long-lived process `name`: its daily files, or standard error."""
    if settings.logs.files:
        _configure(settings.logs, DailyFile(settings.path("logs"), name), LogFormat.JSON)
    else:
        structlog.contextvars.bind_contextvars(process=name)
        speak(settings.logs)


def forget(directory: Path, *, days: int, today: date) -> list[Path]:
    """Delete the daily files that are older than `days`; returns which."""
    oldest = today - timedelta(days=days)
    gone = [path for path in directory.glob(f"*{SUFFIX}") if _day_of(path, today) < oldest]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


class OldLogs:
    """Forgets, once a day, the files whose term is over."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._day: date | None = None

    def work(self) -> int:
        """Look if it is a new day; returns how many files went."""
        today = self._services.clock.now().date()
        if today == self._day:
            return 0
        self._day = today
        settings = self._services.settings
        return len(forget(settings.path("logs"), days=settings.logs.days, today=today))


def _day_of(path: Path, otherwise: date) -> date:
    """The day in a file's name; `otherwise` when it is no file of ours."""
    try:
        return date.fromisoformat(path.name.removesuffix(SUFFIX)[-10:])
    except ValueError:
        return otherwise


def _configure(wanted: LogSettings, handler: logging.Handler, shape: LogFormat) -> None:
    level = logging.getLevelNamesMapping()[wanted.level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if shape is LogFormat.JSON:
        shared.append(structlog.processors.format_exc_info)
    render: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if shape is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    # Libraries tell of their own doings at "info"; only what went wrong there matters to us.
    root.setLevel(max(level, logging.WARNING))
    for package in _OURS:
        logging.getLogger(package).setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
