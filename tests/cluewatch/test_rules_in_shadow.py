"""A type in shadow is found and kept, raises nothing, and goes back to work by a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from classifiers import policy as policies
from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.cli import app
from cluewatch.settings import config_path, load_settings
from documents import store as documents
from domain.errors import ConfigError
from domain.findings import Verdict
from domain.people import Role
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.console_visitors import visitor
from tickets import worklist
from tickets.worklist import ClueFilter

POLICY = policies.load()
SLUGS = st.frozensets(st.sampled_from(["cure_rate", "comparison", "disguised", "absolute_term"]))


@given(SLUGS, SLUGS)
def test_each_choice_of_shadow_is_a_version_of_its_own(
    one: frozenset[str], two: frozenset[str]
) -> None:
    first, second = POLICY.shadowing(one), POLICY.shadowing(one).shadowing(two)
    assert (first.version == second.version) == (one == two)
    assert (first.version == POLICY.version) == (not one)


def shadow(*arguments: str) -> int:
    return CliRunner().invoke(app, ["rules", "shadow", *arguments]).exit_code


def test_a_type_in_shadow_is_kept_and_raises_nothing(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    every = sorted(services.rulebook.rules)
    configuration.write(config_path(), {"rules": {"shadow": every}})
    trial = Services(load_settings())
    try:
        bring_in(trial, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
        with trial.truth.read() as tx:
            (document,) = documents.iterate(tx)
            judged = documents.assessment(tx, document.id)
            assert judged is not None
            assert judged.findings
            assert judged.verdict is Verdict.CLEAR
            assert worklist.count_clues(tx, ClueFilter()) == 0
        shown = visitor(trial, Role.ANALYST).get(f"/documents/{document.id}").text
        assert "试运行" in shown
    finally:
        trial.close()
    assert shadow("cure_rate", "off") == 0
    assert "cure_rate" not in load_settings().rules.shadow
    assert shadow("no_such_type", "on") == 2


def test_an_unknown_type_in_the_settings_is_named(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUEWATCH_RULES__SHADOW", '["no_such_type"]')
    with pytest.raises(ConfigError, match="no_such_type"):
        _ = Services(load_settings()).judge


def test_the_page_of_a_rule_shows_what_it_rests_on(services: Services, tmp_path: Path) -> None:
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    client = visitor(services, Role.ANALYST)
    assert "表示功效" in client.get("/rules").text
    shown = client.get("/rules/efficacy_guarantee").text
    rule = services.rulebook.rules["efficacy_guarantee"]
    assert rule.articles[0].citation in shown
    assert rule.matching[0].text in shown
    assert "qinghe.test" in shown
    assert client.get("/rules/none").status_code == 404
    district = visitor(services, Role.ANALYST, region="990100")
    assert "qinghe.test" not in district.get("/rules/efficacy_guarantee").text
