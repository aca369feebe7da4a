"""The API does what its OpenAPI document says, whatever it is asked (schemathesis)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from cluewatch.api.app import create_api
from cluewatch.api.limits import RateLimit
from cluewatch.bootstrap import Services
from domain.people import Role
from tests.cluewatch.api_callers import token_of, user_named
from tests.cluewatch.conftest import ADVERT, bring_in

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")


def test_the_api_keeps_its_word(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    user = user_named(services, Role.REVIEWER, Role.OPERATOR)
    headers = {"Authorization": f"Bearer {token_of(services, user)}"}
    unhurried = RateLimit(burst=1_000_000, per_second=1_000_000)
    app = create_api(services, limit=unhurried, strangers=unhurried)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == sum(len(methods) for methods in app.openapi()["paths"].values())
    for operation in operations:
        _check(operation, headers)


def _check(operation: Any, headers: dict[str, str]) -> None:
    @settings(
        max_examples=20,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def keeps_its_word(case: Any) -> None:
        case.call_and_validate(headers=headers)

    keeps_its_word()
