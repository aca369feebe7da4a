"""What an office gets: the transfer letter and the evidence bundle, built when they leave."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from cluewatch.access import note_export
from cluewatch.bootstrap import Services
from domain.captures import SealStatus
from domain.clues import Clue
from domain.errors import RetryableError
from domain.tickets import Move, Ticket
from evidence.bundle import BundleForm, BundleInfo, write_bundle
from evidence.sealing import seal_of
from tickets import assistance, clues, complaints, ledger, opinions
from tickets.delivery import deliver_due
from tickets.letters import Sender, transfer_letter
from tickets.notices import notice, request_letter
from tickets.outbox import Delivery, DeliveryKind
from tickets.outward import outward


class Deliveries:
    """The worker that hands packages to offices."""

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._owner = owner

    def work(self) -> int:
        """Deliver what is due; returns how many packages left."""
        services = self._services
        directory = Path(tempfile.mkdtemp(prefix="delivery-", dir=services.settings.home))
        try:
            report = deliver_due(
                services.truth,
                offices=services.desk.offices,
                transports=services.transports,
                build_package=PackageBuilder(services, directory),
                owner=self._owner,
                clock=services.clock,
            )
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        return report.delivered


class PackageBuilder:
    """Letter and bundle of deliveries; all offices that a clue goes to get the same bundle.

    `directory` belongs to the caller, who removes it when the deliveries have left.
    """

    def __init__(self, services: Services, directory: Path) -> None:
        self._services = services
        self._directory = directory
        self._bundles: dict[str, BundleInfo] = {}

    def __call__(self, delivery: Delivery) -> Sequence[Path]:
        """The files of one delivery. Raises RetryableError while the clue is being sealed."""
        with self._services.truth.read() as tx:
            ticket = ledger.get(tx, delivery.ticket_id)
            clue = clues.get(tx, ticket.clue_id)
            if delivery.kind is DeliveryKind.REQUEST:
                return (self._request(tx, delivery, ticket, clue),)
            if delivery.kind is not DeliveryKind.CASE:
                return (self._notice(tx, delivery, ticket, clue),)
            bundle = self._bundle(tx, clue)
            letter = self._transfer(tx, delivery, ticket, clue, bundle)
        if bundle is None:
            return (letter,)
        self._note_export(delivery, ticket, bundle)
        return (letter, bundle.path)

    def _bundle(self, tx: Connection, clue: Clue) -> BundleInfo | None:
        """The proof; None where a clue was only reported, so that no page can prove it."""
        if clue.seal is SealStatus.PENDING:
            raise RetryableError("线索正在固证", at=clue.number)
        if seal_of(tx, clue.id) is None and complaints.of_clue(tx, clue.id):
            return None
        if clue.id not in self._bundles:
            target = self._directory / f"{clue.number}-evidence.zip"
            self._bundles[clue.id] = build_bundle(self._services, tx, clue, target)
        return self._bundles[clue.id]

    def _transfer(
        self,
        tx: Connection,
        delivery: Delivery,
        ticket: Ticket,
        clue: Clue,
        bundle: BundleInfo | None,
    ) -> Path:
        services = self._services
        recipient = services.desk.offices.get(delivery.office)
        reported = complaints.of_clue(tx, clue.id)
        content = transfer_letter(
            ticket=ticket,
            clue=clue,
            recipient=recipient,
            offices=services.desk.offices,
            sender=sender(services),
            titles=services.type_titles,
            seal=seal_of(tx, clue.id),
            bundle_digest=bundle.root_digest if bundle else None,
            opinion=opinions.latest(tx, ticket.id),
            exchange=services.desk.routes.exchange_with(recipient.kind),
            origins=tuple(dict.fromkeys(f"举报（{c.source}）" for c in reported)),
            at=services.clock.now(),
        )
        return self._letter(delivery, ticket, "letter", content)

    def _note_export(self, delivery: Delivery, ticket: Ticket, bundle: BundleInfo) -> None:
        """Only this writes: building takes long, and whoever captures must not wait for it."""
        with self._services.truth.write() as tx:
            note_export(
                tx,
                actor="delivery",
                subject=ticket.clue_id,
                digest=bundle.root_digest,
                form=BundleForm.MASKED,
                purpose=f"{ticket.number} 移送 {delivery.office}",
                at=self._services.clock.now(),
            )

    def _notice(self, tx: Connection, delivery: Delivery, ticket: Ticket, clue: Clue) -> Path:
        event = ledger.event(tx, ticket.id, delivery.reference or Move.RECALL.value)
        content = notice(
            kind=delivery.kind,
            ticket=ticket,
            clue=clue,
            event=event,
            recipient=self._services.desk.offices.get(delivery.office),
            sender=sender(self._services),
            at=self._services.clock.now(),
        )
        return self._letter(delivery, ticket, "notice", content)

    def _request(self, tx: Connection, delivery: Delivery, ticket: Ticket, clue: Clue) -> Path:
        request = assistance.get(tx, delivery.reference)
        offices = self._services.desk.offices
        content = request_letter(
            request=request,
            ticket=ticket,
            clue=clue,
            asking=offices.get(request.asking),
            recipient=offices.get(delivery.office),
            sender=sender(self._services),
            at=self._services.clock.now(),
        )
        return self._letter(delivery, ticket, "request", content)

    def _letter(self, delivery: Delivery, ticket: Ticket, name: str, content: bytes) -> Path:
        path = self._directory / delivery.id / f"{ticket.number}-{name}.docx"
        path.parent.mkdir()
        path.write_bytes(content)
        return path


def sender(services: Services) -> Sender:
    """The agency of the settings, as letters name it."""
    agency = services.settings.agency
    return Sender(name=agency.name, contact=agency.contact, legal_basis=agency.legal_basis)


def build_bundle(
    services: Services,
    tx: Connection,
    clue: Clue,
    target: Path,
    form: BundleForm = BundleForm.MASKED,
) -> BundleInfo:
    """The evidence bundle of a clue as a ZIP. Raises EvidenceError when there is no seal.

    For an ORIGINAL one the caller has seen to the leave of two persons (`originals.export`).
    """
    is_original = form is BundleForm.ORIGINAL
    return write_bundle(
        target=target,
        directory=services.settings.evidence_directory,
        tx=tx,
        clue=clue if is_original else outward(clue),
        type_names=services.type_titles,
        form=form,
        keys=services.keys if is_original else None,
    )
