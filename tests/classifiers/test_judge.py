"""The judge: who speaks, what clears a claim, exact quotes, law of the day, facts, policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.judge import Judge
from classifiers.quotes import LONGEST, SHORTEST
from classifiers.rulebook import load
from domain.findings import Assessment, Existence, Fact, Finding, Verdict
from domain.ids import derive_id
from domain.pages import Block, Document, Origin, PageKind
from language.segments import segment_key

JUDGE = Judge(load())
DAY = datetime(2025, 6, 1, 4, tzinfo=UTC)
OFFER = "在线预约，免费咨询热线：400-000-0123"


def _document(*lines: str, title: str = "", captured_at: datetime = DAY) -> Document:
    blocks: list[Block] = []
    place = 0
    for line in lines:
        blocks.append(Block(text=line, origin=Origin.DOM, start=place, end=place + len(line)))
        place += len(line) + 1
    text = "\n".join(lines)
    return Document(
        id=derive_id("document", text),
        url="http://clinic.test/",
        canonical_url="http://clinic.test/",
        site="clinic.test",
        source_id=None,
        captured_at=captured_at,
        payload_digest="sha256:" + "0" * 64,
        page="site@1",
        kind=PageKind.ARTICLE,
        title=title,
        text=text,
        blocks=tuple(blocks),
    )


def _judge(
    *lines: str,
    title: str = "",
    facts: Sequence[Fact] = (),
    templates: frozenset[str] = frozenset(),
    captured_at: datetime = DAY,
) -> Assessment:
    document = _document(*lines, title=title, captured_at=captured_at)
    return JUDGE.judge(document, facts, templates=templates, at=DAY)


def _clues(assessment: Assessment) -> list[Finding]:
    return [f for f in assessment.findings if JUDGE.policy.grade(f.type, f.score) is Verdict.CLUE]


def _licence(answer: Existence) -> Fact:
    return Fact(name="institution_licence", answer=answer, source="测试名册")


def test_an_advertisers_page_makes_a_clue_with_exact_quotes() -> None:
    assessment = _judge(
        "地址：幸福路8号。本院三个疗程彻底根治白癜风，治愈率高达98%。", OFFER, title="康宁专科"
    )
    assert assessment.verdict is Verdict.CLUE
    assert {f.type for f in assessment.findings} >= {"efficacy_guarantee", "cure_rate"}
    for finding in assessment.findings:
        text = "\n".join(("地址：幸福路8号。本院三个疗程彻底根治白癜风，治愈率高达98%。", OFFER))
        assert text[finding.start : finding.end] == finding.quote
        assert SHORTEST <= len(finding.quote) <= LONGEST
        assert finding.origin.startswith(f"rule:{finding.type}@")
        assert finding.quote in finding.explanation
    assert "《中华人民共和国广告法》第十六条第一款第（一）项" in assessment.reasons[0]
    assert JUDGE.rulebook.version in assessment.reasons[0]


@pytest.mark.parametrize(
    "text",
    [
        "目前还没有药物能够根治癫痫。",
        "任何人都不能保证彻底治愈。",
        "银屑病能根治吗？",
        "如何才能彻底告别鼻炎？",
        "凡宣称“永不复发、包治百病”的都是骗局。",
        "当事人在网页发布“治愈率99%”“根治”等内容，违反广告法，被罚款二十万元。",
        "记者从市监局获悉，该诊所因发布“无效退款”广告被查处。",
        "观察组治愈率为92.3%，对照组为80.1%（P<0.05）。",
        "早期发现、规范治疗，多数患者可以治愈。",
        "治疗效果因人而异，不存在绝对安全的手术。",
        "《无痛无痕植发技术的临床研究》获科技进步奖。",
    ],
)
def test_what_is_denied_quoted_asked_or_studied_is_clear_even_beside_an_offer(text: str) -> None:
    assert _clues(_judge(text, OFFER)) == []


@pytest.mark.parametrize(
    "text",
    [
        "不开刀、不住院，彻底治愈痔疮，永不复发。",
        "谨防假冒，本院是全市唯一的白癜风专科医院。",
        "没有任何副作用，老人孩子都可放心使用。",
    ],
)
def test_a_negative_word_alone_clears_nothing(text: str) -> None:
    assert _clues(_judge(text, OFFER))


def test_an_authority_may_report_claims_without_quotation_marks() -> None:
    notice = (
        "市市场监督管理局通报典型案例。当事人某诊所违反广告法，被立案查处。",
        "该诊所网页含有彻底治愈牛皮癣、永不复发的内容。",
        "执法人员依法责令改正，罚款五万元。",
    )
    assert _judge(*notice).verdict is Verdict.CLEAR


def test_a_public_hospital_is_read_with_more_reserve() -> None:
    affairs = "医院党委、护理部、急诊科、医务科、工会联合开展志愿服务，住院须知见院务公开栏。"
    claim = "我院引进全市最先进的直线加速器。"
    assert _clues(_judge(claim, affairs)) == []
    assert _clues(_judge(claim, OFFER))


def test_cleared_words_are_explained() -> None:
    assessment = _judge("银屑病能彻底治愈吗？")
    assert assessment.verdict is Verdict.CLEAR
    assert any("疑问" in reason for reason in assessment.reasons)


@settings(max_examples=150)
@given(
    st.sampled_from(
        ("彻底治愈牛皮癣", "永不复发", "治愈率高达98%", "祖传秘方专治风湿", "零风险无痛苦")
    ),
    st.lists(
        st.sampled_from(("", "\u200b", "\u2060", "\ufeff", ".", "*", "~")), min_size=20, max_size=20
    ),
    st.booleans(),
    st.text(alphabet="门诊时间周一至周五🌟 ", max_size=12),
)
def test_obfuscated_claims_are_found_at_their_raw_place(
    claim: str, fillers: list[str], traditional: bool, before: str
) -> None:
    words = claim.translate(_TRADITIONAL) if traditional else claim
    raw = "".join(
        c + _between(c, f, n) for c, f, n in zip(words, fillers, words[1:] + "。", strict=False)
    )
    text = f"{before}。{raw}。"
    findings = JUDGE.judge_text(text, captured_at=DAY).findings
    start = text.index(raw)
    assert any(start <= f.start and f.end <= start + len(raw) for f in findings), text
    assert all(text[f.start : f.end] == f.quote for f in findings)


_TRADITIONAL = str.maketrans(
    {
        "彻": "徹",
        "愈": "癒",
        "发": "發",
        "复": "復",
        "传": "傳",
        "专": "專",
        "风": "風",
        "湿": "濕",
        "达": "達",
        "无": "無",
        "险": "險",
    }
)


def _between(before: str, filler: str, after: str) -> str:
    """Visible fillers hide words only between Han characters."""
    han = all("一" <= c <= "鿿" for c in (before, after))
    return filler if han or filler in "\u200b\u2060\ufeff" else ""


@pytest.mark.parametrize(
    ("captured", "law", "number"),
    [
        (datetime(2010, 5, 1, tzinfo=UTC), "advertising_law_1994", "14"),
        (datetime(2020, 5, 1, tzinfo=UTC), "advertising_law", "16(1)(一)"),
        (datetime(2015, 8, 31, 17, tzinfo=UTC), "advertising_law", "16(1)(一)"),
        (datetime(2015, 8, 31, 15, tzinfo=UTC), "advertising_law_1994", "14"),
    ],
)
def test_the_law_of_the_day_of_capture_in_china_applies(
    captured: datetime, law: str, number: str
) -> None:
    (finding,) = _judge("签约治疗，无效退款。", captured_at=captured).findings[:1]
    cited = {(a.law, a.number) for a in finding.articles}
    assert (law, number) in cited
    assert not {"advertising_law", "advertising_law_1994"} <= {a.law for a in finding.articles}


def test_renumbered_law_changes_the_article_not_the_finding() -> None:
    old = _judge("连续八年荣获全国十佳医院称号。", captured_at=datetime(2025, 10, 1, tzinfo=UTC))
    new = _judge("连续八年荣获全国十佳医院称号。", captured_at=datetime(2025, 11, 1, tzinfo=UTC))
    numbers = [
        {a.number for f in a.findings for a in f.articles if a.law == "unfair_competition_law"}
        for a in (old, new)
    ]
    assert numbers == [{"8"}, {"9"}]


def test_unverified_articles_are_marked() -> None:
    assessment = _judge("签约治疗，无效退款。")
    assert "医疗广告管理办法》第七条第（二）项（待核）" in assessment.reasons[0]


SALON = ("新推出水光针补水项目，单次体验价298元。",)


def test_a_salon_without_licence_is_a_clue_and_with_one_is_not() -> None:
    title = "丽人美容会所"
    unknown = _judge(*SALON, title=title, facts=[_licence(Existence.UNVERIFIED)])
    absent = _judge(*SALON, title=title, facts=[_licence(Existence.ABSENT)])
    present = _judge(*SALON, title=title, facts=[_licence(Existence.PRESENT)])
    types = [{f.type for f in _clues(a)} for a in (unknown, absent, present)]
    assert ["beauty_salon_medical" in t for t in types] == [True, True, False]
    assert _score(absent) > _score(unknown)
    assert "诊疗科目" in present.reasons[0]


def _score(assessment: Assessment) -> float:
    return max(f.score for f in assessment.findings if f.type == "beauty_salon_medical")


def test_the_same_words_in_a_clinic_are_no_salon_offence() -> None:
    assessment = _judge(*SALON, title="丽人医疗美容门诊部")
    assert "beauty_salon_medical" not in {f.type for f in assessment.findings}


def test_disguised_needs_an_educating_page() -> None:
    line = "如果您也有类似困扰，请加主任微信000000预约。"
    lecture = "鼻炎有哪些症状？病因与过敏有关，日常护理注意保暖，饮食清淡，预防感冒。"
    assert "disguised" in {f.type for f in _clues(_judge(lecture, line))}
    assert "disguised" not in {f.type for f in _clues(_judge(line))}


def test_repeated_sentences_are_flagged_as_template() -> None:
    key = segment_key("本院白癜风治愈率高达98%。")
    (finding,) = _judge("本院白癜风治愈率高达98%。", OFFER, templates=frozenset({key})).findings
    assert finding.template
    assert finding.segment == key


def test_ids_derive_from_the_inputs() -> None:
    first, again = (_judge("签约治疗，无效退款。") for _ in range(2))
    assert first.id == again.id
    assert [f.id for f in first.findings] == [f.id for f in again.findings]
    other = _judge("签约治疗，无效退款。", facts=[_licence(Existence.ABSENT)])
    assert other.id != first.id
    dated = Fact(name="institution_licence", answer=Existence.ABSENT, as_of=date(2025, 1, 1))
    assert _judge("签约治疗，无效退款。", facts=[dated]).id != other.id


def test_other_trades_are_outside() -> None:
    assert _judge("手机限时特惠，直降500元，买一送一。").verdict is Verdict.CLEAR


@given(st.text(max_size=200))
def test_any_text_can_be_judged(text: str) -> None:
    for finding in JUDGE.judge_text(text, captured_at=DAY).findings:
        assert text[finding.start : finding.end] == finding.quote


def test_hostile_repetition_makes_bounded_work() -> None:
    before = JUDGE.reader.scanner.evaluations
    JUDGE.judge_text("彻底患者" * 5000, captured_at=DAY)
    pieces = JUDGE.reader.scanner.evaluations - before
    JUDGE.judge_text("彻底患者" * 10000, captured_at=DAY)
    assert JUDGE.reader.scanner.evaluations - before - pieces <= 2 * pieces + 10
