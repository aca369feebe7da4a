"""The risk of a subject (风险): what counts, how much, and what follows (law.md D.4). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Literal

from attrs import frozen
from pydantic import Field

from domain.errors import ConfigError
from storage import datafiles
from storage.datafiles import DataFile, Strict
from tickets.offices import OfficeKind, Offices

LEAD = "lead"
HIGHEST = 100


class Sign(StrEnum):
    """What is counted about a subject; the last five count its whole operator, where ties tell it.

    OFFICES are those that lead its open tickets.
    """

    WORST_SEVERITY = "worst_severity"
    CLUES = "clues"
    LICENCE_GAPS = "licence_gaps"
    PENALTIES = "penalties"
    PRACTICE_PENALTIES = "practice_penalties"
    RECURRENCES = "recurrences"
    HOSTS = "hosts"
    ACCOUNTS = "accounts"
    DISTRICTS = "districts"
    OFFICES = "offices"
    INJURIES = "injuries"


Counts = Mapping[Sign, int]
PartName = Literal["findings", "facts", "history", "spread"]


class PartRule(Strict):
    """A part of the score and the most that it can add."""

    title: str
    most: int = Field(ge=0, le=HIGHEST)


class SignRule(Strict):
    """What one sign adds to its part."""

    title: str
    part: PartName
    points: int = Field(ge=0)
    beyond: int = Field(default=0, ge=0)


class LevelRule(Strict):
    """A warning level: from which score, who is told, and by when it must be acknowledged."""

    title: str = Field(min_length=1, max_length=20)
    at: int = Field(gt=0, le=HIGHEST)
    recipients: tuple[Literal["lead"] | OfficeKind, ...] = Field(min_length=1)
    acknowledge_hours: int = Field(gt=0)


class ProposalRule(Strict):
    """What is proposed when a sign reaches a count, and the level that this means at least."""

    title: str
    sign: Sign
    at_least: int = Field(gt=0)
    level: str


class RiskPolicy(Strict):
    """The whole of risk.yml."""

    parts: dict[PartName, PartRule]
    signs: dict[Sign, SignRule]
    levels: tuple[LevelRule, ...] = Field(min_length=1)
    proposals: tuple[ProposalRule, ...] = ()
    injury_words: tuple[str, ...] = ()


@frozen(kw_only=True)
class RiskPart:
    """One part of a score: `points` of at most `most`, and the counts that gave them, in words."""

    name: str
    title: str
    points: int
    most: int
    words: str


@frozen(kw_only=True)
class Risk:
    """A score of 0 to 100 as the sum of its parts. `level` is the rank of the warning level (1 for
    the first), 0 when none is reached; `proposals` say what is proposed and why."""

    score: int
    level: int
    parts: tuple[RiskPart, ...]
    proposals: tuple[str, ...] = ()


def judge(counts: Counts, policy: RiskPolicy) -> Risk:
    """The risk that these counts mean. A higher count never means a lower score or level."""
    parts = tuple(_part(name, counts, policy) for name in policy.parts)
    score = sum(part.points for part in parts)
    met = [rule for rule in policy.proposals if counts.get(rule.sign, 0) >= rule.at_least]
    ranks = {level.title: rank for rank, level in enumerate(policy.levels, start=1)}
    reached = [rank for rank, level in enumerate(policy.levels, start=1) if score >= level.at]
    return Risk(
        score=score,
        level=max([*reached, *(ranks[rule.level] for rule in met)], default=0),
        parts=parts,
        proposals=tuple(
            f"{rule.title}（{policy.signs[rule.sign].title} {counts[rule.sign]}）" for rule in met
        ),
    )


def load_policy(offices: Offices, source: Path | Traversable | None = None) -> RiskPolicy:
    """The policy of a file, the shipped one by default.

    Raises ConfigError (file:line), also when the city lacks an office that is to be warned.
    """
    data = datafiles.read(source or datafiles.shipped("tickets.control", "risk.yml"))
    policy = data.validated(RiskPolicy)
    _prove_scores(policy, data)
    _prove_levels(policy, data)
    for place, level in enumerate(policy.levels):
        for kind in level.recipients:
            if kind != LEAD and not any(office.kind is kind for office in offices.all):
                raise ConfigError(f"机关名录没有 {kind}", at=data.at("levels", place, "recipients"))
    return policy


def _part(name: PartName, counts: Counts, policy: RiskPolicy) -> RiskPart:
    points, words = 0, []
    for sign, rule in policy.signs.items():
        count = counts.get(sign, 0)
        if rule.part != name or not count:
            continue
        points += rule.points * max(0, count - rule.beyond)
        words.append(f"{rule.title} {count}")
    part = policy.parts[name]
    return RiskPart(
        name=name,
        title=part.title,
        points=min(points, part.most),
        most=part.most,
        words="，".join(words),
    )


def _prove_scores(policy: RiskPolicy, data: DataFile) -> None:
    if sum(part.most for part in policy.parts.values()) != HIGHEST:
        raise ConfigError(f"各部分的上限合计须为 {HIGHEST}", at=data.at("parts"))
    for sign in Sign:
        if sign not in policy.signs:
            raise ConfigError(f"缺少 {sign}", at=data.at("signs"))
    for sign, rule in policy.signs.items():
        if rule.part not in policy.parts:
            raise ConfigError(f"没有 {rule.part} 部分", at=data.at("signs", sign.value))


def _prove_levels(policy: RiskPolicy, data: DataFile) -> None:
    for place, (lower, upper) in enumerate(pairwise(policy.levels), start=1):
        if lower.at >= upper.at:
            raise ConfigError("预警级别须由低到高", at=data.at("levels", place))
    titles = [level.title for level in policy.levels]
    if len(set(titles)) != len(titles):
        raise ConfigError("预警级别重名", at=data.at("levels"))
    for place, proposal in enumerate(policy.proposals):
        if proposal.level not in titles:
            raise ConfigError(f"没有级别“{proposal.level}”", at=data.at("proposals", place))
