"""What a changed rulebook, model or policy would find in the documents that are already stored."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from attrs import frozen

from classifiers.policy import Policy
from cluewatch.bootstrap import Services
from documents import store as documents
from domain.findings import Assessment, Finding
from domain.pages import Document

_BATCH = 200


class Change(StrEnum):
    """What became of a finding: new, gone, or of another weight for the verdict."""

    GAINED = "gained"
    LOST = "lost"
    REGRADED = "regraded"


@frozen(kw_only=True)
class Difference:
    """One finding that the stored assessment and the rules in force do not share.

    `before` and `after` are the verdicts its score amounts to under the policy in force; "" where
    there is no such finding.
    """

    document_id: str
    url: str
    change: Change
    type: str
    quote: str
    before: str
    after: str


def differences(services: Services) -> Iterator[tuple[Document, list[Difference]]]:
    """Judge every stored document again, with the facts of its own assessment; store nothing.

    Documents come in the order of their ids, each with what changed in it, possibly nothing;
    those that were never judged are left out.
    """
    after = ""
    with services.truth.read() as tx:
        judge = services.judge_in_force(tx)
    while True:
        with services.truth.read() as tx:
            batch = documents.iterate(tx, after=after, limit=_BATCH)
            stored = {d.id: documents.assessment(tx, d.id) for d in batch}
            templates = {d.site: documents.template_segments(tx, d.site) for d in batch}
        if not batch:
            return
        for document in batch:
            before = stored[document.id]
            if before is not None:
                now = judge.judge(
                    document,
                    before.facts,
                    templates=templates[document.site],
                    at=document.captured_at,
                )
                yield document, list(_compare(judge.policy, document, before, now))
        after = batch[-1].id


def _compare(
    policy: Policy, document: Document, before: Assessment, now: Assessment
) -> Iterator[Difference]:
    old, new = _by_place(before), _by_place(now)
    for place in sorted(old.keys() | new.keys()):
        was, now_is = old.get(place), new.get(place)
        known = was or now_is
        grades = _grade(policy, was), _grade(policy, now_is)
        if known is None or grades[0] == grades[1]:
            continue
        yield Difference(
            document_id=document.id,
            url=document.url,
            change=Change.GAINED if not was else Change.LOST if not now_is else Change.REGRADED,
            type=known.type,
            quote=known.quote,
            before=grades[0],
            after=grades[1],
        )


def _by_place(assessment: Assessment) -> dict[tuple[str, str], Finding]:
    """The strongest finding of each type in each sentence: quotes may move within it."""
    ranked = sorted(assessment.findings, key=lambda finding: finding.score)
    return {(finding.type, finding.segment): finding for finding in ranked}


def _grade(policy: Policy, finding: Finding | None) -> str:
    return policy.grade(finding.type, finding.score).value if finding is not None else ""
