"""What commands show while they work, and the results of pages that they brought in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from cluewatch import demo as demonstration
from cluewatch.cli.output import emit_json, err, listing, out
from cluewatch.results import PageResult


def print_results(found: list[PageResult], *, as_json: bool) -> None:
    """One line a record."""
    if as_json:
        for result in found:
            emit_json(result.row())
        return
    rows = [result.row() for result in found]
    listing("结果", ("record", "url", "outcome", "assessment", "error"), rows, as_json=False)
    read = sum(result.readable for result in found)
    out.print(f"{len(found)} 条记录，读出 {read} 条。")


def spinner(text: str) -> Progress:
    """A sign of life for work of unknown length."""
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    progress.add_task(text, total=None)
    return progress


def bars(titles: Mapping[str, str], steps: Iterable[demonstration.Progress]) -> None:
    """A bar for each named pair of a farm run's progress, until the run is done."""
    columns = (TextColumn("{task.description:<6}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err) as shown:
        tasks: dict[str, TaskID] = {
            name: shown.add_task(title, total=None) for name, title in titles.items()
        }
        for now in steps:
            for name, task in tasks.items():
                done, known = getattr(now, name)
                shown.update(task, completed=done, total=known or None)
