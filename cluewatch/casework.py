"""From verdict to office: attribute, raise, ask for the seal, issue, and note what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from attrs import evolve
from sqlalchemy import Connection

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from domain.captures import CaptureRequest, RequestReason, Snapshot
from domain.clues import Clue, ClueState, Subject
from domain.findings import Assessment, Fact, Finding, Verdict
from domain.ids import derive_id
from domain.outcomes import Outcome
from domain.pages import Document
from domain.tickets import Ticket
from evidence import reader as evidence
from evidence import requests, seal_store
from registers import store as registers
from tickets import (
    clue_moves,
    clues,
    complaints,
    consequences,
    issue,
    ledger,
    lifecycle,
    outcomes,
    ownership,
    rechecks,
    recurrence,
    subject_merges,
    subjects,
    traces,
)
from tickets.calendar import civil_date
from tickets.clue_moves import ClueMove
from tickets.clues import RaisedClue
from tickets.outcomes import Recorded, Saying

SYSTEM = "system"
SEAL_WITHIN = timedelta(minutes=10)


class Casework:
    """What happens to a document whose assessment is CLUE, always in the caller's transaction."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def raise_clues(
        self,
        tx: Connection,
        *,
        document: Document,
        assessment: Assessment,
        facts: Sequence[Fact],
        snapshot: Snapshot,
    ) -> None:
        """Raise or repeat clues; a new one gets its seal request."""
        grave = evolve(assessment, findings=self._grave(tx, assessment))
        if grave.findings:
            self.raise_confirmed(
                tx, document=document, assessment=grave, facts=facts, snapshot=snapshot
            )

    def raise_confirmed(
        self,
        tx: Connection,
        *,
        document: Document,
        assessment: Assessment,
        facts: Sequence[Fact],
        snapshot: Snapshot,
    ) -> list[RaisedClue]:
        """As `raise_clues` with every finding, one at least, whatever its score."""
        services = self._services
        at = services.clock.now()
        attributed = _attributed(tx, document, facts, assessment)
        traces.keep(tx, attributed.id, document)
        raised = clues.raise_clues(
            tx,
            document=document,
            assessment=assessment,
            snapshot_id=snapshot.id,
            subject=subject_merges.standing(tx, attributed),
            types=services.route_types,
            ids=services.ids,
            at=at,
        )
        for case in raised:
            seen = {snapshot.url, document.url, document.canonical_url}
            complaints.meet(tx, clue_id=case.clue.id, urls=seen, actor=SYSTEM, at=at)
            if case.created:
                requests.ask(tx, seal_request(case.clue, snapshot, at))
            elif recurrence.came_back(tx, case.clue, seen_at=snapshot.captured_at):
                self._reopen(tx, case.clue, snapshot, at)
            elif _shows_more(case.clue, assessment):
                requests.ask(tx, seal_request(case.clue, snapshot, at, again="pictures"))
        return raised

    def subject_of(self, tx: Connection, document: Document, assessment: Assessment) -> Subject:
        """Whom the page is attributed to, by what it says and the facts of the assessment; merges
        of subjects count."""
        attributed = _attributed(tx, document, assessment.facts, assessment)
        return subject_merges.standing(tx, attributed)

    def clues_about(self, tx: Connection, document: Document, assessment: Assessment) -> list[Clue]:
        """The clues that the findings of a document belong to, oldest first."""
        subject = self.subject_of(tx, document, assessment)
        segments = sorted({finding.segment for finding in assessment.findings})
        owned = ownership.owners(tx, subject.id, segments)
        return [clues.get(tx, clue_id) for clue_id in sorted(set(owned.values()))]

    def _reopen(self, tx: Connection, clue: Clue, snapshot: Snapshot, at: datetime) -> None:
        """再犯: new tickets at once, and the page as it is now is sealed for them."""
        services = self._services
        opened = recurrence.reopen(
            tx,
            clue=clue,
            desk=services.desk,
            ids=services.ids,
            at=at,
            automatic=services.settings.dispatch.automatic,
            actor=SYSTEM,
        )
        again = seal_request(clue, snapshot, at, again=str(opened[0].recurrence))
        requests.ask(tx, again)

    def _grave(self, tx: Connection, assessment: Assessment) -> tuple[Finding, ...]:
        """The findings that pass the threshold of a clue; a case is not padded with doubts.

        Where none does and the verdict is a clue all the same, the doubts are the case together.
        """
        policy = self._services.policy_in_force(tx)
        alone = tuple(f for f in assessment.findings if policy.raises(f.type, f.score))
        if alone or assessment.verdict is not Verdict.CLUE:
            return alone
        return tuple(f for f in assessment.findings if f.type not in policy.shadow)

    def note_seal(self, tx: Connection, seal_id: str) -> None:
        """An attempt to seal has ended; where tickets leave by themselves, now is the time.

        The proof comes first: a ticket that is sent at once carries a bundle, and a failed seal
        says 未完成固证 in it.
        """
        seal = seal_store.get(tx, seal_id)
        if not clues.exists(tx, seal.clue_id):
            return  # an officer sealed a page that is no clue
        counts = seal_store.seal_of(tx, seal.clue_id) or seal
        clues.set_seal(tx, clue_id=seal.clue_id, seal=counts.status)
        clue = clues.get(tx, seal.clue_id)
        default = self._services.settings.dispatch.automatic
        if clue.state is ClueState.PENDING and issue.leaves_by_itself(
            clue, self._services.desk, default=default
        ):
            self.issue(tx, clue, automatic=default)

    def note_page(
        self, tx: Connection, snapshot: Snapshot, *, outcome: Outcome, reason: str
    ) -> None:
        """Tell the clues that were seen at this address that their page has gone, or is back."""
        lifecycle.note_page(
            tx,
            snapshots=[kept.id for kept in evidence.snapshots_of(tx, snapshot.url)],
            url=snapshot.url,
            signal=lifecycle.signal_of(outcome),
            reason=reason,
            at=snapshot.captured_at,
        )

    def record_outcome(self, tx: Connection, *, ticket_id: str, saying: Saying) -> Recorded:
        """Record what an office says has become of a ticket, with all that follows from it."""
        services = self._services
        recorded = outcomes.record(tx, ticket_id=ticket_id, saying=saying, desk=services.desk)
        consequences.follow(tx, recorded, desk=services.desk, ids=services.ids)
        kind = services.desk.outcomes.get(recorded.outcome.code).register_kind
        if kind and recorded.fresh:
            self._register(tx, kind, recorded)
        return evolve(recorded, ticket=ledger.get(tx, ticket_id))

    def _register(self, tx: Connection, kind: str, recorded: Recorded) -> None:
        """What an office decided about a party is what the registers answer from that day on."""
        outcome, ticket = recorded.outcome, recorded.ticket
        subject, stated = clues.get(tx, ticket.clue_id).subject, outcome.particulars
        cells = {
            "name": subject.name,
            "usci": subject.usci,
            "licence_no": subject.licence_no,
            "number": stated.decision_no,
            "authority": self._services.desk.offices.get(outcome.office).name,
            "region": ticket.region,
            "valid_from": str(stated.since or civil_date(outcome.at)),
            "valid_until": str(stated.until or ""),
        }
        registers.record_entry(
            tx,
            kind,
            {name: value for name, value in cells.items() if value},
            source=f"{ticket.number} {outcome.id}",
            as_of=civil_date(outcome.at),
            at=outcome.at,
        )

    def note_recheck(
        self, tx: Connection, snapshot: Snapshot, urls: Collection[str], outcome: Outcome
    ) -> None:
        """A page was seen: tell the tickets that wait for another look at it. What has not changed
        says what its last full capture said; a refusal to show the page says nothing."""
        if outcome is Outcome.NOT_MODIFIED:
            said = evidence.latest(tx, snapshot.url, Outcome.OK)
        elif outcome is Outcome.OK or outcome.is_gone:
            said = snapshot if outcome is Outcome.OK else None
        else:
            return
        rechecks.seen(tx, urls=urls, snapshot_id=said.id if said else None, at=snapshot.captured_at)

    def move(
        self,
        tx: Connection,
        clue: Clue,
        move: ClueMove,
        *,
        actor: str,
        note: str = "",
        into: str | None = None,
    ) -> None:
        """A person decides about a clue; ISSUE opens its tickets. Raises IllegalMove."""
        if move is ClueMove.ISSUE:
            self.issue(tx, clue, automatic=False, actor=actor)
            return
        at = self._services.clock.now()
        clue_moves.clue_move(
            tx, clue_id=clue.id, move=move, actor=actor, at=at, note=note, into=into
        )

    def issue(
        self, tx: Connection, clue: Clue, *, automatic: bool, actor: str = SYSTEM
    ) -> list[Ticket]:
        """Open the clue's tickets, one per family; sent at once only when `automatic`."""
        services = self._services
        return issue.issue(
            tx,
            clue=clue,
            desk=services.desk,
            ids=services.ids,
            at=services.clock.now(),
            automatic=automatic,
            actor=actor,
        )


