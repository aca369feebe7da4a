"""From scores to verdicts (policy.yml): thresholds, speakers, facts, combinations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Annotated

import numpy as np
from attrs import evolve, field, frozen
from pydantic import Field, StringConstraints

from classifiers.rulebook.loading import file_digest
from domain.errors import ConfigError
from domain.findings import Existence, Fact, Finding, Verdict
from domain.ids import derive_id
from storage.datafiles import Strict, read

SHIPPED = Path(__file__).with_name("policy.yml")
DEFAULT = "default"
CEILING = 0.99
_BELOW = 0.01
_SHADOW = "-shadow."

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
_Score = Annotated[float, Field(ge=0, le=1)]


class Threshold(Strict):
    """From which score a finding is for a person to look at, and from which it makes a clue."""

    review: _Score
    clue: _Score


class FactShift(Strict):
    """What an answer of a register does to the score of a type."""

    type: _Name
    fact: _Name
    answer: Existence
    shift: float = Field(ge=-1, le=1)


class Circumstance(Strict):
    """What it does to the score of a type that the document shows all of these traits."""

    type: _Name
    shows: frozenset[_Name] = Field(min_length=1)
    shift: float = Field(ge=-1, le=1)


class Combination(Strict):
    """When findings for review make a clue together: by whom, of how many types, how many."""

    speaker: _Name
    types: int = Field(ge=1)
    findings: int = Field(ge=1)


class ModelUse(Strict):
    """How the models join the rules; probabilities, not scores.

    `open_from`: what the linear model must give a sentence for the transformer to read it, unless
    a rule speaks in it. `doubt`: below `clue` a rule's words make no clue any more, below `review`
    nothing. `context`: traits of which a document must show one before the models alone claim
    that type. `thresholds`: from which probability their own claims are for review and for a clue.
    `named`: what a type's own head must say at the least for a clue of it; a sentence that violates
    in no way in particular is for a person to look at.
    """

    open_from: float = Field(ge=0, le=1)
    doubt: Threshold
    named: float = Field(ge=0, le=1)
    context: dict[_Name, frozenset[_Name]] = Field(default_factory=dict)
    thresholds: dict[_Name, Threshold]


class Chance(Strict):
    """How many of the texts whose strongest finding has this score do violate."""

    score: _Score
    chance: _Score


class _PolicySource(Strict):
    version: int = Field(ge=1)
    thresholds: dict[_Name, Threshold]
    speakers: dict[_Name, float]
    facts: tuple[FactShift, ...] = ()
    circumstances: tuple[Circumstance, ...] = ()
    combination: Combination
    chances: tuple[Chance, ...] = Field(min_length=2)
    model: ModelUse


@frozen(kw_only=True)
class Policy:
    """The policy in force. `version` is the file's number and the start of its digest.

    `approved` are scores from which a type makes a clue that people have put in the place of the
    file's; the scale of the scores stays that of the file. What is found of the types in `shadow`
    (试运行) is kept and bears on no verdict. The version names both.
    """

    version: str
    thresholds: Mapping[str, Threshold]
    speakers: Mapping[str, float]
    facts: tuple[FactShift, ...]
    circumstances: tuple[Circumstance, ...]
    combination: Combination = field(repr=False)
    chances: tuple[Chance, ...] = field(repr=False)
    model: ModelUse = field(repr=False)
    approved: Mapping[str, float] = field(factory=dict)
    shadow: frozenset[str] = frozenset()

    def approving(self, approved: Mapping[str, float]) -> Policy:
        """This policy with these thresholds of clues in force, which its version then names."""
        if not approved:
            return self
        told = json.dumps(approved, sort_keys=True)
        version = f"{self.version}+t{hashlib.sha256(told.encode()).hexdigest()[:8]}"
        return evolve(self, approved=approved, version=version)

    def clue_threshold(self, slug: str) -> float:
        """From which score findings of a type make a clue."""
        return self.approved.get(slug, self.threshold(slug).clue)

    def shadowing(self, slugs: Iterable[str]) -> Policy:
        """This policy with these types, and no others, in shadow."""
        shadow = frozenset(slugs)
        mark = f"{_SHADOW}{derive_id(*sorted(shadow))[:8]}" if shadow else ""
        version = f"{self.version.partition(_SHADOW)[0]}{mark}"
        return evolve(self, shadow=shadow, version=version)

    def raises(self, slug: str, score: float) -> bool:
        """Whether one finding of this type and score makes a clue."""
        return slug not in self.shadow and self.grade(slug, score) is Verdict.CLUE

    def threshold(self, slug: str) -> Threshold:
        """The thresholds of a type as the file states them: the scale of its scores."""
        return self.thresholds.get(slug, self.thresholds[DEFAULT])

    def grade(self, slug: str, score: float) -> Verdict:
        """What one finding of this type and score amounts to."""
        if score >= self.clue_threshold(slug):
            return Verdict.CLUE
        return Verdict.REVIEW if score >= self.threshold(slug).review else Verdict.CLEAR

    def score(
        self, slug: str, words: float, speaker: str, traits: Set[str], facts: Sequence[Fact]
    ) -> float:
        """The score of words worth `words`, spoken by `speaker` in a document with these traits,
        given the facts."""
        total = words + self.speakers[speaker]
        total += sum(c.shift for c in self.circumstances if c.type == slug and c.shows <= traits)
        total += sum(shift.shift for shift, _ in self.applicable(slug, facts))
        return round(min(max(total, 0.0), CEILING), 4)

    def chance(self, score: float) -> float:
        """How likely a text violates whose strongest finding has this score (0: it has none)."""
        scores = [each.score for each in self.chances]
        return float(np.interp(score, scores, [each.chance for each in self.chances]))

    def confirmed(self, slug: str, score: float, chance: float) -> float:
        """The score of a rule's words in a sentence that violates with this probability."""
        doubt = self.model.doubt
        if chance >= doubt.clue:
            return score
        return min(score, self._short_of_clue(slug)) if chance >= doubt.review else 0.0

    def alone(self, slug: str, chance: float, own: float, speaker: str) -> float:
        """What this probability of a type is worth without a rule, before the speaker counts.

        `own` is what the type's head says by itself. 0 where it is not worth a look. Never enough
        for a clue where the type is not named, or the speaker is one whose words count less.
        """
        use = self.model.thresholds.get(slug)
        if use is None or chance < use.review:
            return 0.0
        threshold = self.threshold(slug)
        worth = float(
            np.interp(
                chance, (use.review, use.clue, 1.0), (threshold.review, threshold.clue, CEILING)
            )
        )
        doubtful = self.speakers[speaker] < 0 or own < self.model.named
        return min(worth, self._short_of_clue(slug)) if doubtful else worth

    def _short_of_clue(self, slug: str) -> float:
        """The most that words may be worth if no speaker is to make a clue of them."""
        reached = min(self.threshold(slug).clue, self.clue_threshold(slug))
        return reached - max(self.speakers.values()) - _BELOW

    def context(self, slug: str) -> frozenset[str]:
        """The traits of which one must show before the model alone claims this type."""
        return self.model.context.get(slug, frozenset())

    def applicable(self, slug: str, facts: Sequence[Fact]) -> list[tuple[FactShift, Fact]]:
        """The facts that move the score of a type, with how they do."""
        return [
            (shift, fact)
            for shift in self.facts
            for fact in facts
            if (shift.type, shift.fact, shift.answer) == (slug, fact.name, fact.answer)
        ]

    def verdict(self, findings: Sequence[Finding], speaker: str) -> Verdict:
        """What all findings of a document amount to."""
        counted = [finding for finding in findings if finding.type not in self.shadow]
        grades = [self.grade(finding.type, finding.score) for finding in counted]
        if Verdict.CLUE in grades or self._combined(counted, speaker):
            return Verdict.CLUE
        return Verdict.REVIEW if Verdict.REVIEW in grades else Verdict.CLEAR

    def _combined(self, findings: Sequence[Finding], speaker: str) -> bool:
        rule = self.combination
        return (
            speaker == rule.speaker
            and len({finding.type for finding in findings}) >= rule.types
            and len(findings) >= rule.findings
        )


def load(path: Path = SHIPPED) -> Policy:
    """Read policy.yml. Raises ConfigError (file:line)."""
    source = read(path).validated(_PolicySource)
    if DEFAULT not in source.thresholds:
        raise ConfigError(f"thresholds 里缺少 {DEFAULT}", at=path.name)
    for slug, threshold in source.thresholds.items():
        if threshold.clue < threshold.review:
            raise ConfigError(f"{slug} 的 clue 低于 review", at=path.name)
    scores = [each.score for each in source.chances]
    if scores != sorted(set(scores)):
        raise ConfigError("chances 的 score 必须递增", at=path.name)
    return Policy(
        version=f"{source.version}+{file_digest(path).removeprefix('sha256:')[:8]}",
        thresholds=source.thresholds,
        speakers=source.speakers,
        facts=source.facts,
        circumstances=source.circumstances,
        combination=source.combination,
        chances=source.chances,
        model=source.model,
    )
