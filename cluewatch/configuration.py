"""Writing cluewatch.toml, and showing settings as flat names."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def write(path: Path, sections: Mapping[str, Mapping[str, object]]) -> None:
    """Merge sections into the file and replace it as a whole (mode 0600: it may hold secrets)."""
    merged: dict[str, dict[str, Any]] = {}
    if path.exists():
        merged = tomllib.loads(path.read_text("utf-8"))
    for section, values in sections.items():
        merged.setdefault(section, {}).update(values)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        for section, values in merged.items():
            file.write(f"[{section}]\n")
            file.writelines(f"{_key(key)} = {_value(value)}\n" for key, value in values.items())
            file.write("\n")
    fresh.replace(path)


def flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Dotted names of all settings, in order."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(v) for v in value)}]"
    # Strings, numbers and booleans of TOML are written as in JSON, but for DEL, which JSON leaves.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
