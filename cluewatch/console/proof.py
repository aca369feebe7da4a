"""The proof of a clue: its picture, its bundle, and one more seal for whoever asks."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse

from cluewatch import originals
from cluewatch.accounts import scope
from cluewatch.casework import seal_again
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.reading import note_read
from evidence import requests
from evidence.bundle import BundleForm
from evidence.seal_files import MASKED_PICTURE, folder_of
from evidence.seal_store import seal_of

router = APIRouter()
SANDBOX = "sandbox; default-src 'none'; img-src 'self'; frame-ancestors 'none'"
"""The policy under which bytes of strangers are served: nothing in them may run or load."""


@router.get("/clues/{clue_id}/screenshot.png")
def screenshot(wired: Wired, session: SignedIn, clue_id: str) -> Response:
    """The sealed picture, masked, in a sandbox; every look is an entry of the access ledger."""
    with wired.truth.write() as tx:
        clue = scope.clue(tx, session.user, clue_id)
        seal = seal_of(tx, clue.id)
        if seal is None or not any(file.name == MASKED_PICTURE for file in seal.files):
            raise HTTPException(404, "没有截图")
        note_read(tx, wired, session.user, seal.id, "screenshot")
    path = folder_of(wired.settings.evidence_directory, seal) / MASKED_PICTURE
    return FileResponse(path, media_type="image/png", headers={"Content-Security-Policy": SANDBOX})


@router.get("/clues/{clue_id}/bundle.zip")
def bundle(
    wired: Wired,
    session: SignedIn,
    clue_id: str,
    purpose: Annotated[str, Query(min_length=2, max_length=500)],
    form: BundleForm = BundleForm.MASKED,
) -> Response:
    """The evidence bundle, masked unless another person gave leave; who took it, when and what for
    is an entry of the access ledger."""
    directory = Path(tempfile.mkdtemp(prefix="bundle-", dir=wired.settings.home))
    remove = BackgroundTask(shutil.rmtree, directory, ignore_errors=True)
    try:
        with wired.truth.write() as tx:
            clue = scope.clue(tx, session.user, clue_id)
            made = originals.export(
                wired,
                tx,
                actor=session.user.name,
                clue=clue,
                form=form,
                purpose=purpose,
                target=directory / f"{clue.number}.zip",
            )
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return FileResponse(
        made.path, media_type="application/zip", filename=made.path.name, background=remove
    )


@router.post("/clues/{clue_id}/seals")
def seal_clue(
    wired: Wired,
    session: SignedIn,
    clue_id: str,
    purpose: Annotated[str, Form(min_length=2, max_length=500)],
) -> Response:
    """Ask for one more attempt to seal; the seal worker takes it up at once."""
    at = wired.clock.now()
    with wired.truth.write() as tx:
        clue = scope.clue(tx, session.user, clue_id)
        asked = seal_again(clue, at, actor=session.user.name, purpose=purpose)
        requests.ask(tx, asked)
    return RedirectResponse(f"/clues/{clue_id}", status_code=303)
