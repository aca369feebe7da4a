"""The same way from page to clue on the engines that others operate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.settings import config_path, load_settings
from domain.findings import Verdict
from domain.queries import And, Equals, SearchRequest, Text
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in
from tickets import worklist
from tickets.worklist import ClueFilter


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLUEWATCH_HOME", str(tmp_path / "home"))
    agency = {"name": "示范市监测中心", "contact": "a@b.test", "legal_basis": "测试"}
    configuration.write(config_path(), {"agency": agency})
    return tmp_path


@pytest.fixture
def wired(home: Path) -> Iterator[Services]:
    services = Services(load_settings())
    services.prepare()
    services.index.ensure()
    yield services
    services.index.rebuild([])
    services.close()


def one_clue_is_found_and_one_page_is_clear(services: Services, directory: Path) -> None:
    bring_in(services, directory, "a.html", ADVERT, "http://qinghe.test/npx.html")
    bring_in(services, directory, "n.html", NOTICE, "http://gov.test/notice.html")
    bring_in(services, directory, "a2.html", ADVERT, "http://qinghe.test/npx.html")
    with services.truth.read() as tx:
        (clue,) = worklist.clues(tx, ClueFilter()).entries
    assert clue.url == "http://qinghe.test/npx.html"
    words = Text(words="永不复发")
    assert services.index.search(SearchRequest(query=words)).total == 2
    flagged = And(parts=(words, Equals(field="verdict", value=Verdict.CLUE.value)))
    assert services.index.search(SearchRequest(query=flagged)).total == 1


def test_on_the_embedded_engines(wired: Services, home: Path) -> None:
    one_clue_is_found_and_one_page_is_clear(wired, home)


@pytest.mark.postgres
def test_on_postgresql(home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUEWATCH_DATABASE__URL", postgres_url)
    services = Services(load_settings())
    services.prepare()
    services.index.ensure()
    one_clue_is_found_and_one_page_is_clear(services, home)
    assert not services.truth.is_sqlite
    services.close()


@pytest.mark.elasticsearch
def test_on_elasticsearch(
    home: Path, elasticsearch_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUEWATCH_SEARCH__URL", elasticsearch_url)
    monkeypatch.setenv("CLUEWATCH_SEARCH__PREFIX", f"test-{home.name.replace('_', '-').lower()}")
    services = Services(load_settings())
    services.prepare()
    services.index.ensure()
    one_clue_is_found_and_one_page_is_clear(services, home)
    services.index.rebuild([])
    services.close()
