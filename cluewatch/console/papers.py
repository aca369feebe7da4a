"""Official papers of a ticket, made when they are asked for."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Response

from cluewatch.accounts import scope
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.reading import note_read
from cluewatch.papers import case_file, paper_set

router = APIRouter()
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@router.get("/tickets/{ticket_id}/papers/{name}")
def paper(wired: Wired, session: SignedIn, ticket_id: str, name: str) -> Response:
    """One paper to the lead as DOCX; the look is entered."""
    papers = paper_set(wired)
    with wired.truth.write() as tx:
        ticket = scope.ticket(tx, session.user, ticket_id)
        case = case_file(wired, tx, ticket.id, "")
        content = papers.write(name, case)
        note_read(tx, wired, session.user, ticket.id, f"paper {name}")
    file = quote(f"{ticket.number}-{papers.titles[name]}.docx")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{file}"}
    return Response(content, media_type=_DOCX, headers=headers)
