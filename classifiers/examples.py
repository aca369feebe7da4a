"""The examples in the rule files, run as tests.

An example that matches is good for a clue; of a type that words alone never decide (no pattern of
its rule is worth a clue), it is good for a look.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from attrs import frozen

from classifiers.judge import Judge, Page
from classifiers.rulebook import Rule
from classifiers.rulebook.book import Sample
from domain.findings import Finding, Verdict

EXAMPLE_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""Examples are judged by the law of this day, so that they stay true when laws change later."""


@frozen(kw_only=True)
class ExampleFailure:
    """An example that did not come out as written. `problem` is for the author of the rule."""

    slug: str
    text: str
    problem: str


def failures(judge: Judge, rule: Rule) -> Iterator[ExampleFailure]:
    """What is wrong with the examples of one rule: missed violations, accused lawful texts."""
    for sample in rule.matching:
        if not any(finding.type == rule.slug for finding in _telling(judge, rule, sample)):
            yield ExampleFailure(slug=rule.slug, text=sample.text, problem="应当命中，没有命中")
    for sample in rule.clear:
        for finding in _telling(judge, rule, sample):
            yield ExampleFailure(
                slug=rule.slug,
                text=sample.text,
                problem=f"应当合法，却被 {finding.type} 命中：“{finding.quote}”",
            )


def _telling(judge: Judge, rule: Rule, sample: Sample) -> list[Finding]:
    """The findings in an example that count: all that are good for a clue, and those of the
    rule itself that are good for a look where its words can do no more."""
    decides = any(p.score >= judge.policy.threshold(rule.slug).clue for p in rule.patterns)
    text = f"{sample.page}\n{sample.text}" if sample.page else sample.text
    names = (sample.page,) if sample.page else ()
    page = Page(id="", text=text, names=names, captured_at=EXAMPLE_DAY)
    assessment = judge.assess(page, (), templates=frozenset(), at=EXAMPLE_DAY)
    begins = len(text) - len(sample.text)
    return [
        finding
        for finding in assessment.findings
        if finding.start >= begins
        and (
            judge.policy.grade(finding.type, finding.score) is Verdict.CLUE
            or (finding.type == rule.slug and not decides)
        )
    ]