def _shows_more(clue: Clue, assessment: Assessment) -> bool:
    """Whether pictures now say what the clue was first raised on without them."""
    read = any(finding.picture for finding in assessment.findings)
    return read and any(finding.picture is None for finding in clue.findings)


def seal_request(
    clue: Clue, snapshot: Snapshot, at: datetime, *, again: str | None = None
) -> CaptureRequest:
    """Ask for the sealed proof of what was captured: once per clue, and once more for each reason
    (a recurrence by its number, words that were read in its pictures)."""
    reasons = (again,) if again else ()
    return CaptureRequest(
        id=derive_id("seal", clue.id, *reasons),
        reason=RequestReason.SEAL,
        url=snapshot.url,
        source_id=snapshot.source_id,
        clue_id=clue.id,
        snapshot_id=snapshot.id,
        requested_at=at,
        deadline=at + SEAL_WITHIN,
    )


def seal_again(clue: Clue, at: datetime, *, actor: str, purpose: str) -> CaptureRequest:
    """A person asks for one more attempt to seal what the clue was raised on."""
    first = min(clue.sightings, key=lambda sighting: sighting.seen_at, default=None)
    return CaptureRequest(
        id=derive_id("seal", clue.id, at.isoformat()),
        reason=RequestReason.SEAL,
        url=clue.url,
        clue_id=clue.id,
        snapshot_id=first.snapshot_id if first else None,
        requested_at=at,
        deadline=at + SEAL_WITHIN,
        actor=actor,
        purpose=purpose,
    )


def _attributed(
    tx: Connection, document: Document, facts: Sequence[Fact], assessment: Assessment
) -> Subject:
    region = scope.document_region(tx, document)
    return subjects.attribute(document, facts, assessment, source_region=region)
