"""What stands in deploy/ fits the program: settings exist, commands parse, routes answer."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from pydantic import BaseModel

from cluewatch.cli import app
from cluewatch.console.access import RULES
from cluewatch.settings import Settings, load_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
CONTAINERS = [DEPLOY / "compose.yml", DEPLOY / "kubernetes" / "cluewatch.yml"]


def known_variables(model: type[BaseModel] = Settings, prefix: str = "CLUEWATCH_") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= known_variables(kind, f"{prefix}{name.upper()}__")
        else:
            found.add(f"{prefix}{name.upper()}")
    return found


def test_every_variable_that_is_named_exists() -> None:
    known = known_variables()
    for file in FILES:
        named = set(re.findall(r"\bCLUEWATCH_[A-Z_]+", file.read_text("utf-8")))
        assert named <= known, (file.name, named - known)


def command_lines() -> Iterator[list[str]]:
    for file in FILES:
        if file.suffix == ".service":
            for line in re.findall(r"^ExecStart=(.*)$", file.read_text("utf-8"), re.M):
                words = shlex.split(line)
                yield shlex.split(words[-1]) if words[0] == "/bin/sh" else words
    for file in CONTAINERS:
        for document in yaml.safe_load_all(file.read_text("utf-8")):
            yield from _commands(document)


def _commands(node: Any) -> Iterator[list[str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "command" and isinstance(value, list):
                yield value
            else:
                yield from _commands(value)
    elif isinstance(node, list):
        for value in node:
            yield from _commands(value)


def test_every_command_line_parses() -> None:
    ours = 0
    for words in command_lines():
        at = next((n for n, word in enumerate(words) if word.endswith("cluewatch")), None)
        if at is None:
            continue
        ours += 1
        command: Any = typer.main.get_command(app)
        rest = words[at + 1 :]
        while rest and rest[0] in getattr(command, "commands", {}):
            command, rest = command.commands[rest[0]], rest[1:]
        assert not hasattr(command, "commands"), words
        command.make_context("x", list(rest), resilient_parsing=False)
    assert ours >= 8


@pytest.mark.parametrize("file", CONTAINERS, ids=lambda path: path.name)
def test_every_probe_is_a_route(file: Path) -> None:
    for path in re.findall(r"path: (/\w+)\b", file.read_text("utf-8")):
        assert ("GET", path) in RULES


def test_the_example_of_the_environment_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (DEPLOY / "cluewatch.env.example").read_text("utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.agency.complete
    assert settings.alarms.channels == ("duty",)
    assert set(settings.channels) == {"duty"}


def test_no_secret_stands_in_a_file() -> None:
    for file in FILES:
        text = file.read_text("utf-8")
        for value in re.findall(r"^\s*\w*(?:PASSWORD|KEY|SECRET)\w*[=:]\s*(\S+)", text, re.M):
            assert value.startswith("${") or value == "CHANGE-ME", (file.name, value)


def test_the_dashboard_is_json() -> None:
    assert json.loads((DEPLOY / "grafana" / "cluewatch.json").read_text("utf-8"))["panels"]
