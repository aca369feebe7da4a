"""Write the next migration of a history from what its tables have become.

Usage: python -m tools.new_migration truth|frontier "what changes"
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.autogenerate.api import AutogenContext

from cluewatch import migrations
from cluewatch.migrations import History
from cluewatch.schema import METADATA
from storage.columns import Moment
from storage.database import Database


def main() -> None:
    """Bring an empty database to the newest version and let alembic write the difference."""
    history, message = History(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as directory:
        database = Database(f"sqlite:///{Path(directory) / 'new.db'}")
        migrations.upgrade(database, history)
        with database.write() as tx:
            config = migrations.config(history, tx)
            config.attributes["metadata"] = list(METADATA[history])
            config.attributes["render_item"] = _render
            number = len(list((migrations.versions(history)).glob("0*.py"))) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


def _render(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    """Our own column type by its short name; everything else as alembic writes it."""
    if kind == "type" and isinstance(item, Moment):
        context.imports.add("from storage.columns import Moment")
        return "Moment()"
    return False


if __name__ == "__main__":
    main()
