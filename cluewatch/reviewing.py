"""A person decides about a document that rules or models were not sure of."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, frozen
from sqlalchemy import Connection, select

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from documents import reviews
from documents import store as documents
from documents.reviews import Waiting
from domain.clues import ClueState
from domain.errors import IllegalMove, NotFound, PermanentError
from domain.findings import Assessment, Finding
from domain.ids import derive_id
from domain.pages import Document
from domain.people import User
from domain.reviews import Decision, RejectReason, Review
from evidence import reader
from language.segments import segment_key, segments
from tickets import clue_moves
from tickets.calendar import civil_date
from tickets.clue_moves import ClueMove
from tickets.clues import RaisedClue
from tickets.tables import clues

_OPEN = tuple(state.value for state in (ClueState.PENDING, ClueState.REVIEWING, ClueState.ISSUED))
_MOST_OFFERED = 20
_MOST_TRIED = 200


@frozen(kw_only=True, order=True)
class Span:
    """Words of a document under one violation type; `[start, end)` in code points."""

    type: str
    start: int
    end: int


@frozen(kw_only=True)
class Answer:
    """What a reviewer says of one document.

    `confirmed` are the spans that are violations, drawn ones included; every finding that is not
    among them is rejected for `reason`. `into` is the clue to which the confirmed words go.
    """

    document: Document = field(repr=False)
    confirmed: tuple[Span, ...]
    reason: RejectReason
    note: str = ""
    into: str | None = None
    actor: str


@frozen(kw_only=True)
class SameSubject:
    """An open clue of the subject that a document is attributed to."""

    id: str
    number: str
    title: str
    region: str


def waiting_for(
    tx: Connection, user: User, *, before: int | None, type: str | None, limit: int
) -> list[Waiting]:
    """The newest documents that wait and the user may see, older than the place `before`.

    Of a queue that is mostly another division's, the first _MOST_TRIED places are looked at.
    """
    found: list[Waiting] = []
    for _ in range(_MOST_TRIED):
        if len(found) == limit:
            break
        waiting = reviews.next_waiting(tx, before=before, type=type)
        if waiting is None:
            break
        before = waiting.place
        try:
            scope.document(tx, user, waiting.document_id)
        except NotFound:  # another division's
            continue
        found.append(waiting)
    return found


class Reviewing:
    """Turns answers into decisions that are kept, and into clues, in the caller's transaction."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._casework = Casework(services)

    def decide(self, tx: Connection, answer: Answer) -> None:
        """Keep a decision for every span, and raise the clue of the confirmed ones.

        Raises IllegalMove when somebody else has decided meanwhile, PermanentError when a span
        is none of this document's.
        """
        assessment = documents.assessment(tx, answer.document.id)
        if assessment is None or not reviews.is_waiting(tx, answer.document.id):
            raise IllegalMove("这份文书已由他人处理", at=answer.document.id)
        confirmed = [self._finding(answer, assessment, span) for span in answer.confirmed]
        raised = self._raise(tx, answer, evolve(assessment, findings=tuple(confirmed)))
        kept = [
            evolve(self._review(answer, assessment, f), clue_id=_clue_of(f, raised, answer.into))
            for f in confirmed
        ]
        rejected = [
            evolve(
                self._review(answer, assessment, f),
                decision=Decision.REJECTED,
                reason=_reason(f, answer),
            )
            for f in assessment.findings
            if _span(f) not in answer.confirmed
        ]
        reviews.append(tx, [*kept, *rejected])

    def same_subject(
        self, tx: Connection, document: Document, assessment: Assessment
    ) -> list[SameSubject]:
        """The newest clues of the document's subject that more words may go to."""
        subject = self._casework.subject_of(tx, document, assessment)
        rows = tx.execute(
            select(clues.c.id, clues.c.number, clues.c.title, clues.c.region)
            .where(clues.c.subject_id == subject.id, clues.c.state.in_(_OPEN))
            .order_by(clues.c.id.desc())
            .limit(_MOST_OFFERED)
        )
        return [SameSubject(id=i, number=n, title=t, region=r) for i, n, t, r in rows]

    def _raise(self, tx: Connection, answer: Answer, confirmed: Assessment) -> Sequence[RaisedClue]:
        if not confirmed.findings:
            return ()
        raised = self._casework.raise_confirmed(
            tx,
            document=answer.document,
            assessment=confirmed,
            facts=confirmed.facts,
            snapshot=reader.snapshot(tx, answer.document.captures[-1]),
        )
        if answer.into is not None:
            for case in raised:
                if case.created and case.clue.id != answer.into:
                    self._merge(tx, case, answer)
        return raised

    def _merge(self, tx: Connection, case: RaisedClue, answer: Answer) -> None:
        at = self._services.clock.now()
        for move, into in ((ClueMove.REVIEW, None), (ClueMove.MERGE, answer.into)):
            clue_moves.clue_move(
                tx,
                clue_id=case.clue.id,
                move=move,
                into=into,
                actor=answer.actor,
                at=at,
                note=answer.note or "复核时并入",
            )

    def _finding(self, answer: Answer, assessment: Assessment, span: Span) -> Finding:
        known = next((f for f in assessment.findings if _span(f) == span), None)
        return known or self._drawn(answer, span)

    def _drawn(self, answer: Answer, span: Span) -> Finding:
        document = answer.document
        rule = self._services.rulebook.rules.get(span.type)
        if rule is None or not 0 <= span.start < span.end <= len(document.text):
            raise PermanentError("划定的文字不在这份文书中", at=document.id)
        quote = document.text[span.start : span.end]
        sentence = next(
            (s.text for s in segments(document.text) if s.start <= span.start < s.end), quote
        )
        origin = f"reviewer:{answer.actor}"
        return Finding(
            id=derive_id("finding", document.id, span.type, str(span.start), str(span.end), origin),
            document_id=document.id,
            type=span.type,
            start=span.start,
            end=span.end,
            quote=quote,
            score=1.0,
            origin=origin,
            articles=rule.articles_on(civil_date(document.captured_at)),
            explanation=f"“{quote}”由复核人员认定为“{rule.title_zh}”。",
            segment=segment_key(sentence),
        )

    def _review(self, answer: Answer, assessment: Assessment, finding: Finding) -> Review:
        return Review(
            document_id=answer.document.id,
            assessment_id=assessment.id,
            type=finding.type,
            start=finding.start,
            end=finding.end,
            quote=finding.quote,
            decision=Decision.CONFIRMED,
            note=answer.note,
            actor=answer.actor,
            at=self._services.clock.now(),
        )


def _span(finding: Finding) -> Span:
    return Span(type=finding.type, start=finding.start, end=finding.end)


def _reason(finding: Finding, answer: Answer) -> RejectReason:
    """A finding whose words were drawn anew was right but for its ends."""
    redrawn = any(
        span.type == finding.type and span.start < finding.end and finding.start < span.end
        for span in answer.confirmed
    )
    return RejectReason.BOUNDARY if redrawn else answer.reason


def _clue_of(finding: Finding, raised: Sequence[RaisedClue], into: str | None) -> str | None:
    for case in raised:
        if any(f.segment == finding.segment for f in case.clue.findings):
            return into if into is not None and case.created else case.clue.id
    return None
