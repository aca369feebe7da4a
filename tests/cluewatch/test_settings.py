"""Settings: environment over file, errors that name the setting, secrets masked."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluewatch import configuration
from cluewatch.settings import config_path, effective, load_settings
from domain.errors import ConfigError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLUEWATCH_HOME", str(tmp_path))
    return tmp_path


def test_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    configuration.write(config_path(), {"console": {"port": 9001}, "agency": {"name": "甲"}})
    monkeypatch.setenv("CLUEWATCH_CONSOLE__PORT", "9002")
    settings = load_settings()
    assert settings.console.port == 9002
    assert settings.agency.name == "甲"
    assert not settings.agency.complete


def test_an_unknown_setting_is_named(home: Path) -> None:
    (home / "cluewatch.toml").write_text("[console]\nprot = 1\n", "utf-8")
    with pytest.raises(ConfigError, match=r"console\.prot"):
        load_settings()


def test_broken_toml_names_the_file(home: Path) -> None:
    (home / "cluewatch.toml").write_text("[console\n", "utf-8")
    with pytest.raises(ConfigError, match=r"cluewatch\.toml"):
        load_settings()


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUEWATCH_DATABASE__URL", "postgresql://u:geheim@127.0.0.1/db")
    monkeypatch.setenv("CLUEWATCH_SEARCH__API_KEY", "geheim")
    settings = load_settings()
    assert "geheim" in settings.truth_url
    assert "geheim" not in str(effective(settings))
    assert "geheim" not in repr(settings)


def test_a_bad_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUEWATCH_NETWORK__ALLOWED", '["127.0.0.0/99"]')
    with pytest.raises(ConfigError, match=r"network\.allowed"):
        load_settings()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_whatever_is_written_is_read_again(name: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "cluewatch.toml"
        configuration.write(path, {"agency": {"name": name}})
        assert tomllib.loads(path.read_text("utf-8")) == {"agency": {"name": name}}


def test_writing_keeps_other_sections_and_is_private() -> None:
    configuration.write(config_path(), {"network": {"resolve": {"a.test": "127.0.0.2"}}})
    configuration.write(config_path(), {"agency": {"name": "乙"}})
    settings = load_settings()
    assert settings.network.resolve == {"a.test": "127.0.0.2"}
    assert config_path().stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("https://search.test:9200", True),
        ("http://127.0.0.1:9200", True),
        ("http://search.test:9200", False),
    ],
)
def test_an_api_key_is_not_sent_in_clear(
    monkeypatch: pytest.MonkeyPatch, url: str, accepted: bool
) -> None:
    monkeypatch.setenv("CLUEWATCH_SEARCH__API_KEY", "secret")
    monkeypatch.setenv("CLUEWATCH_SEARCH__URL", url)
    if accepted:
        assert load_settings().search.url == url
        return
    with pytest.raises(ConfigError, match="https") as raised:
        load_settings()
    assert "secret" not in str(raised.value)
