"""Evaluation of labelled rows: figures, intervals, errors with their line."""

from __future__ import annotations

import json

import pytest

from classifiers.evaluation import Row, evaluate, predict, read_rows
from classifiers.judge import Judge
from classifiers.rulebook import load
from domain.errors import ConfigError

JUDGE = Judge(load())
ROWS = [
    Row(text="签约治疗，无效退款。", label="violation", types=("efficacy_guarantee",)),
    Row(text="本院治愈率高达98%。", label="violation", types=("cure_rate",)),
    Row(text="本院位于幸福路。", label="violation", types=("cure_rate",)),
    Row(text="门诊时间为每日八时至十七时。", label="lawful", id="n1"),
]


def test_the_figures_of_a_small_set() -> None:
    predictions = predict(ROWS, JUDGE)
    assert [p.positive for p in predictions] == [True, True, False, False]
    assert predictions[3].id == "n1"
    start, end = predictions[0].spans[0]
    assert ROWS[0].text[start:end]
    report = evaluate(ROWS, predictions, seconds=2.0)
    assert (report.n, report.precision, report.recall, report.f1) == (4, 1.0, 0.6667, 0.8)
    assert report.per_type["cure_rate"].n == 2
    assert report.per_type["cure_rate"].recall == 0.5
    low, high = report.per_type["cure_rate"].ci
    assert 0 <= low <= 0.5 <= high <= 1
    assert report.segments_per_second == 2.0


def test_the_same_seed_gives_the_same_intervals() -> None:
    predictions = predict(ROWS, JUDGE)
    one, two = (evaluate(ROWS, predictions, seconds=1.0, seed=7) for _ in range(2))
    assert one == two


def test_nothing_to_measure_is_not_an_error() -> None:
    report = evaluate([], [], seconds=0.0)
    assert (report.n, report.precision, report.recall) == (0, 0.0, 0.0)


def test_rows_are_read_and_blank_lines_skipped() -> None:
    line = json.dumps({"text": "甲", "label": "lawful", "types": []}, ensure_ascii=False)
    assert list(read_rows([line, "", line], name="x.jsonl")) == [Row(text="甲", label="lawful")] * 2


@pytest.mark.parametrize(
    "line", ['{"text": "甲"}', '{"text": "甲", "label": "maybe"}', "no json", '{"txt": 1}']
)
def test_a_wrong_row_names_its_line(line: str) -> None:
    with pytest.raises(ConfigError, match=r"x\.jsonl:2"):
        list(read_rows(['{"text": "甲", "label": "lawful"}', line], name="x.jsonl"))
