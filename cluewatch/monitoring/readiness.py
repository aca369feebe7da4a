"""Whether this process could serve now: its engines answer and their schema is ours."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cluewatch import migrations
from cluewatch.bootstrap import Services
from domain.errors import CluewatchError

log = structlog.get_logger()


def checks(services: Services) -> dict[str, bool]:
    """Each engine by name. The reasons go to the log, not to whoever asks."""
    return {
        "truth": _holds("truth", lambda: _schema(services, migrations.History.TRUTH)),
        "frontier": _holds("frontier", lambda: _schema(services, migrations.History.FRONTIER)),
        "index": _holds("index", lambda: _index(services)),
    }


def _schema(services: Services, history: migrations.History) -> None:
    database = services.truth if history is migrations.History.TRUTH else services.frontier
    migrations.check(database, history)


def _index(services: Services) -> None:
    services.index.count()


def _holds(name: str, look: Callable[[], object]) -> bool:
    try:
        look()
    except (CluewatchError, SQLAlchemyError) as error:
        log.warning("not_ready", engine=name, error=str(error))
        return False
    return True
