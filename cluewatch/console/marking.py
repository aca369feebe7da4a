"""A stored text with what was found in it, as runs that a template can show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from attrs import evolve, frozen

from domain.findings import Finding
from domain.pages import Document, Origin


@frozen(kw_only=True)
class Run:
    """A piece of text; `numbers` are the findings (counted from 1) that cover all of it.

    `start` is its place in the stored text, in code points.
    """

    text: str
    start: int = 0
    numbers: tuple[int, ...] = ()
    severity: int = 0
    opens: tuple[int, ...] = ()


@frozen(kw_only=True)
class Paragraph:
    """One block of the document, cut into runs. `after_gap`: what stood before it is left out."""

    origin: Origin
    boilerplate: bool
    runs: tuple[Run, ...]
    after_gap: bool = False


def paragraphs(
    document: Document, findings: Sequence[Finding], severities: dict[str, int]
) -> list[Paragraph]:
    """The document block by block, the words of every finding marked. Nothing is left out."""
    return [
        Paragraph(
            origin=block.origin,
            boilerplate=block.boilerplate,
            runs=tuple(_runs(document.text, block.start, block.end, findings, severities)),
        )
        for block in document.blocks
        if block.text.strip()
    ]


def excerpt(found: Sequence[Paragraph], *, around: int = 2) -> list[Paragraph]:
    """The paragraphs with findings and `around` neighbours on each side."""
    marked = [n for n, paragraph in enumerate(found) if any(r.numbers for r in paragraph.runs)]
    kept = sorted({k for n in marked for k in range(n - around, n + around + 1)})
    inside = [k for k in kept if 0 <= k < len(found)]
    return [evolve(found[k], after_gap=k > 0 and k - 1 not in inside) for k in inside]


def snippet(text: str, marks: Sequence[tuple[int, int]], *, around: int = 60) -> tuple[Run, ...]:
    """The neighbourhood of the first marks, at most about four times `around` characters."""
    if not marks:
        return (Run(text=text[: around * 2]),)
    start = max(0, marks[0][0] - around)
    end = min(len(text), marks[0][1] + around * 3)
    runs: list[Run] = [Run(text="…")] if start else []
    position = start
    for mark_start, mark_end in marks:
        left, right = max(mark_start, position), min(mark_end, end)
        if left >= right:
            continue
        runs.extend((Run(text=text[position:left]), Run(text=text[left:right], numbers=(1,))))
        position = right
    runs.append(Run(text=text[position:end] + ("…" if end < len(text) else "")))
    return tuple(run for run in runs if run.text)


def _runs(
    text: str,
    start: int,
    end: int,
    findings: Sequence[Finding],
    severities: dict[str, int],
) -> list[Run]:
    inside = [
        (number, finding)
        for number, finding in enumerate(findings, start=1)
        if finding.start < end and finding.end > start
    ]
    cuts = {start, end}
    for _, finding in inside:
        cuts |= {max(start, finding.start), min(end, finding.end)}
    edges = sorted(cuts)
    return [_run(text, left, right, inside, severities) for left, right in pairwise(edges)]


def _run(
    text: str,
    left: int,
    right: int,
    inside: Sequence[tuple[int, Finding]],
    severities: dict[str, int],
) -> Run:
    over = [(n, f) for n, f in inside if f.start <= left and right <= f.end]
    return Run(
        text=text[left:right],
        start=left,
        numbers=tuple(n for n, _ in over),
        severity=max((severities.get(f.type, 1) for _, f in over), default=0),
        opens=tuple(n for n, f in over if f.start == left),
    )
