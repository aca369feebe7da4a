"""The shipped rulebook as a population: every rule loads, is locked, and its examples hold."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from classifiers.examples import failures
from classifiers.judge import Judge
from classifiers.rulebook import Rulebook, load
from classifiers.rulebook.loading import SHIPPED
from classifiers.rulebook.lock import differences, read_lock, write_lock
from classifiers.rulebook.schema import MIN_EXAMPLES
from domain.errors import ConfigError

RULEBOOK = load()
JUDGE = Judge(RULEBOOK)
FIRST = [
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
]
SLUGS = list(RULEBOOK.rules)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A rulebook of our own to break."""
    target = tmp_path / "rulebook"
    shutil.copytree(SHIPPED, target, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return target


def test_the_first_twelve_types_are_there_in_order() -> None:
    assert SLUGS[: len(FIRST)] == FIRST
    assert len(RULEBOOK.active) == len(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_examples_come_out_as_written(slug: str) -> None:
    rule = RULEBOOK.rules[slug]
    assert len(rule.matching) >= MIN_EXAMPLES
    assert len(rule.clear) >= MIN_EXAMPLES
    assert list(failures(JUDGE, rule)) == []


@pytest.mark.parametrize("slug", SLUGS)
def test_a_capture_of_today_always_has_an_article(slug: str) -> None:
    rule = RULEBOOK.rules[slug]
    assert rule.articles_on(date(2026, 1, 1))
    assert rule.penalty
    assert rule.lead
    assert rule.lead not in rule.copies


def test_the_lock_is_up_to_date() -> None:
    assert differences(RULEBOOK, read_lock()) == []


def test_a_changed_rule_needs_a_new_version(copy: Path) -> None:
    path = copy / "cure_rate.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("severity: 3", "severity: 4"), encoding="utf-8")
    changed = differences(load(copy), read_lock(copy))
    assert [d.slug for d in changed] == ["cure_rate"]
    assert "version" in changed[0].problem
    with pytest.raises(ConfigError, match="cure_rate"):
        write_lock(load(copy), copy)
    bumped = path.read_text(encoding="utf-8").replace(
        f"version: {RULEBOOK.rules['cure_rate'].version}",
        f"version: {RULEBOOK.rules['cure_rate'].version + 1}",
    )
    path.write_text(bumped, encoding="utf-8")
    assert "上锁" in differences(load(copy), read_lock(copy))[0].problem
    write_lock(load(copy), copy)
    assert differences(load(copy), read_lock(copy)) == []


def test_removed_and_new_rules_are_noticed(copy: Path) -> None:
    (copy / "cure_rate.yml").unlink()
    assert [d.slug for d in differences(load(copy), read_lock(copy))] == ["cure_rate"]
    (copy / "rulebook.lock").unlink()
    assert len(differences(load(copy), read_lock(copy))) == len(SLUGS) - 1


def test_a_damaged_lock_is_an_error(copy: Path) -> None:
    (copy / "rulebook.lock").write_text('{"cure_rate": 3}', encoding="utf-8")
    with pytest.raises(ConfigError, match="锁文件"):
        read_lock(copy)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("order: 2", "order: 2\norder: 3", r"cure_rate\.yml:5: .*order.*重复"),
        ("family: advertising", "family: adverts", r"cure_rate\.yml:6: family"),
        ("penalty:", "surprise: 1\npenalty:", r"cure_rate\.yml:17: surprise"),
        ("id: cure_rate\n", "id: other\n", "与文件名不同"),
        ("order: 2", "order: 1", "order 相同"),
        ('article: "58"', 'article: "580"', "没有 advertising_law"),
        ("{rate}~10{high_percent}", "{rates}~10{high_percent}", "没有名为“rates”的词类"),
        ("{rate}~10{high_percent}", "{high_percent}", "必须有一个词"),
        ("version: ", "version: {", r"cure_rate\.yml:\d+: 不是合法的 YAML"),
        ("  - id: share", "  - id: rate", "id 相同"),
    ],
)
def test_errors_name_the_file_and_line(copy: Path, old: str, new: str, message: str) -> None:
    path = copy / "cure_rate.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load(copy)


def test_classes_may_not_contain_themselves(copy: Path) -> None:
    _classes(copy, words="  one: ['{two}']\n  two: ['{one}']\n")
    with pytest.raises(ConfigError, match="包含了自己"):
        load(copy)


def test_shapes_may_not_repeat_without_bound(copy: Path) -> None:
    _classes(copy, shapes="  number: '[0-9]+'\n")
    with pytest.raises(ConfigError, match="无界重复"):
        load(copy)


def test_the_version_of_the_rulebook_follows_its_classes(copy: Path) -> None:
    before = load(copy).version
    assert before == RULEBOOK.version
    path = copy / "classes.yml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# touched\n", encoding="utf-8")
    assert load(copy).version != before


def test_laws_with_impossible_periods_are_refused(copy: Path) -> None:
    path = copy / "laws.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("until: 2015-09-01", "until: 1990-09-01", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"laws\.yml:\d+: .*until"):
        load(copy)


def test_loading_twice_gives_the_same_rulebook() -> None:
    again: Rulebook = load()
    assert again.version == RULEBOOK.version
    assert {s: r.digest for s, r in again.rules.items()} == {
        s: r.digest for s, r in RULEBOOK.rules.items()
    }


def _classes(
    directory: Path, *, words: str = "  one: [甲]\n", shapes: str = "  n: '[0-9]'\n"
) -> None:
    text = f"words:\n{words}shapes:\n{shapes}"
    (directory / "classes.yml").write_text(text, encoding="utf-8")
