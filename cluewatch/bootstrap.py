"""The one place where parts are wired together: settings in, working collaborators out."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_network

from sqlalchemy import Connection

from classifiers import model as models
from classifiers import policy as policies
from classifiers import rulebook as rulebooks
from classifiers.judge import Judge
from classifiers.pictures.reader import ChildReader
from classifiers.policy import Policy
from classifiers.rulebook import Rulebook
from cluewatch import VERSION, migrations, sending
from cluewatch.clock import RemoteClock, SystemClock
from cluewatch.first_key import make_first_key
from cluewatch.ids import UuidIds
from cluewatch.settings import Settings
from cluewatch.thresholds import store as thresholds
from cluewatch.time_server import TimeServer
from cluewatch.timestamping import authority
from crawlers import outcomes, source_store
from crawlers.browser import ChromiumRenderer
from crawlers.devices import device_for
from crawlers.egress import Egress
from crawlers.visits import PacedRenderer
from documents.masking import mask
from domain.captures import Capture, Profile, Snapshot
from domain.outcomes import Outcome
from domain.ports import Ids, SearchIndex, Segmenter, TimeReference, Transport
from evidence import keyring
from evidence.keyring import KeyRing
from evidence.reader import EvidenceReader
from evidence.sealing import Sealer
from evidence.timestamps import Timestamps
from evidence.writer import EvidenceWriter
from indexer.backends.elasticsearch import ElasticsearchIndex
from indexer.backends.embedded import EmbeddedIndex
from language.tokens import segmenter
from registers.book import RegisterBook
from storage.database import Database, Durability
from tickets.control.book import ControlBook, load_book
from tickets.desk import Desk, load_desk
from tickets.routes import RouteType
from tickets.transports.smtp import MailServer


class Services:
    """Everything a command or worker may need, built when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._in_force: Judge | None = None

    def prepare(self) -> None:
        """Create or upgrade both schemas. Safe to repeat."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        migrations.upgrade(self.truth, migrations.History.TRUTH)
        migrations.upgrade(self.frontier, migrations.History.FRONTIER)
        make_first_key(self.settings.key_file, self.truth)

    def close(self) -> None:
        """Return connections and end the browser; what was never asked for was never opened."""
        for name in ("renderer", "picture_reader", "truth", "frontier", "clock"):
            opened = self.__dict__.pop(name, None)
            if opened is not None:
                opened.close()

    @cached_property
    def clock(self) -> SystemClock | RemoteClock:
        """The civil clock."""
        url = self.settings.clock.url
        return RemoteClock(url) if url else SystemClock()

    @cached_property
    def ids(self) -> Ids:
        """Source of new ids."""
        return UuidIds()

    @cached_property
    def truth(self) -> Database:
        """Evidence, documents, tickets, registers, people."""
        return Database(self.settings.truth_url)

    @cached_property
    def frontier(self) -> Database:
        """What is to be fetched when."""
        return Database(self.settings.frontier_url, durability=Durability.NORMAL)

    @cached_property
    def evidence(self) -> EvidenceReader:
        """Reads what is kept."""
        return EvidenceReader(directory=self.settings.evidence_directory)

    @property
    def keys(self) -> KeyRing:
        """The keys of sealed originals, read afresh. Raises ConfigError."""
        return keyring.load(self.settings.key_file)

    def evidence_writer(self, writer: str) -> EvidenceWriter:
        """A writer with a WARC file and a ledger chain of its own; one per process."""
        return EvidenceWriter(
            directory=self.settings.evidence_directory,
            database=self.truth,
            clock=self.clock,
            writer=writer,
        )

    @cached_property
    def rulebook(self) -> Rulebook:
        """The violation types and their rules."""
        return rulebooks.load()

    @cached_property
    def policy(self) -> Policy:
        """The policy as it is shipped, with the types in shadow that the settings name."""
        return policies.load().shadowing(self.settings.rules.shadow)

    @cached_property
    def judge(self) -> Judge:
        """Rules, models and `policy` as one verdict."""
        opinion = models.load(self.policy.model.open_from, self.settings.model.checkpoint)
        return Judge(self.rulebook, self.policy, opinion=opinion)

    def policy_in_force(self, tx: Connection) -> Policy:
        """`policy` with the thresholds that people have approved up to now."""
        return self.policy.approving(thresholds.in_force(tx))

    def judge_in_force(self, tx: Connection) -> Judge:
        """`judge` under the policy in force; the same one until that changes."""
        policy = self.policy_in_force(tx)
        if (self._in_force or self.judge).policy != policy:
            self._in_force = self.judge.under(policy)
        return self._in_force or self.judge

    @cached_property
    def picture_reader(self) -> ChildReader:
        """Reads words and codes in pictures, in a process of its own."""
        wanted = self.settings.pictures
        return ChildReader(memory=wanted.memory * 1024**2, seconds=wanted.seconds)

    @cached_property
    def route_types(self) -> tuple[RouteType, ...]:
        """What tickets need to know of the rulebook, in the rulebook's order."""
        return tuple(
            RouteType(slug=slug, family=rule.family, severity=rule.severity, order=order)
            for order, (slug, rule) in enumerate(self.rulebook.rules.items())
        )

    @cached_property
    def type_titles(self) -> dict[str, str]:
        """Chinese titles of the violation types by slug."""
        return {slug: rule.title_zh for slug, rule in self.rulebook.rules.items()}

    @cached_property
    def desk(self) -> Desk:
        """Offices, routes and clocks, proved total and unambiguous."""
        dispatch, region = self.settings.dispatch, self.settings.agency.region or None
        return load_desk(
            self.route_types, agencies=dispatch.agencies, calendar=dispatch.calendar, region=region
        )

    @cached_property
    def control(self) -> ControlBook:
        """Risk policy, measures and the quarterly form."""
        return load_book(self.desk, **self.settings.control.model_dump())

    @cached_property
    def registers(self) -> RegisterBook:
        """Licence facts."""
        return RegisterBook(self.truth, region_of_source=self._region_of_source)

    def _region_of_source(self, source_id: str) -> str | None:
        with self.truth.read() as tx:
            found = source_store.find(tx, source_id)
        return found.region if found is not None else None

    @cached_property
    def segmenter(self) -> Segmenter:
        """Chinese words."""
        return segmenter()

    @cached_property
    def index(self) -> SearchIndex:
        """The search backend that the settings name."""
        search = self.settings.search
        if search.url:
            return ElasticsearchIndex(
                search.url,
                prefix=search.prefix,
                segmenter=self.segmenter,
                api_key=search.api_key.get_secret_value() or None,
                ca_certificate=search.ca_certificate,
            )
        return EmbeddedIndex(self.settings.index_directory, self.segmenter)

    @cached_property
    def egress(self) -> Egress:
        """Which addresses may be connected to."""
        network = self.settings.network
        return Egress(
            resolve=network.resolve,
            allowed=tuple(ip_network(text) for text in network.allowed),
            agency_set=self.settings.agency.complete,
        )

    @cached_property
    def transports(self) -> dict[str, Transport]:
        """The ways to an office, by channel; mail only when a server is set."""
        return sending.transports(self.settings, way_out=self.egress, clock=self.clock)

    @cached_property
    def mail_server(self) -> MailServer | None:
        """The server that takes our mail; None while the settings name none."""
        return sending.mail_server(self.settings.mail)

    @property
    def user_agent(self) -> str:
        """The honest name under which pages are asked for."""
        return device_for(Profile.DESKTOP, self.agent_token).user_agent

    @property
    def agent_token(self) -> str:
        """What every user agent carries (sources.md 0.1)."""
        contact = self.settings.agency.contact or "loopback"
        return f"MedAdMonitor/{VERSION} (+{contact})"

    @cached_property
    def renderer(self) -> ChromiumRenderer:
        """A browser behind the egress rules."""
        return ChromiumRenderer(
            executable=self.settings.browser.executable,
            egress=self.egress,
            token=self.agent_token,
        )

    @cached_property
    def sealer(self) -> Sealer:
        """Makes sealed sets."""
        return Sealer(
            directory=self.settings.evidence_directory,
            database=self.truth,
            clock=self.clock,
            renderer=self.paced_renderer,
            judge=self._judge_visit,
            keep=self._keep_visit,
            keys=self.keys,
            mask=mask,
            reference=self.time_reference,
            timestamps=self.timestamps,
            rules=self.settings.evidence.seal_rules,
        )

    @cached_property
    def paced_renderer(self) -> PacedRenderer:
        """The browser, taking its turn between the requests of the crawl."""
        return PacedRenderer(
            self.renderer,
            frontier=self.frontier,
            clock=self.clock,
            egress=self.egress,
            delay_of=self._delay_of,
            name=f"visit-{socket.gethostname()}-{os.getpid()}",
        )

    @cached_property
    def time_reference(self) -> TimeReference | None:
        """Trusted time, None when no time server is set."""
        host = self.settings.evidence.time_server
        return TimeServer(host, egress=self.egress, clock=self.clock) if host else None

    @cached_property
    def timestamps(self) -> Timestamps | None:
        """The timestamp authority, None when none is set. Raises ConfigError."""
        url, roots = self.settings.evidence.timestamp_url, self.settings.evidence.timestamp_roots
        return authority(url, roots, self.egress) if url else None

    def _judge_visit(
        self, *, url: str, status: int, headers: Sequence[tuple[str, str]], body: bytes
    ) -> tuple[Outcome, str]:
        found = outcomes.judge(
            status=status, url=url, headers=headers, body=body, complete=True, at=self.clock.now()
        )
        return found.outcome, found.reason

    def _keep_visit(self, capture: Capture) -> Snapshot:
        with self.evidence_writer("officer") as writer:
            return writer.record([capture])[0]

    def _delay_of(self, host: str) -> timedelta | None:
        with self.truth.read() as tx:
            wanted = [s.delay for s in source_store.all(tx) if host in s.hosts]
        return timedelta(seconds=max(wanted)) if wanted else None
