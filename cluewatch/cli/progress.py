"""What commands show while they work, and the results of pages that they brought in."""

from __future__ import annotations

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

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
