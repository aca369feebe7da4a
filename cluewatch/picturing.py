"""The pictures of a page: asked for when it is judged, met when they come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urljoin

from attrs import evolve
from sqlalchemy import Connection

from cluewatch.sections import Pictures
from crawlers.canonical import canonical_url
from crawlers.outcomes import header
from crawlers.pages.pictures import IMAGE_ONLY, PAGE, worth_fetching
from documents import pictures
from documents.pictures import DocumentPicture, PictureState
from domain.captures import Acquisition, CaptureRequest, RequestReason, Snapshot
from domain.ids import derive_id
from domain.outcomes import Outcome
from domain.pages import Document, ParsedPage, Reading
from evidence import gaps, requests
from evidence import reader as evidence

FRESH = timedelta(days=1)
"""A picture that was captured this near to its page need not be fetched again."""
_NOT_BROUGHT = "导入或取证的材料中没有这张图片"


def ask(tx: Connection, document: Document, snapshot: Snapshot, settings: Pictures) -> None:
    """Want the pictures of a document that may hold words: those that are evidence already, and
    those that have to be fetched. Only what was crawled is fetched; an import has what it has."""
    if not settings.enabled:
        if IMAGE_ONLY in document.notes:
            gaps.note(
                tx,
                url=document.url,
                source_id=document.source_id,
                outcome=Outcome.BAD_CONTENT,
                reason="页面只有图片，而图片识别已关闭（设置 pictures.enabled）",
                at=snapshot.captured_at,
            )
        return
    wanted = [
        _wanted(tx, document, place, url, snapshot)
        for place, url in enumerate(worth_fetching(document, most=settings.per_page))
    ]
    pictures.want(tx, wanted)
    for one in wanted:
        if one.state is PictureState.WANTED:
            requests.ask(tx, _request(one, snapshot))


def arrived(
    tx: Connection, snapshot: Snapshot, reading: Reading, headers: Sequence[tuple[str, str]]
) -> None:
    """A capture was made; tell the documents that show it as a picture what became of it."""
    url = canonical_url(snapshot.url)
    if not pictures.is_wanted(tx, url):
        return
    if isinstance(reading, ParsedPage):
        if reading.page == PAGE:
            pictures.kept(tx, url, snapshot.id)
        return
    target = header(headers, "location")
    if reading.outcome is Outcome.REDIRECTED and target is not None:
        pictures.moved(tx, url, canonical_url(urljoin(snapshot.url, target)))
    elif reading.outcome is Outcome.NOT_MODIFIED:
        known = evidence.latest(tx, snapshot.url, Outcome.OK)
        if known is not None:
            pictures.kept(tx, url, known.id)
    else:
        reason = f"未能取得（{reading.outcome.value}）：{reading.reason}"
        pictures.missed(tx, url, snapshot_id=snapshot.id, reason=reason)


def _wanted(
    tx: Connection, document: Document, place: int, url: str, snapshot: Snapshot
) -> DocumentPicture:
    known = snapshot if document.page == PAGE else evidence.latest(tx, url, Outcome.OK)
    picture = DocumentPicture(
        document_id=document.id, place=place, url=url, state=PictureState.WANTED
    )
    if known is not None and abs(known.captured_at - snapshot.captured_at) <= FRESH:
        return evolve(picture, state=PictureState.KEPT, snapshot_id=known.id)
    if snapshot.acquisition is not Acquisition.CRAWL:
        return evolve(picture, state=PictureState.UNREAD, reason=_NOT_BROUGHT)
    return picture


def _request(picture: DocumentPicture, page: Snapshot) -> CaptureRequest:
    """One request a picture and day, however many pages show it."""
    return CaptureRequest(
        id=derive_id("picture", picture.url, page.captured_at.date().isoformat()),
        reason=RequestReason.PICTURE,
        url=picture.url,
        source_id=page.source_id,
        snapshot_id=page.id,
        requested_at=page.captured_at,
    )
