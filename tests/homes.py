"""Homes of the product for tests: settings written, wired and migrated, closed in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.settings import config_path, load_settings

AGENCY = {
    "name": "示范市监测中心",
    "contact": "a@b.test",
    "legal_basis": "测试",
    "region": "990100",
}


@contextmanager
def home(
    place: Path, patch: pytest.MonkeyPatch, **sections: Mapping[str, object]
) -> Iterator[Services]:
    """A home of its own at `place`, with these sections in its settings."""
    patch.setenv("CLUEWATCH_HOME", str(place))
    configuration.write(config_path(), {name: dict(values) for name, values in sections.items()})
    services = Services(load_settings())
    services.prepare()
    yield services
    services.close()
