"""Homes: empty ones as the product's own tests have, and copies of one in which much is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cluewatch import configuration
from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from cluewatch.settings import CONFIG_NAME, Settings, load_settings
from crawlers.frontier import links
from domain.people import Role
from domain.sources import Source, SourceKind
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in, services

__all__ = ["services"]

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a clue, a clear page, accounts with their log, and a long frontier."""
    place = tmp_path_factory.mktemp("master")
    wired = Services(Settings(home=place / "home"))
    wired.prepare()
    wired.index.ensure()
    bring_in(wired, place, "a.html", ADVERT, "http://qinghe.test/npx.html")
    bring_in(wired, place, "n.html", NOTICE, "http://gov.test/notice.html")
    with wired.truth.write() as tx:
        for name in ("li", "wang"):
            accounts.create(tx, id=name, name=name, roles=[Role.ANALYST], at=AT, actor="t")
    source = Source(
        id="qinghe",
        kind=SourceKind.HOSPITAL_SITE,
        title="青禾",
        region="990100",
        start_urls=tuple(f"http://qinghe.test/{number}.html" for number in range(2500)),
        hosts=("qinghe.test",),
    )
    with wired.frontier.write() as tx:
        links.seed(tx, [source], now=AT)
    wired.close()
    configuration.write(place / "home" / CONFIG_NAME, {"agency": {"name": "示范市监测中心"}})
    return place / "home"


@pytest.fixture
def home(master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for one test."""
    own = tmp_path / "home"
    shutil.copytree(master, own)
    monkeypatch.setenv("CLUEWATCH_HOME", str(own))
    return own


@pytest.fixture
def kept(home: Path) -> Iterator[Services]:
    """That copy, wired."""
    wired = Services(load_settings())
    yield wired
    wired.close()
