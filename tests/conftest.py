"""What every test may use."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.engines.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long the long tests are."""
    parser.addoption("--kills", type=int, default=32, help="processes that the kill test kills")
    parser.addoption("--inputs", type=int, default=50, help="files that every fuzz test reads")
