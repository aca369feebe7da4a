"""Rules and model together: doubt, own claims, who may be accused, exact quotes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import policy
from classifiers.cascade import strengths
from classifiers.judge import Judge, Page
from classifiers.model import VIOLATES, Opinion, load
from classifiers.policy import Policy
from classifiers.quotes import LONGEST, SHORTEST
from classifiers.rulebook import load as load_rulebook
from classifiers.scan import Piece
from domain.findings import Assessment, Finding, Verdict

BOOK = load_rulebook()
DAY = datetime(2025, 6, 1, 4, tzinfo=UTC)
CLAIM = "来过的人都说这里把多年的老毛病送走了"
SLUGS = sorted(rule.slug for rule in BOOK.active)


@attrs.frozen(kw_only=True)
class Certain(Opinion):
    """The shipped models, but with one answer for every sentence."""

    chance: float
    slug: str = "efficacy_guarantee"

    def chances(
        self,
        text: str,  # noqa: ARG002 - one answer for every text
        pieces: Sequence[Piece],
        spoken: Sequence[bool],
    ) -> list[Mapping[str, float]]:
        answers = dict.fromkeys(self.heads, 0.001)
        answers |= {VIOLATES: self.chance, self.slug: self.chance}
        return [answers for _ in zip(pieces, spoken, strict=True)]


def _judge(chance: float, slug: str = "efficacy_guarantee") -> Judge:
    shipped = attrs.asdict(load(0.03), recurse=False)
    return Judge(BOOK, opinion=Certain(**shipped, chance=chance, slug=slug))


def _read(judge: Judge, text: str, name: str = "") -> Assessment:
    page = Page(id="", text=text, captured_at=DAY, names=(name,) if name else ())
    return judge.assess(page, (), templates=frozenset(), at=DAY)


def _alone(assessment: Assessment) -> list[Finding]:
    return [f for f in assessment.findings if f.origin.startswith("model:")]


def test_the_model_claims_what_no_rule_knows() -> None:
    judge = _judge(0.99)
    (finding,) = _alone(_read(judge, CLAIM))
    assert finding.type == "efficacy_guarantee"
    assert finding.origin == judge.opinion.origin
    assert judge.policy.grade(finding.type, finding.score) is Verdict.CLUE
    assert finding.articles
    assert "模型判断" in finding.explanation
    assert judge.opinion.versions in _read(judge, CLAIM).policy


def test_an_unlikely_sentence_is_no_claim_of_the_model() -> None:
    assert _alone(_read(_judge(0.001), CLAIM)) == []


def test_the_model_takes_the_worth_from_words_of_a_rule() -> None:
    text = "签约治疗，无效退款。"
    assert _read(_judge(0.9), text).verdict is Verdict.CLUE
    doubt = policy.load().model.doubt
    assert _read(_judge((doubt.review + doubt.clue) / 2), text).verdict is Verdict.REVIEW
    assert _read(_judge(doubt.review / 2), text).verdict is Verdict.CLEAR


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{CLAIM}。党委、工会、医务科联合开展志愿服务，见院务公开栏。", ""),
        (f"{CLAIM}。", "云州市人民医院"),
        (f"{CLAIM}。市场监督管理局通报典型案例，当事人被立案查处并罚款。", ""),
        (f"{CLAIM}。病因、症状、诊断与预防：患者应遵医嘱，注意饮食和锻炼。", ""),
    ],
)
def test_the_model_alone_never_accuses_a_public_voice(text: str, name: str) -> None:
    judge = _judge(0.999)
    grades = [judge.policy.grade(f.type, f.score) for f in _alone(_read(judge, text, name))]
    assert Verdict.CLUE not in grades


@pytest.mark.parametrize(
    "text", ["凡宣称“多年的老毛病一次送走”的广告都是骗局。", "谁也不能保证把多年的老毛病送走。"]
)
def test_attitudes_clear_the_claims_of_the_model_too(text: str) -> None:
    assert _alone(_read(_judge(0.999), text)) == []


def test_salon_offences_need_a_salon() -> None:
    judge = _judge(0.999, "beauty_salon_medical")
    line = "新到项目让您的面庞饱满起来"
    assert _alone(_read(judge, line, "丽人医疗美容门诊部")) == []
    assert _alone(_read(judge, line)) == []
    (finding,) = _alone(_read(judge, line, "丽人美容会所"))
    assert finding.type == "beauty_salon_medical"


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="治愈率永不复发本院，。 ！\u200b*98%🌟A", min_size=1, max_size=160))
def test_quotes_are_exact(text: str) -> None:
    for finding in _alone(_read(_judge(0.999), text)):
        assert text[finding.start : finding.end] == finding.quote
        assert SHORTEST <= len(finding.quote) <= LONGEST


def test_the_quote_is_the_clause_that_weighs_most() -> None:
    text = "本院位于幸福路8号附近的公交站旁边，彻底根治永不复发，周一至周日开诊"
    judge = Judge(
        attrs.evolve(BOOK, rules={s: attrs.evolve(r, patterns=()) for s, r in BOOK.rules.items()}),
        opinion=_judge(0.999).opinion,
    )
    (finding,) = _alone(_read(judge, text))
    assert finding.quote == "彻底根治永不复发"


@given(st.lists(st.floats(0.001, 1), min_size=4, max_size=4))
def test_the_likeliest_type_has_the_whole_strength(chances: list[float]) -> None:
    chance = dict(zip((VIOLATES, "a", "b", "c"), chances, strict=True))
    strength = strengths(chance, frozenset())
    assert max(strength.values()) == pytest.approx(chance[VIOLATES])
    assert max(strength, key=strength.__getitem__) == max("abc", key=chance.__getitem__)


@given(st.lists(st.floats(0.001, 1), min_size=4, max_size=4))
def test_a_type_of_the_page_is_never_weaker_than_its_own_head(chances: list[float]) -> None:
    chance = dict(zip((VIOLATES, "a", "b", "c"), chances, strict=True))
    by_sentence, by_page = strengths(chance, frozenset()), strengths(chance, frozenset({"b", "z"}))
    assert by_page["b"] == max(by_sentence["b"], chance["b"])
    assert {**by_page, "b": 0.0} == {**by_sentence, "b": 0.0}


@given(st.sampled_from(SLUGS), st.floats(0, 1), st.floats(0, 1))
def test_more_certainty_is_never_worth_less(slug: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    held: Policy = policy.load()
    assert held.alone(slug, low, 1.0, "unknown") <= held.alone(slug, high, 1.0, "unknown")
    assert held.confirmed(slug, 0.9, low) <= held.confirmed(slug, 0.9, high)


@given(st.sampled_from(SLUGS), st.floats(0, 1), st.sampled_from(sorted(policy.load().speakers)))
def test_a_violation_of_no_type_in_particular_accuses_nobody(
    slug: str, chance: float, speaker: str
) -> None:
    held = policy.load()
    words = held.alone(slug, chance, held.model.named / 2, speaker)
    total = held.score(slug, words, speaker, frozenset(), ())
    assert held.grade(slug, total) is not Verdict.CLUE
