"""What changed between two versions of a text, paragraph by paragraph."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum

from attrs import frozen


class ChangeKind(StrEnum):
    """What became of a paragraph."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"


@frozen(kw_only=True)
class Change:
    """One paragraph of either version; `left_out` > 0: so many unchanged ones stood here."""

    kind: ChangeKind
    text: str = ""
    left_out: int = 0


def changes(old: str, new: str, *, around: int = 2) -> list[Change]:
    """The paragraphs in which two texts differ, with `around` unchanged ones on each side."""
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    found: list[Change] = []
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            found.extend(_kept(before[a_from:a_to], around, at_start=a_from == 0))
            continue
        found.extend(Change(kind=ChangeKind.REMOVED, text=t) for t in before[a_from:a_to])
        found.extend(Change(kind=ChangeKind.ADDED, text=t) for t in after[b_from:b_to])
    return found


def _kept(lines: list[str], around: int, *, at_start: bool) -> Iterator[Change]:
    head = [] if at_start else lines[:around]
    tail = lines[max(len(head), len(lines) - around) :]
    left_out = len(lines) - len(head) - len(tail)
    yield from (Change(kind=ChangeKind.KEPT, text=text) for text in head)
    if left_out:
        yield Change(kind=ChangeKind.KEPT, left_out=left_out)
    yield from (Change(kind=ChangeKind.KEPT, text=text) for text in tail)
