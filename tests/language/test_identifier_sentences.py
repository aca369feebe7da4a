"""How well identifiers are read in sentences of our own, broken and near-miss ones among them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from language.identifiers import identifiers

SENTENCES = Path(__file__).with_name("identifier_sentences.jsonl")
LEAST_F1 = 0.98

Reading = Counter[tuple[str, str, bool | None]]


def test_the_written_set_is_read() -> None:
    right = wrong = missed = count = 0
    notes: list[str] = []
    for line in SENTENCES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        count += 1
        expected: Reading = Counter(
            (one["kind"], one["value"], one["valid"]) for one in row["identifiers"]
        )
        found: Reading = Counter(
            (one.kind.value, one.value, one.valid) for one in identifiers(row["text"])
        )
        right += (expected & found).total()
        wrong += (found - expected).total()
        missed += (expected - found).total()
        if expected != found:
            notes.append(f"{row['text']}: {list(expected - found)} -> {list(found - expected)}")
    f1 = 2 * right / (2 * right + wrong + missed)
    assert count >= 150
    assert f1 >= LEAST_F1, f"F1 {f1:.3f} of {count} sentences\n" + "\n".join(notes)
