"""Reasons in the words of an officer: which words, which provision, who speaks, which versions."""

from __future__ import annotations

from collections.abc import Sequence

from classifiers.reading import Claim
from classifiers.rulebook import Rulebook
from classifiers.voice import Voice
from domain.facts import FACT_TITLES
from domain.findings import Article, Existence, Fact, Finding, Verdict

_MOST = 5

_VERDICTS = {
    Verdict.CLEAR: "未发现需要处理的用语",
    Verdict.REVIEW: "建议人工复核",
    Verdict.CLUE: "形成线索",
}


def finding(quote: str, claim: Claim, articles: Sequence[Article], voice: Voice) -> str:
    """One sentence for one finding; a model names the words that weighed most with it."""
    cited = "、".join(article.citation for article in articles)
    words = "、".join(f"“{word}”" for word in claim.telling)
    told = f"模型判断，起主要作用的字词：{words}；" if words else ""
    return f"“{quote}”涉嫌“{claim.rule.title_zh}”，依据{cited}；{told}说话人判断为{voice.title}。"


def reasons(
    *,
    verdict: Verdict,
    findings: Sequence[Finding],
    voice: Voice,
    facts: Sequence[Fact],
    cleared: Sequence[tuple[str, str | None]],
    rulebook: Rulebook,
    versions: str,
) -> tuple[str, ...]:
    """The paragraph for a document, and one for what was read and found lawful."""
    paragraph = "".join(
        (
            f"{_VERDICTS[verdict]}。",
            _found(findings, rulebook),
            _heard(voice),
            _known(facts),
            f"规则库{rulebook.version}，{versions}。",
        )
    )
    return (paragraph, *_cleared(cleared))


def _found(findings: Sequence[Finding], rulebook: Rulebook) -> str:
    ranked = sorted(findings, key=lambda f: (-f.score, f.start))
    parts = [
        f"“{f.quote}”涉嫌{rulebook.rules[f.type].title_zh}"
        f"（{'、'.join(article.citation for article in f.articles)}；"
        f"{f.origin}，得分{f.score:.2f}{'，全站模板' if f.template else ''}）"
        for f in ranked[:_MOST]
    ]
    more = f"；另有{len(findings) - _MOST}处" if len(findings) > _MOST else ""
    return f"{'；'.join(parts)}{more}。" if parts else ""


def _heard(voice: Voice) -> str:
    cues = [
        word for trait in (*voice.offers, *sorted(voice.traits)) for word in voice.cues[trait][:2]
    ]
    shown = "、".join(f"“{word}”" for word in dict.fromkeys(cues[: _MOST * 2]))
    return f"说话人：{voice.title}{f'（{shown}）' if shown else ''}。"


def _known(facts: Sequence[Fact]) -> str:
    parts = [
        f"{FACT_TITLES.get(fact.name, fact.name)}：{fact.answer}"
        f"{f'（{fact.detail}）' if fact.detail else ''}"
        for fact in facts
    ]
    scope = any(f.name == "institution_licence" and f.answer is Existence.PRESENT for f in facts)
    note = "已有许可的，仅核查是否超出核准诊疗科目。" if scope else ""
    return f"{'；'.join(parts)}。{note}" if parts else ""


def _cleared(cleared: Sequence[tuple[str, str | None]]) -> tuple[str, ...]:
    if not cleared:
        return ()
    parts = [f"“{words}”（{stance}）" for words, stance in cleared[:_MOST]]
    return (f"以下用语不计：{'、'.join(parts)}{'等' if len(cleared) > _MOST else ''}。",)
