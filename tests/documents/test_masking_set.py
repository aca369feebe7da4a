"""How well private persons are masked in the written set; `python -m tools.masking_table` shows
the table."""

from __future__ import annotations

from tools.masking_table import KINDS, measure, sentences


def test_the_written_set_is_large_and_holds_both_sides() -> None:
    written = sentences()
    assert len(written) >= 400
    assert sum(not one.private for one in written) >= 150
    assert {kind for one in written for kind, _, _ in one.private} == set(KINDS)
    assert sum(one.is_held for one in written) >= 60


def test_private_persons_are_masked_and_the_business_stays() -> None:
    score = measure(one for one in sentences() if not one.is_held)
    assert score.recall >= 0.94, "\n".join(score.missed)
    assert score.precision >= 0.98, "\n".join(score.wrong)


def test_the_rules_hold_on_sentences_they_were_not_made_for() -> None:
    score = measure(one for one in sentences() if one.is_held)
    assert score.recall >= 0.8, f"{score.recall:.3f}"
    assert score.precision >= 0.93, f"{score.precision:.3f}"
