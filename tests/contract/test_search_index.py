"""What every search backend must do, alike: words, and what is written."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import PermanentError
from domain.ports import SearchIndex
from domain.queries import (
    Equals,
    Everything,
    Near,
    Text,
)
from indexer.backends.embedded import EmbeddedIndex
from language.normalise import normalise
from language.tokens import segmenter
from tests.contract.indexes import NOON, TEXTS, Make, document, found
from tests.contract.oracle import expect


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("本院承诺根治顽疾", "根治"),
        ("本院承诺根治顽疾", "诺根"),
        ("本院承诺根治顽疾", "本院承诺根治顽疾"),
        ("本院承诺根治顽疾", "根治頑疾"),
        ("包治百病，無效退款", "无效退款"),
        ("ＡＢＣ医疗 Abc-123", "abc"),
        ("ＡＢＣ医疗 Abc-123", "C医"),
        ("ＡＢＣ医疗 Abc-123", "c-1"),
        ("电话４００－０００－０１２３", "00-0123"),
        ("一行\n二行", "行\n二"),
        ("词 语", "词 语"),
        ("末尾两字", "两字"),
        ("𠮷野家", "𠮷野"),
        ("*?~:(\\", "?~"),
        ("100%有效", "0%有"),
        ("根.治 糖★尿★病", "根治"),
        ("根.治 糖★尿★病", "根治糖尿病"),
        ("根.治 糖★尿★病", "根.治"),
        ("永\u200b不 復 发", "永不复发"),
    ],
)
def test_substring_is_found(index: SearchIndex, text: str, sought: str) -> None:
    index.add([document("yes", text), document("no", "毫不相干的文字")])
    assert found(index, Text(words=sought)) == ["yes"]


@pytest.mark.parametrize("sought", ["根 治", "治根", "根治愈", "顽 疾", "", " ", "\u200b", "。。"])
def test_what_is_not_there_is_not_found(index: SearchIndex, sought: str) -> None:
    index.add([document("a", "本院承诺根治顽疾。"), document("b", "根本治疗")])
    assert found(index, Text(words=sought)) == []


def test_one_character_is_a_word(index: SearchIndex) -> None:
    index.add([document("word", "吃 药 了"), document("part", "药物过敏")])
    assert found(index, Text(words="药")) == ["word"]


def test_a_title_is_found_and_raises_a_hit(index: SearchIndex) -> None:
    index.add(
        [
            document("plain", "糖尿病的饮食"),
            document("titled", "糖尿病的饮食", title="糖尿病"),
            document("only", "别的内容", title="糖尿病"),
        ]
    )
    first, *others = found(index, Text(words="糖尿病"))
    assert (first, set(others)) == ("titled", {"only", "plain"})
    near = Near(left="糖尿", right="尿病", distance=0)
    assert set(found(index, near)) == {"titled", "plain"}


@pytest.mark.parametrize("sought", ["根治", "根.治", "治顽", "药"])
def test_a_title_is_found_like_a_text(index: SearchIndex, sought: str) -> None:
    index.add([document("yes", title="根.治 頑疾 药"), document("no", title="别的")])
    assert found(index, Text(words=sought)) == ["yes"]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(corpus=st.lists(TEXTS, min_size=1, max_size=6), data=st.data())
def test_same_as_a_plain_scan(shared: SearchIndex, corpus: list[str], data: st.DataObject) -> None:
    tag = secrets.token_hex(8)
    documents = [document(f"{tag}-{n}", text, source=tag) for n, text in enumerate(corpus)]
    shared.add(documents)
    whole = normalise(data.draw(st.sampled_from(corpus))).text
    for _ in range(3):
        start = data.draw(st.integers(0, len(whole)))
        sought = whole[start : start + data.draw(st.integers(2, 8))]
        expect(shared, documents, Text(words=sought), tag)


def test_replacing_deleting_and_clearing(index: SearchIndex) -> None:
    index.add([document("a", "旧的内容"), document("b", "根治"), document("a", "新的内容")])
    assert index.count() == 2
    assert found(index, Text(words="旧的")) == []
    assert found(index, Text(words="新的")) == ["a"]
    index.add([document("a", "更新内容")])
    index.delete(["b", "unknown"])
    assert (index.count(), found(index, Everything())) == (1, ["a"])
    index.rebuild([])
    assert (index.count(), found(index, Everything())) == (0, [])
    index.add([document("c", "根治")])
    assert found(index, Text(words="根治")) == ["c"]


def test_readers_see_what_a_writer_added(index: SearchIndex, opened: Make) -> None:
    reader = opened()
    assert reader.count() == 0
    index.add([document("a", "根治")])
    assert found(reader, Text(words="根治")) == ["a"]
    opened().add([document("b", "根治")])
    assert sorted(found(index, Text(words="根治"))) == ["a", "b"]


def test_creating_again_keeps_everything(index: SearchIndex, opened: Make) -> None:
    index.add([document("a", "根治")])
    opened().ensure()
    assert opened().count() == 1


def test_odd_text_can_be_stored(index: SearchIndex) -> None:
    odd = "".join(map(chr, (0, 1, 0xFDD0, 0xFFFF, 0xD800, 0x1F468, 0x200D))) + "词" * 5000
    index.add([document("odd", odd), document("empty", ""), document("long", "x" * 40_000)])
    assert found(index, Text(words="👨词")) == ["odd"]
    assert index.count() == 3


def test_a_document_that_moves_to_another_month_is_there_once(index: SearchIndex) -> None:
    index.add([document("a", "根治")])
    index.add([document("a", "根治", captured_at=NOON + timedelta(days=40))])
    assert index.count() == 1
    assert found(index, Equals(field="month", value="2026-04")) == ["a"]
    index.delete(["a"])
    assert index.count() == 0


def test_months_age_out(index: SearchIndex) -> None:
    index.add([document("old", captured_at=NOON - timedelta(days=40)), document("new")])
    index.drop_before("2026-03")
    assert found(index, Everything()) == ["new"]
    index.drop_before("2026-03")
    with pytest.raises(PermanentError, match="月份"):
        index.drop_before("三月")
    assert index.count() == 1


def test_nothing_to_do_is_fine(index: SearchIndex) -> None:
    index.add([])
    index.delete([])
    assert index.count() == 0


# Failing readably (each backend's own)


def test_a_broken_folder_says_what_to_do(tmp_path: Path) -> None:
    EmbeddedIndex(tmp_path, segmenter()).ensure()
    next(tmp_path.glob("*/meta.json")).write_text("{")
    with pytest.raises(PermanentError, match="index rebuild"):
        EmbeddedIndex(tmp_path, segmenter()).count()
