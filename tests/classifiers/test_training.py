"""Training: the same bytes for the same seed, sites kept together, thresholds written."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import numpy as np
import pytest

pytest.importorskip("scipy", reason="训练需要可选依赖 train")

from classifiers import policy
from classifiers.model import VIOLATES
from classifiers.model.linear import load
from classifiers.model.opinion import likely
from classifiers.rulebook import load as load_rulebook
from classifiers.scan import Piece
from classifiers.training import thresholds
from classifiers.training.examples import Example, Sources, development, gather, heads
from classifiers.training.linear import Settings, TrainingReport, train

HEADS = (VIOLATES, "efficacy_guarantee")

CLAIMS = ("一个疗程彻底根治{}", "{}永不复发", "本院治{}从不失手", "{}患者在这里告别病痛")
PLAIN = ("{}的门诊时间为上午", "{}患者请带好病历", "{}的病因有很多种", "{}护理请遵医嘱")
THINGS = ("鼻炎", "湿疹", "痛风", "胃病", "脱发", "耳鸣", "牙周炎", "颈椎病")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    rows = [
        {
            "id": f"{number}-{place}",
            "text": form.format(thing),
            "types": ["efficacy_guarantee"] if form in CLAIMS else [],
            "quote": form.format(thing)[:6],
            "split": "held" if thing == THINGS[-1] else "dev",
        }
        for number, thing in enumerate(THINGS)
        for place, form in enumerate((*CLAIMS, *PLAIN))
    ]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "texts.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def _train(own: Path, name: str) -> TrainingReport:
    examples = [example for example in gather(Sources(own=own)) if not example.held]
    return train(
        examples,
        HEADS,
        development(examples, 3),
        settings=Settings(penalty=0.01, seen=1),
        target=own / name,
    )


def test_the_same_seed_gives_the_same_bytes_and_learns(own: Path) -> None:
    first, second = _train(own, "a.npz"), _train(own, "b.npz")
    assert (own / "a.npz").read_bytes() == (own / "b.npz").read_bytes()
    assert first.digest == second.digest
    model = load(own / "a.npz")
    column = model.head(VIOLATES)
    for form in (*CLAIMS, *PLAIN):
        text = form.format(THINGS[-1])
        (logit,) = model.logits(text, [Piece(start=0, end=len(text))])[:, column]
        assert (logit > 0) == (form in CLAIMS), (text, logit)


def test_development_examples_only_calibrate(own: Path) -> None:
    examples = [example for example in gather(Sources(own=own)) if not example.held]
    unseen = development(examples, 3)
    assert 0 < unseen.sum() < len(examples) / 2
    assert len(_train(own, "a.npz").unseen) == unseen.sum()
    wrong = [
        attrs.evolve(e, violates=not e.violates) if out else e
        for e, out in zip(examples, unseen, strict=True)
    ]
    for name, taught in (("a.npz", examples), ("b.npz", wrong)):
        train(taught, HEADS, unseen, settings=Settings(penalty=0.01, seen=1), target=own / name)
    assert (load(own / "a.npz").weights == load(own / "b.npz").weights).all()


def test_a_site_is_never_on_both_sides() -> None:
    examples = [
        Example(text=f"句子{n}", types=frozenset(), violates=False, source=f"site/{n % 9}", kind="")
        for n in range(90)
    ]
    unseen = development(examples, 5)
    assert unseen.any()
    for site in {e.source for e in examples}:
        sides = {bool(u) for u, e in zip(unseen, examples, strict=True) if e.source == site}
        assert len(sides) == 1
    assert (unseen == development(examples, 5)).all()


def test_rare_types_are_left_to_the_rules(own: Path) -> None:
    examples = list(gather(Sources(own=own)))
    assert heads(examples, load_rulebook()) == HEADS
    assert heads(examples[:5], load_rulebook()) == (VIOLATES,)


def test_a_text_of_many_sentences_is_marked_where_its_quote_stands(tmp_path: Path) -> None:
    row = {
        "text": "门诊周一至周五开放。本院根治鼻炎。",
        "types": ["efficacy_guarantee"],
        "quote": "根治鼻炎",
        "split": "dev",
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    (example,) = gather(Sources(own=tmp_path))
    assert example.text == "本院根治鼻炎。"
    assert example.types == {"efficacy_guarantee"}


def test_our_own_texts_have_both_sides_and_exact_quotes() -> None:
    examples = gather(Sources())
    assert {e.violates for e in examples} == {True, False}
    for path in Sources().own.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert row.get("quote", "") in row["text"]


def test_thresholds_are_written_in_place(tmp_path: Path, own: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_bytes(policy.SHIPPED.read_bytes())
    examples = [example for example in gather(Sources(own=own)) if not example.held]
    seen = [e for e, out in zip(examples, development(examples, 3), strict=True) if out]
    chosen = thresholds.choose(seen, HEADS, likely(_train(own, "a.npz").unseen), load_rulebook())
    thresholds.write(chosen, path)
    assert dict(policy.load(path).model.thresholds) == chosen
    thresholds.write(chosen, path)
    assert policy.load(path).thresholds == policy.load().thresholds


def test_a_threshold_holds_the_precision_it_was_chosen_for() -> None:
    strength = np.linspace(0, 1, 400)
    judged = thresholds.Judged(
        strength=strength,
        violates=strength + np.sin(np.arange(400)) * 0.2 > 0.6,
        weight=np.ones(400),
    )
    lowest = judged.lowest(0.9)
    assert lowest is not None
    assert judged.violates[strength >= lowest].mean() >= 0.9
    assert judged.lowest(1.01) is None
