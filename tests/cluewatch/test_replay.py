"""Replaying stored documents names what a changed rulebook finds and no longer finds."""

from __future__ import annotations

from pathlib import Path

import attrs
from sqlalchemy import Connection

from classifiers import rulebook
from classifiers.judge import Judge
from cluewatch.bootstrap import Services
from cluewatch.replay import Change, Difference, differences
from documents import store as documents
from domain.findings import Assessment

from .conftest import ADVERT, NOTICE, bring_in

URL = "http://qinghe.test/index.html"


def _stored(tx: Connection) -> Assessment:
    (document,) = documents.iterate(tx)
    assessment = documents.assessment(tx, document.id)
    assert assessment is not None
    return assessment


def _all(services: Services) -> list[Difference]:
    return [difference for _, found in differences(services) for difference in found]


def test_the_same_rules_find_the_same(services: Services, tmp_path: Path) -> None:
    bring_in(services, tmp_path, "a.html", ADVERT, URL)
    bring_in(services, tmp_path, "b.html", NOTICE, "http://gov.test/notice.html")
    assert _all(services) == []
    assert len(list(differences(services))) == 2


def test_findings_gained_and_lost_are_named(services: Services, tmp_path: Path) -> None:
    bring_in(services, tmp_path, "a.html", ADVERT, URL)
    with services.truth.write() as tx:
        stored = _stored(tx)
        altered = tuple(
            attrs.evolve(f, id=f"other-{f.id}", type="scalper") if f.type == "cure_rate" else f
            for f in stored.findings
        )
        documents.put_assessment(tx, attrs.evolve(stored, id="a-other", findings=altered))
    found = {(d.change, d.type): d for d in _all(services)}
    assert set(found) == {(Change.GAINED, "cure_rate"), (Change.LOST, "scalper")}
    assert found[Change.GAINED, "cure_rate"].before == ""
    assert found[Change.GAINED, "cure_rate"].after == "CLUE"
    assert found[Change.LOST, "scalper"].url == URL


def test_nothing_is_stored(services: Services, tmp_path: Path) -> None:
    bring_in(services, tmp_path, "a.html", ADVERT, URL)
    book = rulebook.load()
    bare = {slug: attrs.evolve(rule, patterns=()) for slug, rule in book.rules.items()}
    with services.truth.read() as tx:
        before = _stored(tx)
    services.__dict__["judge"] = Judge(attrs.evolve(book, rules=bare))
    assert any(d.change in {Change.LOST, Change.REGRADED} for d in _all(services))
    with services.truth.read() as tx:
        assert _stored(tx) == before
