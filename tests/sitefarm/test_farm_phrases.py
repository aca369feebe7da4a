"""The farm's words: enough of them, well formed, and apart from a rulebook's."""

from __future__ import annotations

from collections import Counter

import pytest

from sitefarm.dice import Dice
from sitefarm.phrases import Template, load, overlap

TWELVE = {
    "efficacy_guarantee",
    "cure_rate",
    "comparison",
    "patient_testimonial",
    "expert_endorsement",
    "false_qualification",
    "absolute_term",
    "prohibited_drug",
    "price_fraud",
    "beauty_salon_medical",
    "unlicensed_practice",
    "disguised",
}
_FACTS = {"hospital": ("某院",), "phone": ("1",), "address": ("某路",), "wechat": ("w",)}


def _all() -> list[tuple[tuple[str, str], Template]]:
    return [(key, t) for key, group in load().templates.items() for t in group]


def test_each_type_has_many_templates_and_nothing_else_is_a_type() -> None:
    counts = Counter(key[0] for key, template in _all() if template.slugs)
    assert set(counts) == TWELVE
    assert min(counts.values()) >= 25
    assert {slug for _, t in _all() for slug in t.slugs} == TWELVE


def test_there_are_many_distinct_hard_negatives() -> None:
    assert len({t.text for _, t in _all() if t.why is not None}) >= 150


def test_no_template_is_written_twice() -> None:
    repeated = [text for text, n in Counter(t.text for _, t in _all()).items() if n > 1]
    assert [t for t in repeated if len(t) > 20] == []


@pytest.mark.parametrize("specialty", sorted(load().diseases))
def test_every_template_fills_and_can_be_written_in_gbk(specialty: str) -> None:
    bank = load()
    facts = {**bank.diseases[specialty][0], **_FACTS}
    for key, template in _all():
        text = bank.fill(template.text, Dice("fill", template.text), facts)
        assert "{" not in text
        text.encode("gb18030").decode("gb18030")
        assert key[0] == "titles" or text[-1] in "。”", text


def test_two_uses_of_one_slot_differ() -> None:
    bank = load()
    for attempt in range(50):
        dice = Dice("twice", str(attempt))
        first, second = bank.fill("{a}/{a}", dice, {"a": ("x", "y")}).split("/")
        assert first != second


def test_an_unknown_slot_is_an_error() -> None:
    with pytest.raises(KeyError):
        load().fill("{nobody_knows}", Dice("x"), {})


def test_overlap_counts_literals_and_copied_parts() -> None:
    nothing = overlap(["绝无此语绝无此语"])
    assert nothing.literal_share == 0
    assert nothing.copied_share == 0
    everything = overlap(["。", "："], examples=[t.text for _, t in _all()])
    assert everything.literal_share > 0.9
    assert everything.copied_share == 1
    one = overlap(["往后不会再犯"], examples=["往后不会再犯，我保证"])
    assert one.containing == 1
    assert one.copied == ("一次就能治好，往后不会再犯",) or one.identical == 0
