"""Disguises for measuring: seeded, of eight kinds, and only as strong as they say."""

from __future__ import annotations

import pytest

from classifiers.evaluation import Row, recall_under
from classifiers.judge import Judge
from classifiers.perturbations import NAMES, perturbed
from classifiers.rulebook import load

TEXT = "本院采用微创技术，彻底根治白癜风，签约治疗，无效退款。"


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_one_text_and_others_give_others(name: str) -> None:
    one, again = (perturbed(TEXT, name, 3) for _ in range(2))
    assert one == again != TEXT
    if name != "繁体":
        assert len({perturbed(TEXT, name, seed) for seed in range(8)}) > 1


def test_each_is_of_its_kind() -> None:
    assert perturbed("根治", "首字母", 0) == "gz"
    assert perturbed("根治", "繁体", 0) == "根治"
    assert perturbed("醫療廣告", "谐音", 0) != ""
    assert set(perturbed("根治", "拼音", 0)) & set("genzhi")
    assert perturbed("治疗", "拆字", 0) in ("水台疗", "治病了")
    assert len(perturbed("根治", "分隔符", 0)) == 3


def test_recall_is_of_the_violating_rows() -> None:
    judge = Judge(load())
    rows = [
        Row(text="签约治疗，无效退款。", label="violation"),
        Row(text="门诊时间为每日八时至十七时。", label="lawful"),
    ]
    assert recall_under(rows, judge, lambda text: text) == 1.0
    assert recall_under(rows, judge, lambda _: "门诊") == 0.0
    assert recall_under(rows, judge, lambda text: text.replace("退款", "tui款")) == 1.0
