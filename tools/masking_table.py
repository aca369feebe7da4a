"""How well private persons are masked in sentences of our own: the table of docs/privacy.md.

    python -m tools.masking_table

The sentences of the groups `held` were written before the last repairs and never looked at: they
tell how the rules do on words that they were not made for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import frozen

from documents.masking import STAR, mask

SENTENCES = Path(__file__).parents[1] / "tests" / "documents" / "private_sentences.txt"
KINDS = {"n": "names", "i": "identity numbers", "p": "private telephones", "r": "patient numbers"}
_MARK = re.compile(r"\{(?P<kind>[nipr]):(?P<words>[^}]+)\}")


@frozen(kw_only=True)
class Sentence:
    """One written sentence; `private` are (kind, start, end) of what must not be read."""

    group: str
    text: str
    private: tuple[tuple[str, int, int], ...]

    @property
    def is_held(self) -> bool:
        """Whether no rule was ever changed because of it."""
        return self.group.startswith("held")


@frozen(kw_only=True)
class Score:
    """Private places wholly masked, and runs of stars that lie where nothing is private."""

    sentences: int
    found: dict[str, int]
    wanted: dict[str, int]
    runs: int
    wrong: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def recall(self) -> float:
        """The share of private places that are masked to the last character."""
        return sum(self.found.values()) / sum(self.wanted.values())

    @property
    def precision(self) -> float:
        """The share of masked runs that hold nothing but what is private."""
        return 1 - len(self.wrong) / self.runs


def sentences(path: Path = SENTENCES) -> list[Sentence]:
    """The written set in order."""
    found, group = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            group = line[3:]
        elif line and not line.startswith("#"):
            found.append(_sentence(group, line))
    return found


def _sentence(group: str, line: str) -> Sentence:
    text, private, end = "", [], 0
    for match in _MARK.finditer(line):
        text += line[end : match.start()]
        private.append((match["kind"], len(text), len(text) + len(match["words"])))
        text += match["words"]
        end = match.end()
    return Sentence(group=group, text=text + line[end:], private=tuple(private))


def measure(chosen: Iterable[Sentence]) -> Score:
    """Mask every sentence and compare."""
    found, wanted = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    wrong, missed, runs, count = [], [], 0, 0
    for one in chosen:
        count += 1
        shown = mask(one.text)
        for kind, start, end in one.private:
            wanted[kind] += 1
            found[kind] += _is_hidden(one.text, shown, start, end)
        if not all(_is_hidden(one.text, shown, start, end) for _, start, end in one.private):
            missed.append(f"{one.text} → {shown}")
        for run in re.finditer(re.escape(STAR) + "+", shown):
            runs += 1
            if not any(start <= run.start() and run.end() <= end for _, start, end in one.private):
                wrong.append(f"{one.text} → {shown}")
    return Score(
        sentences=count,
        found=found,
        wanted=wanted,
        runs=runs,
        wrong=tuple(wrong),
        missed=tuple(missed),
    )


def _is_hidden(text: str, shown: str, start: int, end: int) -> bool:
    pairs = zip(text[start:end], shown[start:end], strict=True)
    return all(after == STAR or before in " -" for before, after in pairs)


def table(written: Sequence[Sentence]) -> str:
    """The scores of both parts as a Markdown table."""
    halves = [measure(one for one in written if one.is_held is held) for held in (False, True)]
    lines = ["| | seen by the rules' writer | held back |", "|---|---|---|"]
    for kind, name in KINDS.items():
        cells = [f"{half.found[kind]}/{half.wanted[kind]}" for half in halves]
        lines.append(f"| {name} masked | {' | '.join(cells)} |")
    for name in ("recall", "precision"):
        cells = [f"{getattr(half, name):.3f}" for half in halves]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append(f"| sentences | {' | '.join(str(half.sentences) for half in halves)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    print(table(sentences()))


if __name__ == "__main__":
    main()
