"""Who speaks: read from what a whole page shows, and what that does to the rules' patterns."""

from __future__ import annotations

from collections import defaultdict

import pytest

from classifiers import voice
from classifiers.reading import Reader, Sentence
from classifiers.rulebook import Pattern, load
from classifiers.scan import Piece
from classifiers.voice import Voice

RULEBOOK = load()
MODEL = voice.load(RULEBOOK.lexicon)
READER = Reader(RULEBOOK, MODEL)
AFFAIRS = "院务公开栏：党支部开展主题党日，工会组织志愿服务。"
LECTURE = "鼻炎有哪些症状？病因与过敏有关，日常护理注意保暖，饮食清淡，预防感冒。"


def _sentences(*lines: str) -> list[Sentence]:
    text = "\n".join(lines)
    pieces: list[Piece] = []
    for line in lines:
        start = pieces[-1].end + 1 if pieces else 0
        pieces.append(Piece(start=start, end=start + len(line)))
    return READER.read(text, pieces)


def _hear(*lines: str) -> Voice:
    cues: dict[str, list[str]] = defaultdict(list)
    for sentence in _sentences(*lines):
        for trait, word in READER.cues(sentence):
            cues[trait.id].append(word)
    return MODEL.hear(cues)


@pytest.mark.parametrize(
    ("lines", "speaker"),
    [
        ((AFFAIRS, "心内科门诊调整到二楼。"), "institution"),
        ((AFFAIRS, "白癜风根治不反弹，签约治疗，无效退款。"), "unknown"),
        ((AFFAIRS, "在线咨询，400-000-0123，专家亲诊名额有限。"), "advertiser"),
        (
            ("经查，当事人网页原价9800元、现价1980元，未曾成交。", "责令改正，罚款三万元。"),
            "authority",
        ),
        ((LECTURE,), "educator"),
        ((LECTURE, "想治鼻炎，加微信000000咨询。"), "advertiser"),
        (("本人已知晓手术可能出现并发症，签署知情同意书。",), "institution"),
        (("我想反映一件事。", "诊所说三次见效，请问可以找哪个部门？"), "patient"),
    ],
)
def test_the_speaker_follows_what_the_page_shows(lines: tuple[str, ...], speaker: str) -> None:
    assert _hear(*lines).speaker == speaker


@pytest.mark.parametrize(
    ("traits", "fits"),
    [
        ({"education", "praised"}, True),
        ({"story", "praised"}, True),
        ({"education"}, False),
        ({"praised"}, False),
        ({"education", "praised", "licensed"}, False),
    ],
)
def test_a_pattern_counts_only_in_the_pages_it_names(traits: set[str], fits: bool) -> None:
    pattern = Pattern(
        id="line",
        score=0.8,
        any=(),
        page=frozenset({"education", "story"}),
        also=frozenset({"praised"}),
        unless=frozenset({"licensed"}),
    )
    assert pattern.fits(frozenset(traits)) is fits


@pytest.mark.parametrize(
    "sentence",
    [
        "审查意见：“百姓放心医院”无批文，整句删除。",
        "本人已了解手术不能保证治愈。",
        "我们不向任何人出售处方药，也不代购减肥针。",
        "综述：该疗法治愈率达95%的研究样本较少。",
    ],
)
def test_talk_about_claims_is_cleared(sentence: str) -> None:
    (read,) = _sentences(sentence)
    assert [c for c in READER.claims(read, frozenset()) if c.stance is None] == []
