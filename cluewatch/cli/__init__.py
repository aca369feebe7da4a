"""The `cluewatch` command: every job of the product, with help in Chinese.

Exit codes: 0 done, 1 found a problem, 2 usage, 3 partly done.
"""

from __future__ import annotations

import sys

import typer
from rich.markup import escape

from cluewatch import logs
from cluewatch.cli import (
    accounts,
    agenda,
    campaigns,
    cases,
    complaints,
    coverage,
    crawling,
    deliveries,
    demo,
    evidence,
    farm,
    figures,
    intake,
    justice,
    library,
    matters,
    models,
    operations,
    outcomes,
    papers,
    policy,
    registers,
    returns,
    rules,
    saved,
    setup,
    sources,
    stats,
    subjects,
    tickets,
    tokens,
    upkeep,
    warnings,
)
from cluewatch.cli.output import Exit, err
from cluewatch.sections import LogSettings
from domain.errors import CluewatchError, ConfigError

app = typer.Typer(
    name="cluewatch",
    help="发现网上违法医疗广告与无证医美，保全证据，形成线索并移送主管部门。",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
PARTS = (
    demo,
    setup,
    intake,
    crawling,
    library,
    cases,
    tickets,
    complaints,
    rules,
    models,
    operations,
    upkeep,
)
for part in PARTS:
    part.register(app)
for matter in (matters, outcomes, justice, deliveries, papers):
    tickets.ticket_app.add_typer(matter.commands)
app.add_typer(sources.commands, name="source")
app.add_typer(accounts.app, name="user")
app.add_typer(evidence.app, name="evidence")
app.add_typer(farm.app, name="farm")
app.add_typer(registers.app, name="register")
app.add_typer(subjects.app, name="subject")
app.add_typer(coverage.app, name="gaps")
app.add_typer(operations.index_app, name="index")
app.add_typer(saved.app, name="saved")
app.add_typer(tokens.app, name="token")
app.add_typer(stats.app, name="stats")
app.add_typer(policy.app, name="policy")
app.add_typer(agenda.app, name="agenda")
app.add_typer(campaigns.app, name="campaign")
app.add_typer(figures.app, name="figures")
app.add_typer(returns.app, name="return")
app.add_typer(warnings.app, name="warning")


def main() -> None:
    """Run the command line; errors that we know become one sentence and an exit code."""
    logs.speak(LogSettings())
    try:
        app()
    except ConfigError as error:
        err.print(f"[red]设置有误：[/red]{escape(str(error))}")
        sys.exit(Exit.USAGE)
    except CluewatchError as error:
        err.print(f"[red]未完成：[/red]{escape(str(error))}")
        sys.exit(Exit.PROBLEM)
