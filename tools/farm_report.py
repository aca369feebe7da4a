"""How well the whole product reads worlds that its rules have never seen.

Usage: python -m tools.farm_report [SEED …]      (default: five seeds)

Runs the demonstration once per seed, prints each metric with its gate, the sum over the control
hosts, and how much of the farm's phrases stands verbatim in the rulebook.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from classifiers import rulebook
from sitefarm.phrases import overlap

SEEDS = ("alpha", "bravo", "charlie", "delta", "echo")
HOMES = Path("var/farm-report")
CONTROLS = ("control_clues",)
LITERAL = 4


def main() -> None:
    """Print the report; exit 1 when a gate fails on any seed."""
    seeds = tuple(sys.argv[1:]) or SEEDS
    cards = {seed: _card(seed) for seed in seeds}
    console = Console(width=200)
    table = Table(title="Farm report", title_justify="left")
    for column in ("metric", "gate", *seeds):
        table.add_column(column, justify="right" if column in seeds else "left")
    metrics = {row["metric"]: row["gate"] for card in cards.values() for row in card["rows"]}
    for metric, gate in metrics.items():
        cells = [_cell(card, metric) for card in cards.values()]
        table.add_row(metric, "" if gate is None else str(gate), *cells)
    console.print(table)
    for name in CONTROLS:
        found = [row for c in cards.values() for row in c["rows"] if row["metric"] == name]
        console.print(
            f"{name}: {sum(row['value'] for row in found):.0f} "
            f"on {sum(row['n'] for row in found)} pages"
        )
    console.print(_overlap())
    failed = [row for c in cards.values() for row in c["rows"] if row["pass"] is False]
    sys.exit(1 if failed else 0)


def _card(seed: str) -> dict[str, Any]:
    home = HOMES / seed
    environment = {**os.environ, "CLUEWATCH_HOME": str(home)}
    command = [sys.executable, "-m", "cluewatch"]
    subprocess.run([*command, "demo", "--no-serve", "--seed", seed], env=environment, check=False)
    score = subprocess.run(
        [*command, "farm", "score", "--directory", str(home / "farm"), "--json"],
        env={**environment, "CLUEWATCH_CLOCK__URL": ""},
        check=False,
        capture_output=True,
        text=True,
    )
    card: dict[str, Any] = json.loads(score.stdout)
    return card


def _cell(card: dict[str, Any], metric: str) -> str:
    row = next((row for row in card["rows"] if row["metric"] == metric), None)
    if row is None or row["value"] is None:
        return "–"
    return f"{row['value']:.3f}{'' if row['pass'] in (None, True) else ' ✗'}"


def _overlap() -> str:
    book = rulebook.load()
    examples = [s.text for rule in book.rules.values() for s in (*rule.matching, *rule.clear)]
    words = {word for members in book.lexicon.words.values() for word in members}
    report = overlap((word for word in words if len(word) >= LITERAL), examples)
    return (
        f"planted sentences with a rule literal of {LITERAL} or more characters: "
        f"{report.literal_share:.1%}; farm templates copied from rule examples: "
        f"{report.copied_share:.1%}"
    )


if __name__ == "__main__":
    main()
