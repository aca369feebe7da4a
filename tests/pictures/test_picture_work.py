"""From pictures to findings: imported, read, judged, cached, and what cannot be read told."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluewatch import workers
from cluewatch.bootstrap import Services
from cluewatch.picture_work import PictureWork
from documents import pictures
from documents import store as documents
from documents.pictures import PictureState
from documents.tables import picture_queue
from domain.findings import Verdict
from domain.pages import IdentifierKind, Origin
from domain.queries import SearchRequest, Text
from evidence import gaps
from storage import leases
from storage.leases import WorkState
from tests.pictures.drawing import encoded, poster, slices, with_code
from tests.pictures.saving import LINES, PAGE, entry, page, stored, take_in


def test_a_poster_in_slices_is_read_judged_and_found(services: Services, tmp_path: Path) -> None:
    image = with_code(poster(LINES), "http://yy.qinghe.test/f", at=(560, 40))
    cut = slices(image, 150)
    names = [f"kr{n}.jpg" for n in range(1, len(cut) + 1)]
    found = take_in(
        services,
        tmp_path,
        entry(PAGE, page(*names), "text/html; charset=utf-8"),
        *(
            entry(f"http://www.qinghe.test/img/{name}", body, "image/jpeg")
            for name, body in zip(names, cut, strict=True)
        ),
    )
    workers.drain(workers.all_steps(services))
    document = stored(services, found[0])
    assert "image_only" in document.notes
    words = [block for block in document.blocks if block.origin is Origin.PICTURE]
    assert "".join("".join(b.text for b in words).split()) == "".join("".join(LINES).split())
    assert all(document.text[b.start : b.end] == b.text for b in document.blocks)
    kinds = {one.kind: one.value for one in document.identifiers}
    assert kinds[IdentifierKind.QR] == "http://yy.qinghe.test/f"
    assert kinds[IdentifierKind.PHONE] == "4000000123"
    assert any(link.rel == "qr" for link in document.links)
    with services.truth.read() as tx:
        assessment = documents.assessment(tx, document.id)
    assert assessment is not None and assessment.verdict is Verdict.CLUE
    promised = next(f for f in assessment.findings if "根治" in f.quote)
    assert promised.picture is not None
    assert promised.picture.url.endswith((names[0], names[1]))
    assert promised.picture.snapshot_id in {snapshot.id for snapshot in found[1:]}
    services.index.ensure()
    hits = services.index.search(SearchRequest(query=Text(words="祖传秘方"))).hits
    assert [hit.id for hit in hits] == [document.id]


def test_a_picture_by_itself_is_a_document(services: Services, tmp_path: Path) -> None:
    url = "http://moments.test/p/1.png"
    (snapshot,) = take_in(
        services, tmp_path, entry(url, encoded(poster(LINES[:2]), "PNG"), "image/png")
    )
    workers.drain(workers.all_steps(services))
    document = stored(services, snapshot)
    assert document.text == "\n".join(LINES[:2])
    assert [block.picture and block.picture.url for block in document.blocks] == [url, url]


def test_offsets_of_the_page_itself_stay_when_pictures_are_read(
    services: Services, tmp_path: Path
) -> None:
    text = "本院由王主任坐诊，承诺治愈率高达98%，永不复发。"
    found = take_in(
        services,
        tmp_path,
        entry(PAGE, page("a.png", text=text), "text/html; charset=utf-8"),
        entry("http://www.qinghe.test/img/a.png", encoded(poster(LINES[:2])), "image/jpeg"),
    )
    workers.drain(workers.process_steps(services))
    before = stored(services, found[0])
    with services.truth.read() as tx:
        first = documents.assessment(tx, before.id)
    PictureWork(services, owner="test").work()
    after = stored(services, found[0])
    assert after.text.startswith(before.text + "\n") and "祖传秘方保证根治" in after.text
    with services.truth.read() as tx:
        second = documents.assessment(tx, before.id)
    assert first is not None and second is not None and first.id != second.id
    kept = {(f.type, f.start, f.end) for f in first.findings}
    assert kept and kept < {(f.type, f.start, f.end) for f in second.findings}
    # The same bytes seen again change nothing: the words of the pictures are still judged.
    with services.truth.read() as tx:
        assert pictures.with_pictures(tx, before).text == after.text


def test_the_same_poster_on_another_page_is_not_read_again(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = poster(LINES[:2], size=28)
    first = entry("http://www.qinghe.test/img/a.jpg", encoded(image, quality=90), "image/jpeg")
    other = entry("http://www.qinghe.test/img/b.jpg", encoded(image, quality=75), "image/jpeg")
    take_in(services, tmp_path, entry(PAGE, page("a.jpg"), "text/html"), first)
    workers.drain(workers.all_steps(services))
    read_again: list[int] = []
    monkeypatch.setattr(
        services.picture_reader, "read", lambda bodies: read_again.append(len(bodies))
    )
    again = "http://www.qinghe.test/zt/2.html"
    twin = "http://www.qinghe.test/zt/3.html"
    found = take_in(
        services,
        tmp_path,
        entry(again, page("a.jpg", text="一"), "text/html"),
        entry(twin, page("b.jpg", text="二"), "text/html"),
        other,
    )
    workers.drain(workers.all_steps(services))
    assert read_again == []
    for snapshot in found[:2]:
        assert "祖传秘方保证根治" in stored(services, snapshot).text


def test_a_killed_reader_is_tried_again(services: Services, tmp_path: Path) -> None:
    found = take_in(
        services,
        tmp_path,
        entry(PAGE, page("a.jpg"), "text/html"),
        entry("http://www.qinghe.test/img/a.jpg", encoded(poster(LINES[:2])), "image/jpeg"),
    )
    workers.drain(workers.process_steps(services))
    work = PictureWork(services, owner="test")
    services.picture_reader.seconds = 0.001
    assert work.work() == 1
    with services.truth.read() as tx:
        assert leases.depth(tx, picture_queue)[WorkState.READY] == 1
        assert gaps.gaps(tx) == []
    services.picture_reader.seconds = 60.0
    with services.truth.write() as tx:
        tx.execute(picture_queue.update().values(not_before=0.0))
    assert work.work() == 1
    assert "祖传秘方" in stored(services, found[0]).text


def test_what_breaks_the_reader_every_time_becomes_a_gap(
    services: Services, tmp_path: Path
) -> None:
    found = take_in(
        services,
        tmp_path,
        entry(PAGE, page("a.jpg"), "text/html"),
        entry("http://www.qinghe.test/img/a.jpg", encoded(poster(LINES[:2])), "image/jpeg"),
    )
    workers.drain(workers.process_steps(services))
    services.picture_reader.seconds = 0.001
    work = PictureWork(services, owner="test")
    for _ in range(3):
        with services.truth.write() as tx:
            tx.execute(picture_queue.update().values(not_before=0.0))
        assert work.work() == 1
    document = stored(services, found[0])
    with services.truth.read() as tx:
        assert leases.depth(tx, picture_queue)[WorkState.DONE] == 1
        (picture,) = pictures.of_document(tx, document.id)
        (gap,) = gaps.gaps(tx)
    assert picture.state is PictureState.UNREAD and "超过限时" in picture.reason
    assert gap.url.endswith("/img/a.jpg") and PAGE in gap.reason


def test_missing_and_broken_pictures_are_gaps_with_their_reasons(
    services: Services, tmp_path: Path
) -> None:
    broken = encoded(poster(LINES[:2]))[:300]
    take_in(
        services,
        tmp_path,
        entry(PAGE, page("missing.jpg", "broken.jpg"), "text/html"),
        entry("http://www.qinghe.test/img/broken.jpg", broken, "image/jpeg"),
    )
    workers.drain(workers.all_steps(services))
    with services.truth.read() as tx:
        reasons = {gap.url.rpartition("/")[2]: gap.reason for gap in gaps.gaps(tx)}
    assert "没有这张图片" in reasons["missing.jpg"]
    assert "图片损坏" in reasons["broken.jpg"]
