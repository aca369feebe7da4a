"""From complaint to clue: exports taken in, pages looked at, and what only was reported raised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from cluewatch import intake
from cluewatch.bootstrap import Services
from domain.captures import SealStatus
from domain.clues import Clue
from domain.errors import ConfigError, PermanentError
from domain.findings import Assessment, Finding, Verdict
from domain.ids import derive_id
from domain.pages import Document, PageKind
from storage import spreadsheets
from tickets import clues, complaint_file, complaints, subjects
from tickets.complaints import Complaint, ComplaintSource, ComplaintState, Incoming
from tickets.vault import Reporter

_QUOTE = 500


@frozen(kw_only=True)
class TakenIn:
    """What became of a row of an export: the complaint, new or known before, or the error."""

    row: int
    number: str | None
    created: bool
    suggestion: str
    error: str | None


def import_export(
    services: Services, file: Path, source: ComplaintSource, *, actor: str, dry_run: bool
) -> list[TakenIn]:
    """Take in an export (XLSX, CSV); rows that are wrong are reported, the others kept.

    `suggestion` says where a complaint may belong that is not ours. With `dry_run` nothing stays.
    """
    results = []
    with services.truth.write() as tx, tx.begin_nested() as trial:
        for row in complaint_file.read(spreadsheets.rows(file), source):
            if row.incoming is None:
                results.append(
                    TakenIn(row=row.row, number=None, created=False, suggestion="", error=row.error)
                )
                continue
            complaint, created = complaints.receive(
                tx,
                row.incoming,
                row.reporter,
                actor=actor,
                at=services.clock.now(),
                desk=services.desk,
                ids=services.ids,
            )
            place = services.desk.places.suggested(complaint.words)
            results.append(
                TakenIn(
                    row=row.row,
                    number=complaint.number,
                    created=created,
                    suggestion=place.id if place.words else "",
                    error=None,
                )
            )
        if dry_run:
            trial.rollback()
    return results


def register(
    services: Services,
    *,
    source: ComplaintSource,
    external_no: str,
    party: str,
    words: str,
    region: str,
    reporter: Reporter | None,
    actor: str,
) -> tuple[Complaint, bool]:
    """Take in one letter, visit or referral; the flag is false when it is known already.

    Without a number of its own it is known by its words and its party.
    """
    at = services.clock.now()
    incoming = Incoming(
        source=source,
        external_no=external_no or derive_id("letter", words, party),
        received_at=at,
        party=party,
        words=words,
        region=region,
        urls=complaint_file.addresses_in(words),
    )
    with services.truth.write() as tx:
        return complaints.receive(
            tx,
            incoming,
            reporter,
            actor=actor,
            at=at,
            desk=services.desk,
            ids=services.ids,
        )


def accept(services: Services, reference: str, *, actor: str) -> Complaint:
    """Accept a complaint and ask for the pages that it names; a clue on one of them is tied to it.

    An address that may not be visited leaves the complaint as it was: PermanentError names it.
    """
    with services.truth.read() as tx:
        urls = complaints.get(tx, reference).urls
    for url in urls:
        services.egress.check(url)
    with services.truth.write() as tx:
        accepted = complaints.accept(tx, reference, actor=actor, at=services.clock.now())
    if urls:
        intake.request_pages(services, urls)
    return accepted


def raise_clue(
    services: Services, reference: str, *, types: Sequence[str], actor: str
) -> tuple[Clue, Complaint]:
    """Raise a clue on what was reported, with the types that a person sees in it.

    It says 未完成固证, because no page proves it. Raises PermanentError unless the complaint is
    accepted, names its party, and the types exist.
    """
    at = services.clock.now()
    rules = services.rulebook.rules
    unknown = [slug for slug in types if slug not in rules]
    if unknown or not types:
        raise ConfigError(f"规则库没有违法类型“{'、'.join(unknown)}”")
    with services.truth.write() as tx:
        complaint = complaints.get(tx, reference)
        if complaint.state is not ComplaintState.ACCEPTED or not complaint.party:
            raise PermanentError("只有已受理且写明被举报人的投诉可以立线索", at=complaint.number)
        document = _document(complaint)
        judged = _assessment(services, complaint, document, types)
        raised = clues.raise_clues(
            tx,
            document=document,
            assessment=judged,
            snapshot_id=f"complaint-{complaint.id}"[:64],
            subject=subjects.attribute(document, (), judged, source_region=complaint.region),
            types=services.route_types,
            ids=services.ids,
            at=at,
        )
        clue = raised[0].clue
        if raised[0].created:
            clues.set_seal(tx, clue_id=clue.id, seal=SealStatus.INCOMPLETE)
        tied = complaints.tie(tx, complaint.id, clue_id=clue.id, actor=actor, at=at)
        return clues.get(tx, clue.id), tied


def _document(complaint: Complaint) -> Document:
    url = complaint.urls[0] if complaint.urls else f"complaint:{complaint.number}"
    return Document(
        id=derive_id("complaint", complaint.id),
        url=url,
        canonical_url=url,
        site=f"complaint.{complaint.number}",
        source_id=None,
        captured_at=complaint.received_at,
        payload_digest="",
        page="complaint@1",
        kind=PageKind.OTHER,
        title=f"举报（{complaint.source}）：{complaint.party}",
        text=complaint.words,
        blocks=(),
        subject_hint=complaint.party,
    )


def _assessment(
    services: Services, complaint: Complaint, document: Document, types: Sequence[str]
) -> Assessment:
    quote = complaint.words[:_QUOTE]
    day = services.clock.now().date()
    findings = tuple(
        Finding(
            id=derive_id(document.id, slug),
            document_id=document.id,
            type=slug,
            start=0,
            end=len(quote),
            quote=quote,
            score=1.0,
            origin=f"complaint:{complaint.number}",
            articles=tuple(a for a in services.rulebook.rules[slug].articles if a.in_force(day)),
            explanation="举报内容，由人员认定所涉类型，尚无网页证据",
            segment=derive_id("complaint", complaint.id, slug),
        )
        for slug in dict.fromkeys(types)
    )
    return Assessment(
        id=derive_id("assessment", document.id, *types),
        document_id=document.id,
        verdict=Verdict.CLUE,
        findings=findings,
        policy="complaint",
        rulebook=services.rulebook.version,
        judged_at=services.clock.now(),
    )
