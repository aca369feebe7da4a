"""Disguised terms: undone with the way back, and ordinary text left alone."""

from __future__ import annotations

import gzip
import json
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import rulebook, voice
from classifiers.reading import Reader
from language.disguises import Disguises, of_terms
from language.normalise import Normalised, compact, normalise
from language.signs import UNREADABLE
from language.sounds import readings, spelled, syllables
from tools.ordinary_text import HELD

BOOK = rulebook.load()
DISGUISES = of_terms(Reader(BOOK, voice.load(BOOK.lexicon)).scanner.words)
REPOSITORY = Path(__file__).parents[2]
OWN = REPOSITORY / "classifiers/training/texts/lawful.jsonl"
CORPORA = REPOSITORY.parent / "shared/data"
MOST_CHANGED = 0.001
"""Of the characters of lawful text, how many may be changed."""


def view(text: str, disguises: Disguises = DISGUISES) -> Normalised:
    return disguises.view(disguises.laid_out(text))


WRITTEN = [
    ("根冶", "根治"),
    ("根志", "根治"),
    ("白电风", "白癜风"),
    ("永不腹发", "永不复发"),
    ("牛皮选", "牛皮癣"),
    ("氵台疗", "治疗"),
    ("水台疗", "治疗"),
    ("疒了效", "疗效"),
    ("gen治", "根治"),
    ("genzhi", "根治"),
    ("gen zhi", "根治"),
    ("gēn zhì", "根治"),
    ("治yu率", "治愈率"),
    ("永bff", "永不复发"),
    ("ybff", "永不复发"),
    ("根.冶", "根治"),
    ("根💉治", "根治"),
    ("治(zhì)疗", "治疗"),
    ("治（zhi）愈（yù）率", "治愈率"),
    ("種🦷", "种牙"),
    ("根\n治\n糖\n尿\n病", "根治糖尿病"),
    ("\u202e病尿糖治根\u202c", "根治糖尿病"),
    ("病尿糖治根底彻", "彻底根治糖尿病"),
]


@pytest.mark.parametrize(("written", "meant"), WRITTEN)
def test_a_disguise_is_undone_at_its_raw_place(written: str, meant: str) -> None:
    before, after = "本院郑重介绍：", "，欢迎来电。"
    if "\n" in written:
        before, after = before + "\n", "\n" + after
    text = before + written + after
    seen = view(text)
    place = seen.text.index(meant)
    start, end = seen.raw_span(place, place + len(meant))
    assert text[start:end] == written.strip("\u202e\u202c")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("治愈率❾❽%", "治愈率98%"),
        ("高达9八%", "高达98%"),
        ("承诺1OO%", "承诺100%"),
        ("九九%", "99%"),
    ],
)
def test_figures_become_digits(written: str, meant: str) -> None:
    assert view(written).text == meant


@pytest.mark.parametrize(
    "text",
    [
        "百分之九十八的患者",
        "第一，二楼门诊三诊室。",
        "请到CT室、MRI室检查，携带IC卡。",
        "网址 www.genzhi.test/zhiliao 供参考",
        "OK镜、LED灯、DNA检测、HPV疫苗",
        "男\n女\n是\n否\n无",
        "❶挂号 ❷候诊 ❸就诊",
        "病人应当遵从医生的安排，不要自行停药。",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert view(text).text == compact(text).text


def test_a_private_glyph_is_marked() -> None:
    assert view("保\ue012治愈").text == f"保{UNREADABLE}治愈"


lawful = st.sampled_from(
    [
        "门诊时间为八时至十七时。",
        "请携带医保卡就诊；",
        "Ａ座3层，电梯直达。",
        "\n",
        " ",
        "👨‍⚕️",
        "ct检查，",
    ]
)
pieces = st.sampled_from([written for written, _ in WRITTEN]) | lawful | st.characters()


@settings(deadline=None)
@given(st.lists(pieces, max_size=12).map("".join))
def test_every_character_comes_from_where_it_says(text: str) -> None:
    laid_out = DISGUISES.laid_out(text)
    assert len(laid_out) == len(text)
    seen = view(text)
    last = (0, 0)
    for place in range(len(seen.text)):
        start, end = span = seen.raw_span(place, place + 1)
        assert 0 <= start < end <= len(text)
        assert span == last or last[0] <= start
        assert last[1] <= end
        last = span


@settings(deadline=None)
@given(st.lists(pieces, max_size=8).map("".join), st.lists(lawful, max_size=4).map("".join))
def test_spans_of_text_kept_are_exact(text: str, plain: str) -> None:
    """Ordinary text after a disguise comes from characters that normalise to just that."""
    seen = view(text + "。" + plain)
    for place in range(len(seen.text)):
        start, end = seen.raw_span(place, place + 1)
        if start > len(text) and end - start == 1:
            assert seen.text[place] in normalise(seen.raw[start:end]).text


def changed(texts: list[str]) -> tuple[float, list[str]]:
    """The share of characters that a view changes, and some of the changes."""
    count, notes = 0, []
    for text in texts:
        before, after = compact(text).text, view(text).text
        if before == after:
            continue
        for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag != "equal":
                count += max(b - a, d - c)
                notes.append(f"{before[max(0, a - 3) : b + 3]} -> {after[c:d]}")
    return count / sum(map(len, texts)), notes


def test_own_lawful_text_stays() -> None:
    rows = map(json.loads, OWN.read_text(encoding="utf-8").splitlines())
    share, notes = changed([row["text"] for row in rows])
    assert share <= MOST_CHANGED, notes


@pytest.mark.parametrize("name", ["corpus_lawful_medical", "corpus_general"])
def test_real_lawful_text_stays(name: str) -> None:
    path = CORPORA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no {path.name} beside the repository")
    with gzip.open(path, "rb") as lines:
        rows = (json.loads(line) for line in lines)
        texts = list(islice((r["text"] for r in rows if r["id"][-1] in HELD), 3000))
    share, notes = changed(texts)
    assert share <= MOST_CHANGED, notes


@pytest.mark.parametrize(
    "seed", ["根", "a", "gen", "氵台", "1", "(", "根\n", "\u202e根", "治(zhi)"]
)
@pytest.mark.timeout(60)
def test_no_text_takes_quadratic_time(seed: str) -> None:
    view(seed * (100_000 // len(seed)))


def test_the_standards_order_gives_the_readings() -> None:
    sounds = readings()
    assert [sounds[c] for c in "治疗根愈癌癜女绿略"] == [
        "zhi", "liao", "gen", "yu", "ai", "dian", "nv", "lv", "lve",
    ]  # fmt: skip
    assert len(sounds) > 3755
    assert {"zhuang", "lv", "e", "er"} <= syllables()


def test_runs_of_letters_are_spelled() -> None:
    assert spelled("fangan") == [("fang", 0, 4), ("an", 4, 6)]
    assert spelled("hospital") is None
    assert spelled("ba" * 10_000) is None
