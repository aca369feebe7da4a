"""Pictures of documents: what has still to come is known, and no more once it came or did not."""

from __future__ import annotations

from documents import pictures
from documents.pictures import DocumentPicture, PictureState
from storage.database import Database


def _wanted(document: str, place: int) -> DocumentPicture:
    return DocumentPicture(
        document_id=document,
        place=place,
        url=f"http://img.test/{document}/{place}.png",
        state=PictureState.WANTED,
    )


def test_documents_wait_until_every_picture_came_or_did_not(database: Database) -> None:
    with database.write() as tx:
        for document in ("a", "b"):
            pictures.want(tx, [_wanted(document, place) for place in (0, 1)])
        assert pictures.count_lacking(tx) == 2
        pictures.kept(tx, "http://img.test/a/0.png", "s1")
        assert pictures.count_lacking(tx) == 2
        pictures.missed(tx, "http://img.test/a/1.png", reason="HTTP 404")
        assert pictures.count_lacking(tx) == 1
        pictures.moved(tx, "http://img.test/b/0.png", "http://cdn.test/b.png")
        pictures.kept(tx, "http://img.test/b/0.png", "s2")
        assert pictures.count_lacking(tx) == 1
        pictures.kept(tx, "http://cdn.test/b.png", "s2")
        pictures.kept(tx, "http://img.test/b/1.png", "s3")
        assert pictures.count_lacking(tx) == 0
