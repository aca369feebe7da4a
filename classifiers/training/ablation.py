"""What rules, model and both together are worth, on texts that the weights never saw.

Of the marked passages only those of the development sites are judged, of our own texts and of the
lawful corpora only the held-out part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from pathlib import Path

import attrs
from attrs import frozen

from classifiers import policy
from classifiers.judge import Judge
from classifiers.policy import ModelUse, Threshold
from classifiers.rulebook import Rulebook
from classifiers.training import examples
from classifiers.training.examples import HELD, Sources
from domain.findings import Verdict
from language.segments import Segment, segments

DAY = datetime(2026, 1, 1, tzinfo=UTC)
LAWFUL_RECORDS = 4000

_SILENT = ModelUse(open_from=1, doubt=Threshold(review=0, clue=0), named=0, thresholds={})


@frozen(kw_only=True)
class Score:
    """How one reader did on one set. `clues` is how many texts of 1,000 became a clue."""

    reader: str
    texts: str
    n: int
    precision: float
    recall: float
    f1: float
    clues: float


def ablation(sources: Sources, sites: Set[str], rulebook: Rulebook) -> tuple[Score, ...]:
    """All readers on all sets; `sites` are those of the marked passages that no model has seen."""
    judges = readers(rulebook)
    scores = list(_held(sources, judges))
    if sources.corpora is not None:
        scores += _passages(sources.corpora, sites, judges)
        scores += _lawful(sources.corpora, judges)
    return tuple(scores)


def readers(rulebook: Rulebook) -> dict[str, Judge]:
    """The judge with the rules alone, with the models alone, with all of it."""
    whole = policy.load()
    bare = {slug: attrs.evolve(rule, patterns=()) for slug, rule in rulebook.rules.items()}
    return {
        "rules": Judge(rulebook, attrs.evolve(whole, model=_SILENT)),
        "models": Judge(attrs.evolve(rulebook, rules=bare), whole),
        "cascade": Judge(rulebook, whole),
    }


def _passages(corpora: Path, sites: Set[str], judges: Mapping[str, Judge]) -> Iterator[Score]:
    """Sentence by sentence: marked by a person, found by the judge."""
    marked = [passage for passage in examples.passages(corpora) if passage.source in sites]
    for name, judge in judges.items():
        pairs = [
            (_touched(cut, p.spans), _touched(cut, found))
            for p in marked
            for found in [clues(judge, p.text)]
            for cut in segments(p.text)
        ]
        yield _score(name, "marked passages of unseen sites", pairs)


def held_rows(sources: Sources) -> Iterator[tuple[str, bool]]:
    """The held-out texts of our own, and whether they violate."""
    for path in sorted(sources.own.glob("*.jsonl")):
        for row in examples.rows(path):
            if row["split"] == HELD:
                yield row["text"], bool(row.get("types"))


def _held(sources: Sources, judges: Mapping[str, Judge]) -> Iterator[Score]:
    rows = list(held_rows(sources))
    for name, judge in judges.items():
        pairs = [(violates, bool(clues(judge, text))) for text, violates in rows]
        yield _score(name, "own texts held out", pairs)


def _lawful(corpora: Path, judges: Mapping[str, Judge]) -> Iterator[Score]:
    for stem, texts in examples.held_lawful(corpora, LAWFUL_RECORDS).items():
        for name, judge in judges.items():
            yield _score(name, f"{stem} held out", [(False, bool(clues(judge, t))) for t in texts])


def clues(judge: Judge, text: str) -> list[tuple[int, int, str]]:
    """The findings in a text that are good for a clue."""
    return [
        (f.start, f.end, f.type)
        for f in judge.judge_text(text, captured_at=DAY).findings
        if judge.policy.grade(f.type, f.score) is Verdict.CLUE
    ]


def _touched(cut: Segment, spans: Iterable[tuple[int, int, str]]) -> bool:
    return any(start < cut.end and cut.start < end for start, end, _ in spans)


def _score(reader: str, texts: str, pairs: Sequence[tuple[bool, bool]]) -> Score:
    found = sum(got for _, got in pairs)
    right = sum(want and got for want, got in pairs)
    wanted = sum(want for want, _ in pairs)
    precision = right / found if found else 0.0
    recall = right / wanted if wanted else 0.0
    total = precision + recall
    return Score(
        reader=reader,
        texts=texts,
        n=len(pairs),
        precision=round(precision, 4),
        recall=round(recall, 4),
        f1=round(2 * precision * recall / total, 4) if total else 0.0,
        clues=round(1000 * found / len(pairs), 2) if pairs else 0.0,
    )
