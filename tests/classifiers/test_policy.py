"""Policy and voice files: thresholds, edges, combination, errors."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifiers import policy, voice
from classifiers.rulebook import load
from domain.errors import ConfigError
from domain.findings import Existence, Fact, Finding, Verdict

POLICY = policy.load()
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def _finding(slug: str, score: float) -> Finding:
    return Finding(
        id=f"{slug}{score}",
        document_id="d",
        type=slug,
        start=0,
        end=3,
        quote="好",
        score=score,
        origin=f"rule:{slug}@1",
    )


def test_thresholds_include_their_edge() -> None:
    threshold = POLICY.threshold("cure_rate")
    assert POLICY.grade("cure_rate", threshold.clue) is Verdict.CLUE
    assert POLICY.grade("cure_rate", threshold.clue - 0.0001) is Verdict.REVIEW
    assert POLICY.grade("cure_rate", threshold.review) is Verdict.REVIEW
    assert POLICY.grade("cure_rate", threshold.review - 0.0001) is Verdict.CLEAR


def test_scores_stay_in_range() -> None:
    assert POLICY.score("cure_rate", 0.95, "advertiser", frozenset(), ()) <= policy.CEILING
    assert POLICY.score("cure_rate", 0.5, "law", frozenset(), ()) == 0.0


def test_only_the_facts_of_the_type_count() -> None:
    absent = Fact(name="institution_licence", answer=Existence.ABSENT)
    assert POLICY.score("cure_rate", 0.8, "unknown", frozenset(), [absent]) == 0.8
    assert POLICY.score("unlicensed_practice", 0.8, "unknown", frozenset(), [absent]) > 0.8


def test_a_circumstance_counts_only_when_all_of_it_shows() -> None:
    whole = frozenset({"education", "contact_body"})
    bare = POLICY.score("disguised", 0.7, "unknown", frozenset(), ())
    assert POLICY.score("disguised", 0.7, "unknown", whole, ()) > bare
    assert POLICY.score("disguised", 0.7, "unknown", whole - {"education"}, ()) == bare
    assert POLICY.score("cure_rate", 0.7, "unknown", whole, ()) == bare


def test_several_doubts_about_an_advertiser_make_a_clue() -> None:
    doubts = [_finding("cure_rate", 0.7), _finding("comparison", 0.7), _finding("comparison", 0.75)]
    assert POLICY.verdict(doubts, "advertiser") is Verdict.CLUE
    assert POLICY.verdict(doubts, "unknown") is Verdict.REVIEW
    assert POLICY.verdict(doubts[:2], "advertiser") is Verdict.REVIEW
    assert POLICY.verdict(doubts[1:], "advertiser") is Verdict.REVIEW
    assert POLICY.verdict([], "advertiser") is Verdict.CLEAR


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  default:", "  cure_rate:", "缺少 default"),
        ("clue: 0.80", "clue: 0.30", "低于 review"),
        ("answer: 有", "answer: 也许", r"policy\.yml:\d+: facts\.0\.answer"),
        ("version: 1", "version: 1\nextra: 2", r"policy\.yml:\d+: extra"),
    ],
)
def test_a_wrong_policy_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "policy.yml"
    text = policy.SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        policy.load(path)


def test_every_speaker_has_its_place_in_the_policy() -> None:
    model = voice.load(load().lexicon)
    assert {s.id for s in model.speakers} | {voice.UNKNOWN} <= POLICY.speakers.keys()


def test_a_speaker_needs_defined_traits(tmp_path: Path) -> None:
    path = tmp_path / "voice.yml"
    text = voice.SHIPPED.read_text(encoding="utf-8")
    path.write_text(text.replace("when: [booking]", "when: [bookings]"), encoding="utf-8")
    with pytest.raises(ConfigError, match="bookings"):
        voice.load(load().lexicon, path)


def test_an_offer_is_named() -> None:
    model = voice.load(load().lexicon)
    heard = model.hear({"booking": ["在线预约"]})
    assert heard.speaker == "advertiser"
    assert heard.offer
    assert heard.offers == ("booking",)
    assert not model.hear({}).offer
