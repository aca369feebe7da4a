"""The threat model names tests; they exist, and none of the hostile ones is left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def named() -> set[tuple[str, str]]:
    return set(_TEST.findall((ROOT / "docs" / "security.md").read_text("utf-8")))


def names_in(file: Path) -> set[str]:
    if not file.exists():
        return set()
    tree = ast.parse(file.read_text("utf-8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {node.name for node in found if node.name.startswith("test_")}


def test_every_test_that_the_threat_model_names_exists() -> None:
    files = {file for file, _ in named()}
    known = {(file, name) for file in files for name in names_in(ROOT / file)}
    assert sorted(named() - known) == []


def test_every_hostile_test_is_in_the_threat_model() -> None:
    for file in sorted((ROOT / "tests" / "hostile").glob("test_*.py")):
        place = file.relative_to(ROOT).as_posix()
        missing = names_in(file) - {name for where, name in named() if where == place}
        assert missing == set(), place


def test_every_threat_has_a_test() -> None:
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    table = page.partition("## Threats and tests")[2].partition("\n\nWhat breaks")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 30
    assert [row for row in rows if not _TEST.search(row)] == []
