"""The generated pages are what the code says, and the README's commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import commands_page, settings_page

ROOT = Path(__file__).parents[2]
REMEDY = "run python -m tools.settings_page and python -m tools.commands_page"


def test_generated_pages_are_up_to_date() -> None:
    for module in (settings_page, commands_page):
        assert module.PAGE.read_text("utf-8") == module.page(), REMEDY


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_commands_in_prose_exist(name: str) -> None:
    known = re.findall(r"^\| `(cluewatch [a-z -]+?)(?: [A-Z_]+)*`", commands_page.page(), re.M)
    text = (ROOT / name).read_text("utf-8")
    for words in re.findall(r"cluewatch ((?:[a-z][a-z-]+ ?)+)", text):
        command = words.strip()
        assert any(
            k == f"cluewatch {command}"
            or f"cluewatch {command} ".startswith(f"{k} ")
            or k.startswith(f"cluewatch {command} ")
            for k in known
        ), command


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_links_in_prose_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


def test_every_top_level_package_is_in_the_contracts_and_the_readme() -> None:
    packages = sorted(p.parent.name for p in ROOT.glob("*/__init__.py"))
    ours = [p for p in packages if p not in ("tests", "tools", "benchmarks")]
    contracts = (ROOT / "pyproject.toml").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    for package in ours:
        assert f'"{package}"' in contracts
        assert f"`{package}/`" in readme
