"""Originals of a clue: who may ask, who may decide, and the bundle or picture that comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from cluewatch.access import note_export, note_read
from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.delivery import build_bundle
from domain.clues import Clue
from domain.errors import NotFound, PermanentError
from domain.people import Permission, User
from evidence import originals, seal_keys
from evidence.bundle import BundleForm, BundleInfo
from evidence.originals import OriginalRequest
from evidence.seal_files import folder_of, member
from evidence.seal_store import seal_of

LAPSES = timedelta(days=7)
"""A question that nobody answers ends by itself."""


def ask(
    services: Services, tx: Connection, *, user: User, clue: Clue, purpose: str
) -> OriginalRequest:
    """Ask for the originals of a clue. Raises PermanentError."""
    _may(user, Permission.READ_EVIDENCE)
    return originals.ask(
        tx,
        id=services.ids.new(),
        clue_id=clue.id,
        actor=user.name,
        purpose=purpose,
        at=services.clock.now(),
        lasts=LAPSES,
    )


def decide(
    services: Services, tx: Connection, *, user: User, id: str, approved: bool, note: str
) -> OriginalRequest:
    """Approve or refuse what another person asked. Raises NotFound, PermanentError, IllegalMove."""
    _may(user, Permission.APPROVE_ORIGINAL)
    scope.clue(tx, user, originals.get(tx, id).clue_id)
    return originals.decide(
        tx,
        id=id,
        actor=user.name,
        approved=approved,
        note=note,
        at=services.clock.now(),
        lasts=timedelta(hours=services.settings.evidence.original_hours),
    )


def waiting(services: Services, tx: Connection, user: User) -> list[tuple[OriginalRequest, Clue]]:
    """What waits for a decision about clues that the user may see."""
    found = []
    for asked in originals.waiting(tx, services.clock.now()):
        try:
            found.append((asked, scope.clue(tx, user, asked.clue_id)))
        except NotFound:  # of another division
            continue
    return found


def export(
    services: Services,
    tx: Connection,
    *,
    actor: str,
    clue: Clue,
    form: BundleForm,
    purpose: str,
    target: Path,
) -> BundleInfo:
    """Write a bundle and enter who took it. Raises PermanentError for an original without leave."""
    at = services.clock.now()
    leave = None
    if form is BundleForm.ORIGINAL:
        leave = originals.permit(tx, clue_id=clue.id, actor=actor, at=at).id
    info = build_bundle(services, tx, clue, target, form)
    note_export(
        tx,
        actor=actor,
        subject=clue.id,
        digest=info.root_digest,
        form=form,
        purpose=purpose,
        leave=leave,
        at=at,
    )
    return info


def screenshot(services: Services, tx: Connection, *, user: User, clue: Clue) -> Iterator[bytes]:
    """The sealed picture as it was taken; the look is entered. Raises NotFound, PermanentError."""
    at = services.clock.now()
    leave = originals.permit(tx, clue_id=clue.id, actor=user.name, at=at)
    seal = seal_of(tx, clue.id)
    wanted = [f for f in seal.files if f.name == "screenshot.png"] if seal else []
    if seal is None or not wanted:
        raise NotFound("没有截图", at=clue.number)
    note_read(tx, actor=user.name, subject=seal.id, page=f"original {leave.id}", at=at)
    key = seal_keys.unlock(tx, services.keys, seal.id)
    return member(folder_of(services.settings.evidence_directory, seal), wanted[0], key)


def _may(user: User, permission: Permission) -> None:
    if not user.may(permission):
        raise PermanentError("您的角色没有此项权限", at=user.name)
