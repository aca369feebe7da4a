"""The console's own questions to the database, asked of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluewatch.bootstrap import Services
from documents import reviews
from domain.people import Role
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.console_visitors import visitor
from tests.cluewatch.test_console_review import answer, span, waiting
from tests.homes import home

pytestmark = pytest.mark.postgres


@pytest.fixture
def on_postgresql(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    monkeypatch.setenv("CLUEWATCH_DATABASE__URL", postgres_url)
    with home(tmp_path / "home", monkeypatch) as services:
        services.index.ensure()
        yield services


def test_pages_and_answers(on_postgresql: Services, tmp_path: Path) -> None:
    bring_in(on_postgresql, tmp_path, "advert.html", ADVERT, "http://qinghe.test/npx.html")
    document = waiting(on_postgresql, tmp_path, "a")
    desk = visitor(on_postgresql, Role.ANALYST, Role.OPERATOR)
    for path in ("/", "/review", "/clues", "/operations", "/account", f"/documents/{document.id}"):
        assert desk.get(path).status_code == 200, path
    assert "没有待复核的文书" in answer(desk, document, answer="confirm", span=span(document))
    with on_postgresql.truth.read() as tx:
        assert reviews.count_waiting(tx) == 0
    for role, path in ((Role.SECADMIN, "/users"), (Role.AUDITOR, "/audit")):
        assert visitor(on_postgresql, role).get(path).status_code == 200
