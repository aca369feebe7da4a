"""What comes in by command: single addresses, imported files, lists of sources."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen
from sqlalchemy import Connection

from cluewatch.bootstrap import Services
from crawlers import discovery, source_store
from crawlers.config import CrawlConfig
from crawlers.discovery import Sign
from crawlers.engine import crawl
from crawlers.frontier import links, pauses
from crawlers.importers import ImportOptions, ImportRecord, read_file
from domain.captures import CaptureRequest, RequestReason, Snapshot
from domain.errors import PermanentError
from domain.ids import derive_id
from domain.sources import Source, SourceKind
from evidence import requests
from evidence.writer import EvidenceWriter

BATCH = 25
COMPLAINED = 30
"""What being named in a complaint weighs for a possible source."""
AT_ONCE = timedelta(minutes=1)
"""An address given by hand is looked at now: how far ahead its crawl may plan."""


@frozen(kw_only=True)
class Imported:
    """One record of an imported file, and the snapshot that keeps it if it could be read."""

    file: Path
    record: ImportRecord
    snapshot: Snapshot | None = None


def import_file(
    services: Services, writer: EvidenceWriter, path: Path, options: ImportOptions
) -> Iterator[Imported]:
    """Keep every record of a file as evidence, in groups; addresses become capture requests,
    and whom complaints are about goes to the review queue of sources."""
    for group in _groups(read_file(path, options=options)):
        captures = [record.capture for record in group if record.capture is not None]
        kept = iter(writer.record(captures) if captures else ())
        wanted = [record.url for record in group if record.request and record.url]
        if wanted:
            request_pages(services, wanted)
        signs = [sign for record in group if (sign := _sign(path, record)) is not None]
        if signs:
            with services.truth.write() as tx:
                discovery.note(tx, signs, at=services.clock.now())
        for record in group:
            snapshot = next(kept) if record.capture is not None else None
            yield Imported(file=path, record=record, snapshot=snapshot)


def _sign(path: Path, record: ImportRecord) -> Sign | None:
    if record.lead is None:
        return None
    reason = f"投诉提及（{record.record}）"
    return Sign(lead=record.lead, place=path.name, reason=reason, weight=COMPLAINED)


def request_pages(services: Services, urls: Sequence[str]) -> None:
    """Ask the crawler for these pages, each under a source made for its host if none has it."""
    now = services.clock.now()
    with services.truth.write() as tx:
        for url in urls:
            source = _source_for(tx, url, services.settings.agency.region or "000000")
            requests.ask(
                tx,
                CaptureRequest(
                    id=derive_id("import", url, now.isoformat()),
                    reason=RequestReason.LINK,
                    url=url,
                    source_id=source.id,
                    requested_at=now,
                ),
            )


def put_sources(services: Services, sources: Sequence[Source]) -> None:
    """Put sources under watch; their start addresses are due at once."""
    with services.truth.write() as tx:
        for source in sources:
            source_store.put(tx, source)
    with services.frontier.write() as tx:
        links.seed(tx, sources, now=services.clock.now())
        for source in sources:
            if source.operator:
                pauses.extend(tx, source.operator, source.hosts)


def stop_organisation(services: Services, name: str, *, actor: str, reason: str) -> int:
    """Stop every host of the sources that this organisation operates; returns how many.

    Raises PermanentError when no source names it as its operator.
    """
    with services.truth.read() as tx:
        found = source_store.all(tx)
    hosts = {host for source in found if source.operator == name for host in source.hosts}
    if not hosts:
        raise PermanentError("没有监测对象以此为运营者；见 cluewatch source list", at=name)
    with services.frontier.write() as tx:
        pauses.pause_organisation(
            tx, name, sorted(hosts), at=services.clock.now(), actor=actor, reason=reason
        )
    return len(hosts)


def crawl_now(services: Services, urls: Sequence[str], *, whole_sites: bool) -> None:
    """Fetch these addresses now; with `whole_sites` also what their sites link to.

    Raises PermanentError naming an address whose host may not be visited, or has been stopped.
    """
    for url in urls:
        services.egress.check(url)
        _check_stops(services, url)
    if whole_sites:
        region = services.settings.agency.region or "000000"
        with services.truth.write() as tx:
            sources = [_source_for(tx, url, region, start=True) for url in urls]
        put_sources(services, sources)
    else:
        request_pages(services, urls)
    crawl(crawl_config(services, worker="crawl-by-hand", ahead=AT_ONCE))


def _check_stops(services: Services, url: str) -> None:
    with services.frontier.read() as tx:
        stop = pauses.covering(tx, urlsplit(url).hostname or "")
    if stop is not None:
        raise PermanentError(f"采集已暂停（{stop.reason}）；恢复：cluewatch crawl resume", at=url)


def crawl_config(
    services: Services,
    *,
    worker: str,
    ahead: timedelta | None = None,
    stop: threading.Event | None = None,
) -> CrawlConfig:
    """What a crawl process works with; `ahead` ends it when nothing is due within that time."""
    return CrawlConfig(
        clock=services.clock,
        frontier=services.frontier,
        truth=services.truth,
        writer=lambda: services.evidence_writer(worker),
        egress=services.egress,
        user_agent=services.user_agent,
        worker=worker,
        pictures_a_day=services.settings.pictures.per_host,
        horizon=services.clock.now() + ahead if ahead is not None else None,
        stop=stop or threading.Event(),
    )


def _source_for(tx: Connection, url: str, region: str, *, start: bool = False) -> Source:
    host = urlsplit(url).hostname
    if not host:
        raise PermanentError("不是完整的网址", at=url)
    for source in source_store.all(tx):
        if host in source.hosts:
            return source
    made = Source(
        id=f"by-hand.{host}",
        kind=SourceKind.UNKNOWN,
        title=host,
        region=region,
        start_urls=(url,) if start else (),
        hosts=(host,),
    )
    source_store.put(tx, made)
    return made


def _groups(records: Iterator[ImportRecord]) -> Iterator[list[ImportRecord]]:
    while group := list(islice(records, BATCH)):
        yield group
