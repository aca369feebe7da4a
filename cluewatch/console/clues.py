"""Clues: the list, the page of one, its proof, and the moves that analysts make."""

from __future__ import annotations

from typing import Annotated

from attrs import evolve
from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from cluewatch.accounts import scope
from cluewatch.casework import Casework
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.reading import note_read
from cluewatch.console.rendering import page
from cluewatch.console.spreadsheets import spreadsheet
from cluewatch.console.words import word
from documents import store as documents
from documents import versions
from documents.versions import Version
from domain.captures import SealStatus
from domain.clues import Clue, ClueState
from domain.errors import NotFound
from domain.people import User
from evidence import originals, requests
from evidence.seal_store import seal_of
from tickets import clue_moves, ledger, precision, second_looks, worklist
from tickets.clue_moves import ClueMove
from tickets.worklist import ClueFilter

router = APIRouter()
Slug = Annotated[str | None, Query(max_length=64)]


@router.get("/clues")
def clue_list(
    *,
    request: Request,
    wired: Wired,
    session: SignedIn,
    state: ClueState | None = None,
    type: Slug = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Clues, newest first; office handlers see those behind their own tickets."""
    wanted = _filter(session.user, state, type)
    with wired.truth.read() as tx:
        found = worklist.clues(tx, wanted, after=after)
        total = worklist.count_clues(tx, wanted)
    return page(
        request,
        "clues.html",
        found=found,
        total=total,
        wanted=wanted,
        states=ClueState,
        rules=wired.rulebook.rules,
    )


@router.get("/clues.xlsx")
def clue_sheet(
    wired: Wired, session: SignedIn, state: ClueState | None = None, type: Slug = None
) -> Response:
    """The same list as a spreadsheet."""
    wanted = _filter(session.user, state, type)
    titles = wired.type_titles
    heads = (
        "编号",
        "状态",
        "当事人",
        "性质",
        "违法类型",
        "标题",
        "网址",
        "区划",
        "固证",
        "发现时间",
    )
    with wired.truth.write() as tx:
        note_read(tx, wired, session.user, "clues", "spreadsheet")
        rows = (
            (
                entry.number,
                entry.state.value,
                entry.subject_name,
                word(entry.subject_kind),
                "；".join(titles.get(slug, slug) for slug in entry.types),
                entry.title,
                entry.url,
                entry.region,
                entry.seal.value,
                entry.raised_at,
            )
            for entry in worklist.every_clue(tx, wanted)
        )
        return spreadsheet("线索", heads, rows)


@router.get("/clues/{clue_id}")
def clue_page(request: Request, wired: Wired, session: SignedIn, clue_id: str) -> Response:
    """One clue: who, which words, which articles, the proof, its tickets."""
    with wired.truth.write() as tx:
        clue = scope.clue(tx, session.user, clue_id)
        note_read(tx, wired, session.user, clue.id, "clue")
        tickets = ledger.of_clue(tx, clue.id)
        seal = seal_of(tx, clue.id)
        pending = requests.open_seals(tx, clue.id)
        events = clue_moves.events(tx, clue.id)
        similar = precision.similar(tx, clue)
        asked = originals.of_clue(tx, clue.id)
        looks = second_looks.looks(tx, clue)
        kept = _versions(tx, clue)
    now = wired.clock.now()
    return page(
        request,
        "clue.html",
        clue=clue,
        tickets=tickets,
        seal=seal,
        sealed=SealStatus.SEALED,
        pending=pending,
        events=events,
        similar=similar,
        asked_originals=asked,
        looks=looks,
        versions=kept,
        leave=any(each.permits(session.user.name, now) for each in asked),
        now=now,
        moves=clue_moves.legal_moves(clue.state),
        rules=wired.rulebook.rules,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


@router.post("/clues/{clue_id}/moves")
def move_clue(
    *,
    wired: Wired,
    session: SignedIn,
    clue_id: str,
    move: Annotated[ClueMove, Form()],
    note: Annotated[str, Form(max_length=500)] = "",
    into: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Take up, dismiss, merge, or issue a clue."""
    with wired.truth.write() as tx:
        clue = scope.clue(tx, session.user, clue_id)
        target = scope.clue(tx, session.user, into).id if move is ClueMove.MERGE else None
        Casework(wired).move(tx, clue, move, actor=session.user.name, note=note, into=target)
    return RedirectResponse(f"/clues/{clue_id}", status_code=303)


def _versions(tx: Connection, clue: Clue) -> list[Version]:
    """What the page of the clue has said over time, the newest first."""
    try:
        first = documents.get(tx, clue.findings[0].document_id)
    except (IndexError, NotFound):
        return []
    return versions.of_page(tx, first.canonical_url)


def _filter(user: User, state: ClueState | None, type: str | None) -> ClueFilter:
    return evolve(scope.clue_filter(user), state=state, type=type or None)
