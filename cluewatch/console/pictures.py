"""The pictures in which words of a document stand: shown with the places of what was found."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from cluewatch.accounts import scope
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.proof import SANDBOX
from cluewatch.console.reading import note_read
from crawlers.pages.pictures import media_type
from domain.findings import Finding
from domain.pages import Document
from domain.pictures import Box, PicturePlace
from evidence import content

router = APIRouter()


@frozen(kw_only=True)
class Outline:
    """The box of the words of one finding; `number` counts the findings from 1."""

    number: int
    box: Box


@frozen(kw_only=True)
class ShownPicture:
    """A picture with what was found in it; `number` counts the document's pictures from 1."""

    number: int
    place: PicturePlace
    outlines: tuple[Outline, ...]


def shown_pictures(document: Document, findings: Sequence[Finding]) -> list[ShownPicture]:
    """The pictures of a document that words were read in, those with findings first."""
    found = [
        ShownPicture(
            number=number,
            place=place,
            outlines=tuple(
                Outline(number=at, box=finding.picture.box)
                for at, finding in enumerate(findings, start=1)
                if finding.picture is not None and finding.picture.file == place.file
            ),
        )
        for number, place in enumerate(_places(document), start=1)
    ]
    return sorted(found, key=lambda one: not one.outlines)


@router.get("/documents/{document_id}/pictures/{number}")
def picture(wired: Wired, session: SignedIn, document_id: str, number: int) -> Response:
    """The kept bytes of one picture, in a sandbox; every look is an entry of the access ledger."""
    with wired.truth.write() as tx:
        places = _places(scope.document(tx, session.user, document_id))
        if not 1 <= number <= len(places):
            raise HTTPException(404, "没有这张图片")
        stored = wired.evidence.payload(tx, places[number - 1].snapshot_id)
        note_read(tx, wired, session.user, document_id, f"picture {number}")
    body = content.decoded(stored.body, stored.headers)
    return Response(body, media_type=media_type(body), headers={"Content-Security-Policy": SANDBOX})


def _places(document: Document) -> list[PicturePlace]:
    """One place of each picture, in the order of the page."""
    first: dict[str, PicturePlace] = {}
    for block in document.blocks:
        if block.picture is not None:
            first.setdefault(block.picture.file, block.picture)
    return list(first.values())
