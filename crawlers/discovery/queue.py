"""The review queue of candidate sources, in the truth database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, func, select, update

from crawlers import source_store
from crawlers.discovery.records import Candidate, CandidateKind, CandidateState, Lead, Sign
from crawlers.tables import candidate_signs, candidates
from domain.errors import NotFound, PermanentError
from domain.ids import derive_id
from domain.sources import Source, SourceKind
from storage.upsert import upsert

HIGHEST = 100
_REASONS = 8


def note(tx: Connection, signs: Iterable[Sign], *, at: datetime) -> None:
    """Put signs into the queue. The same place saying the same thing again changes nothing, and
    what a person has decided stays decided; only its score and date go on."""
    # In one order everywhere, so that two workers never wait for each other.
    keyed = dict(
        sorted(
            (((_candidate_id(one.lead), _sign_id(one)), one) for one in signs),
            key=lambda pair: pair[0],
        )
    )
    if not keyed:
        return
    ids = sorted({candidate_id for candidate_id, _ in keyed})
    rows = tx.execute(
        select(candidate_signs.c.candidate_id, candidate_signs.c.id).where(
            candidate_signs.c.candidate_id.in_(ids)
        )
    )
    known = {(row.candidate_id, row.id) for row in rows}
    for (candidate_id, sign_id), sign in keyed.items():
        if (candidate_id, sign_id) not in known:
            _add(tx, candidate_id, sign_id, sign, at)
    tx.execute(
        update(candidates)
        .where(candidates.c.id.in_(ids), candidates.c.last_seen < at)
        .values(last_seen=at)
    )


def waiting(tx: Connection, *, limit: int = 200) -> list[Candidate]:
    """Undecided candidates that no watched source covers, the highest score first."""
    watched = _Watched(source_store.all(tx))
    rows = tx.execute(
        select(candidates)
        .where(candidates.c.state == CandidateState.WAITING.value)
        .order_by(candidates.c.score.desc(), candidates.c.last_seen.desc(), candidates.c.id)
    )
    found: list[Candidate] = []
    for row in rows:
        lead = Lead(kind=CandidateKind(row.kind), value=row.value)
        if not watched.covers(lead):
            found.append(_candidate(tx, row, lead))
        if len(found) == limit:
            break
    rows.close()
    return found


def get(tx: Connection, candidate_id: str) -> Candidate:
    """The candidate with this id, or with an id that alone begins so. Raises NotFound."""
    rows = tx.execute(
        select(candidates).where(candidates.c.id.startswith(candidate_id, autoescape=True)).limit(2)
    ).all()
    if not candidate_id or len(rows) != 1:
        raise NotFound("没有这条待核来源，或编号不够长", at=candidate_id)
    row = rows[0]
    return _candidate(tx, row, Lead(kind=CandidateKind(row.kind), value=row.value))


def accept(
    tx: Connection,
    candidate: Candidate,
    *,
    kind: SourceKind,
    region: str,
    title: str | None,
    url: str | None,
    by: str,
    at: datetime,
) -> Source:
    """Decide for a candidate; the source it becomes, already in the register.

    A host starts at the address that showed it unless `url` says otherwise. A number or a name
    needs a `url`; an account without one is watched through imports and feeds alone. Raises
    PermanentError.
    """
    start = url or _start(candidate)
    if start is None and candidate.lead.kind is not CandidateKind.ACCOUNT:
        raise PermanentError("只有电话或名称，请用 --url 给出起始网址", at=candidate.id)
    host = urlsplit(start).hostname if start else None
    if start is not None and host is None:
        raise PermanentError("起始网址无效", at=start)
    source = Source(
        id=f"found.{candidate.id[:12]}",
        kind=kind,
        title=title or candidate.lead.value,
        region=region,
        start_urls=(start,) if start else (),
        hosts=(host.lower(),) if host else (),
    )
    _decide(tx, candidate, CandidateState.ACCEPTED, by=by, decision=source.id, at=at)
    source_store.put(tx, source)
    return source


def reject(tx: Connection, candidate: Candidate, *, reason: str, by: str, at: datetime) -> None:
    """Decide against a candidate; further signs do not bring it back. Raises PermanentError."""
    if not reason.strip():
        raise PermanentError("请写明排除的理由", at=candidate.id)
    _decide(tx, candidate, CandidateState.REJECTED, by=by, decision=reason.strip(), at=at)


class _Watched:
    """What the register covers: hosts that are crawled, and names of accounts and operators."""

    def __init__(self, sources: Sequence[Source]) -> None:
        # A source without start addresses stands for single pages that were brought in by hand.
        crawled = [source for source in sources if source.start_urls]
        self._hosts = {host for source in crawled for host in source.hosts}
        self._names = {
            name
            for source in sources
            if source.start_urls or source.kind is SourceKind.PUBLIC_ACCOUNT
            for name in (source.title, source.operator)
        }

    def covers(self, lead: Lead) -> bool:
        if lead.kind is CandidateKind.SITE:
            bare = lead.value.removeprefix("www.")
            return bool({bare, f"www.{bare}"} & self._hosts)
        return lead.value in self._names


def _candidate_id(lead: Lead) -> str:
    return derive_id("candidate", lead.kind.value, lead.value)


def _sign_id(sign: Sign) -> str:
    return derive_id(sign.place, sign.reason)


def _add(tx: Connection, candidate_id: str, sign_id: str, sign: Sign, at: datetime) -> None:
    new = upsert(tx, candidate_signs).values(
        candidate_id=candidate_id,
        id=sign_id,
        reason=sign.reason,
        weight=sign.weight,
        url=sign.url,
    )
    if tx.scalar(new.on_conflict_do_nothing().returning(candidate_signs.c.id)) is None:
        return  # another worker was faster
    row = upsert(tx, candidates).values(
        id=candidate_id,
        kind=sign.lead.kind.value,
        value=sign.lead.value,
        state=CandidateState.WAITING.value,
        score=min(sign.weight, HIGHEST),
        first_seen=at,
        last_seen=at,
    )
    least = func.min if tx.dialect.name == "sqlite" else func.least
    tx.execute(
        row.on_conflict_do_update(
            index_elements=["id"],
            set_={"score": least(HIGHEST, candidates.c.score + sign.weight)},
        )
    )


def _candidate(tx: Connection, row: Row[Any], lead: Lead) -> Candidate:
    signs = tx.execute(
        select(candidate_signs.c.reason, candidate_signs.c.url)
        .where(candidate_signs.c.candidate_id == row.id)
        .order_by(candidate_signs.c.weight.desc(), candidate_signs.c.reason)
        .limit(_REASONS)
    ).all()
    return Candidate(
        id=row.id,
        lead=lead,
        state=CandidateState(row.state),
        score=row.score,
        reasons=tuple(sign.reason for sign in signs),
        urls=tuple(dict.fromkeys(sign.url for sign in signs if sign.url)),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        decided_by=row.decided_by,
        decision=row.decision,
    )


def _start(candidate: Candidate) -> str | None:
    """The front page of a host, in the scheme that it was seen under."""
    if candidate.lead.kind is not CandidateKind.SITE:
        return None
    seen = (urlsplit(url) for url in candidate.urls)
    place = next((one for one in seen if one.hostname == candidate.lead.value), None)
    return f"{place.scheme}://{place.netloc}/" if place else f"http://{candidate.lead.value}/"


def _decide(
    tx: Connection,
    candidate: Candidate,
    state: CandidateState,
    *,
    by: str,
    decision: str,
    at: datetime,
) -> None:
    decided = tx.execute(
        update(candidates)
        .where(candidates.c.id == candidate.id, candidates.c.state == CandidateState.WAITING.value)
        .values(state=state.value, decided_by=by, decision=decision, decided_at=at)
    )
    if decided.rowcount == 0:
        raise PermanentError(f"这条来源{get(tx, candidate.id).state.value}", at=candidate.id)
