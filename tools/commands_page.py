"""Write docs/commands.md from the command line itself. Usage: python -m tools.commands_page"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from cluewatch.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"

_HEAD = """# Commands

Generated from `cluewatch/cli/` by `python -m tools.commands_page`; do not edit.

`cluewatch COMMAND --help` explains each option. Exit codes: 0 done, 1 found a problem, 2 usage or
settings, 3 partly done.

| command | what it does | options |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_rows(typer.main.get_command(app), "cluewatch"))


def _rows(command: Any, path: str) -> Iterator[str]:
    parts = getattr(command, "commands", None)
    if parts is None or command.invoke_without_command:
        yield _row(command, path)
    for name, part in sorted((parts or {}).items()):
        if not part.hidden:
            yield from _rows(part, f"{path} {name}")


def _row(command: Any, path: str) -> str:
    names = [" / ".join(p.opts + p.secondary_opts) for p in command.params if p.name != "help"]
    options = ", ".join(f"`{name}`" for name in names if name.startswith("-"))
    arguments = "".join(f" {name.upper()}" for name in names if not name.startswith("-"))
    return f"| `{path}{arguments}` | {(command.help or '').strip()} | {options} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
