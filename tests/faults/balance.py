"""The one check after every fault: nothing is lost, nothing is doubled, everything verifies."""

from __future__ import annotations

from attrs import asdict, frozen
from sqlalchemy import Connection, Table, func, select

from cluewatch import queues
from cluewatch.bootstrap import Services
from cluewatch.projection import Projection
from crawlers.frontier import reports as frontier
from documents import store as documents
from documents.tables import document_captures
from documents.tables import documents as document_table
from domain.findings import Verdict
from domain.ports import SearchIndex
from domain.queries import Everything, SearchRequest
from evidence.tables import outbox, snapshots
from evidence.verify import verify
from storage.leases import WorkState
from tickets import clues, ledger, worklist
from tickets.outbox import Hold
from tickets.tables import clue_segments, deliveries, sightings
from tickets.tables import tickets as ticket_table
from tickets.worklist import ClueFilter, TicketFilter


@frozen(kw_only=True)
class Balance:
    """What there is once everything has settled; the same with and without a fault."""

    claimed: int
    captures: int
    documents: int
    clues: int
    tickets: int
    deliveries: int
    indexed: int

    def __str__(self) -> str:
        return "  ".join(f"{name} {count}" for name, count in asdict(self).items())


def balance(services: Services) -> Balance:
    """Assert the books and return the counts."""
    report = verify(directory=services.settings.evidence_directory, database=services.truth)
    assert report.problems == ()
    with services.frontier.read() as tx:
        books = frontier.conservation(tx)
    assert books.balanced, books
    with services.truth.read() as tx:
        _nothing_waits(tx)
        _nothing_is_lost(tx)
        _nothing_is_doubled(tx)
        found = Balance(
            claimed=books.claimed,
            captures=_count(tx, snapshots),
            documents=documents.count(tx),
            clues=worklist.count_clues(tx, ClueFilter()),
            tickets=worklist.count_tickets(tx, TicketFilter()),
            deliveries=_count(tx, deliveries),
            indexed=services.index.count(),
        )
    _index_is_a_projection(services)
    return found


def _nothing_waits(tx: Connection) -> None:
    """A package that is held back until an opinion has been given is no work yet."""
    for name, table in queues.QUEUES.items():
        query = select(table).where(table.c.work_state != WorkState.DONE.value)
        left = tx.execute(query).mappings().all()
        assert [row for row in left if row.get("hold", Hold.FREE) == Hold.FREE] == [], name


def _nothing_is_lost(tx: Connection) -> None:
    """Every capture was announced; every document of one; every grave verdict is a clue's."""
    announced = select(func.count()).select_from(outbox).where(outbox.c.topic == "snapshot")
    assert tx.scalar(announced) == _count(tx, snapshots)
    seen = select(document_captures.c.snapshot_id).distinct()
    assert set(tx.scalars(seen)) <= set(tx.scalars(select(snapshots.c.id)))
    grave = select(document_table.c.id).where(document_table.c.verdict == Verdict.CLUE.value)
    accused = set(tx.scalars(select(sightings.c.document_id)))
    assert set(tx.scalars(grave)) <= accused
    for entry in worklist.every_clue(tx, ClueFilter()):
        assert clues.get(tx, entry.id).findings
        for ticket in ledger.of_clue(tx, entry.id):
            assert ledger.verify_events(tx, ticket.id) == ()


def _nothing_is_doubled(tx: Connection) -> None:
    """By what people would call the same thing, not by the keys that the schema guards."""
    text, place = document_table.c.text_digest, document_table.c.url_key
    _unique(tx, document_table, place, text, document_table.c.page)
    _unique(tx, clue_segments, clue_segments.c.subject_id, clue_segments.c.segment)
    kind = (ticket_table.c.clue_id, ticket_table.c.family, ticket_table.c.part)
    _unique(tx, ticket_table, *kind)
    sent = deliveries.c
    _unique(tx, deliveries, sent.ticket_id, sent.office, sent.kind, sent.reference)
    for ticket in worklist.every_ticket(tx, TicketFilter()):
        packages = [e for e in ledger.events(tx, ticket.id) if e.move == "deliver"]
        assert len(packages) == len({e.note for e in packages}), ticket.number


def _unique(tx: Connection, table: Table, *columns: object) -> None:
    rows = tx.execute(select(*columns)).all()  # type: ignore[call-overload] # any columns
    assert len(rows) == len(set(rows)), table.name


def _index_is_a_projection(services: Services) -> None:
    before = _answer(services.index)
    Projection(services, owner="balance").rebuild(lambda _: None)
    assert _answer(services.index) == before


def _answer(index: SearchIndex) -> tuple[object, ...]:
    facets = ("verdict", "type", "site", "month", "office", "region")
    found = index.search(SearchRequest(query=Everything(), facets=facets))
    return sorted(index.scan(Everything())), found.total, found.facets


def _count(tx: Connection, table: Table) -> int:
    return tx.scalar(select(func.count()).select_from(table)) or 0
