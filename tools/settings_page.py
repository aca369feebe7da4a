"""Write docs/settings.md from the settings themselves. Usage: python -m tools.settings_page"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, SecretStr

from cluewatch.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD = """# Settings

Generated from `cluewatch/settings.py` and `cluewatch/sections.py` by
`python -m tools.settings_page`; do not edit.

Read from the environment first, then from `cluewatch.toml` in the home directory
(`CLUEWATCH_HOME`, default `var/`). `cluewatch config` prints what is in force, secrets masked.

| setting | environment | default | meaning |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_rows(Settings, ""))


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _rows(kind, f"{prefix}{name}.")
            continue
        default = field.get_default(call_default_factory=True)
        plain = default.get_secret_value() if isinstance(default, SecretStr) else default
        shown = "" if plain in (None, "", (), {}) else f"`{plain}`"
        path = f"{prefix}{name}"
        environment = f"CLUEWATCH_{path.replace('.', '__').upper()}"
        yield f"| `{path}` | `{environment}` | {shown} | {field.description} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
