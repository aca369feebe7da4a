"""A document judged and what follows from it, whoever asks: a new capture, or new words on it."""

from __future__ import annotations

from attrs import frozen
from sqlalchemy import Connection

from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from crawlers import discovery
from documents import store as documents
from domain.captures import Snapshot
from domain.findings import Assessment, Fact, Verdict
from domain.pages import Document


@frozen(kw_only=True)
class Judgement:
    """The facts about a document's operator, and the assessment made with them."""

    facts: tuple[Fact, ...]
    assessment: Assessment


class Judging:
    """Judges outside of any transaction, and stores the result inside the caller's."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._casework = Casework(services)
        self.renew()

    def renew(self) -> None:
        """Take the policy in force. A rulebook that does not load stops us before any work."""
        with self._services.truth.read() as tx:
            self._judge = self._services.judge_in_force(tx)

    def judge(self, document: Document, snapshot: Snapshot) -> Judgement:
        """Assess a masked document by the law of the day of its capture."""
        services = self._services
        with services.truth.read() as tx:
            templates = documents.template_segments(tx, document.site)
        facts = services.registers.facts_about(document)
        assessment = self._judge.judge(
            document, facts, templates=templates, at=snapshot.captured_at
        )
        return Judgement(facts=facts, assessment=assessment)

    def store(
        self, tx: Connection, document: Document, judgement: Judgement, snapshot: Snapshot
    ) -> None:
        """Put the assessment of a stored document in force and raise what it calls for."""
        assessment = judgement.assessment
        signs = discovery.signs_of(document, assessment.verdict)
        discovery.note(tx, signs, at=snapshot.captured_at)
        in_force = documents.assessment(tx, document.id)
        if in_force is None or in_force.id != assessment.id:
            documents.put_assessment(tx, assessment)
        repeated = any(finding.template for finding in assessment.findings)
        if assessment.verdict is Verdict.CLUE or repeated:
            self._casework.raise_clues(
                tx,
                document=document,
                assessment=assessment,
                snapshot=snapshot,
                facts=judgement.facts,
            )
