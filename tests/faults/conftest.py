"""A home with an agency, tickets that leave by themselves, and counts that the report prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.settings import config_path, load_settings
from tests.evidence.stand_ins import StandInRenderer
from tests.faults.balance import Balance, balance
from tests.faults.feed import captures, work_all

Home = Callable[..., Services]
Untroubled = Callable[[str, int], Balance]
Settled = Callable[[Services], Balance]
_COUNTS = pytest.StashKey[list[tuple[str, Balance]]]()


@pytest.fixture(scope="session")
def loaded() -> dict[str, object]:
    """What takes long to load and nothing changes: every home is given the same."""
    return {}


@pytest.fixture
def home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded: dict[str, object]
) -> Iterator[Home]:
    """Makes a home: `home(database=…, search=…)` on engines that others run; sections by name."""
    opened: list[Services] = []

    def make(*, database: str = "", search: str = "", **sections: dict[str, object]) -> Services:
        place = tmp_path / f"home{len(opened)}"
        monkeypatch.setenv("CLUEWATCH_HOME", str(place))
        monkeypatch.setenv("CLUEWATCH_DATABASE__URL", database)
        monkeypatch.setenv("CLUEWATCH_SEARCH__URL", search)
        agency = {"name": "示范市监测中心", "contact": "a@b.test", "legal_basis": "测试"}
        written: dict[str, dict[str, object]] = {
            "agency": {**agency, "region": "990100"},
            "dispatch": {"automatic": True},
        }
        configuration.write(config_path(), written | sections)
        services = Services(load_settings())
        for name in ("rulebook", "judge", "segmenter"):
            services.__dict__[name] = loaded.setdefault(name, getattr(services, name))
        services.prepare()
        services.index.ensure()
        services.__dict__["paced_renderer"] = StandInRenderer()
        opened.append(services)
        return services

    yield make
    for services in opened:
        services.close()


@pytest.fixture(scope="session")
def untroubled(tmp_path_factory: pytest.TempPathFactory, loaded: dict[str, object]) -> Untroubled:
    """What a seed's captures come to when nothing goes wrong."""
    known: dict[tuple[str, int], Balance] = {}

    def of(seed: str, count: int) -> Balance:
        if (seed, count) not in known:
            with pytest.MonkeyPatch.context() as patch:
                make = home.__wrapped__(tmp_path_factory.mktemp("untroubled"), patch, loaded)  # type: ignore[attr-defined]
                services = next(make)()
                with services.evidence_writer("test") as writer:
                    writer.record(captures(seed, count))
                work_all(services)
                known[seed, count] = balance(services)
                next(make, None)
        return known[seed, count]

    return of


@pytest.fixture
def settled(request: pytest.FixtureRequest) -> Settled:
    """`balance`, its counts kept for the report at the end."""

    def check(services: Services) -> Balance:
        found = balance(services)
        request.config.stash.setdefault(_COUNTS, []).append((request.node.name, found))
        return found

    return check


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the counts after each fault."""
    counts = config.stash.get(_COUNTS, [])
    if counts:
        terminalreporter.section("balance after faults")
    for name, found in counts:
        terminalreporter.write_line(f"{name}: {found}")
