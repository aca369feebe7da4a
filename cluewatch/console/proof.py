"""The proof of a clue: its picture, its bundle, and one more seal for whoever asks."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Response
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse

from cluewatch.access import note_export, note_read
from cluewatch.accounts.store import Session
from cluewatch.casework import seal_again
from cluewatch.console.access import Genuine, Wired, needs
from cluewatch.console.cases import visible_clue
from cluewatch.delivery import build_bundle
from domain.people import Permission
from evidence import requests
from evidence.sealing import seal_of

router = APIRouter()
EvidenceSession = Annotated[Session, Depends(needs(Permission.READ_EVIDENCE))]
Reviewer = Annotated[Session, Depends(needs(Permission.REVIEW_CLUE))]


@router.get("/clues/{clue_id}/screenshot.png")
def screenshot(wired: Wired, session: EvidenceSession, clue_id: str) -> Response:
    """The sealed picture; every look is an entry of the access ledger."""
    with wired.truth.write() as tx:
        clue = visible_clue(tx, session.user, clue_id)
        seal = seal_of(tx, clue.id)
        if seal is None or not any(file.name == "screenshot.png" for file in seal.files):
            raise HTTPException(404, "没有截图")
        note_read(
            tx, actor=session.user.name, subject=seal.id, page="screenshot", at=wired.clock.now()
        )
    path = wired.settings.evidence_directory / seal.directory / "screenshot.png"
    return FileResponse(path, media_type="image/png")


@router.get("/clues/{clue_id}/bundle.zip")
def bundle(
    wired: Wired,
    session: EvidenceSession,
    clue_id: str,
    purpose: Annotated[str, Query(min_length=2, max_length=500)],
) -> Response:
    """The evidence bundle; who took it, when and what for is an entry of the access ledger."""
    directory = Path(tempfile.mkdtemp(prefix="bundle-", dir=wired.settings.home))
    remove = BackgroundTask(shutil.rmtree, directory, ignore_errors=True)
    try:
        with wired.truth.write() as tx:
            clue = visible_clue(tx, session.user, clue_id)
            made = build_bundle(wired, tx, clue, directory / f"{clue.number}.zip")
            note_export(
                tx,
                actor=session.user.name,
                subject=clue.id,
                digest=made.root_digest,
                purpose=purpose,
                at=wired.clock.now(),
            )
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return FileResponse(
        made.path, media_type="application/zip", filename=made.path.name, background=remove
    )


@router.post("/clues/{clue_id}/seals", dependencies=[Genuine])
def seal_clue(
    wired: Wired,
    session: Reviewer,
    clue_id: str,
    purpose: Annotated[str, Form(min_length=2, max_length=500)],
) -> Response:
    """Ask for one more attempt to seal; the seal worker takes it up at once."""
    at = wired.clock.now()
    with wired.truth.write() as tx:
        clue = visible_clue(tx, session.user, clue_id)
        asked = seal_again(clue, at, actor=session.user.name, purpose=purpose)
        requests.ask(tx, asked)
    return RedirectResponse(f"/clues/{clue_id}", status_code=303)
