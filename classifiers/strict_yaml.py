"""YAML that people write: duplicate keys refused, every error with its file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from domain.errors import ConfigError

Place = tuple[str | int, ...]
M = TypeVar("M", bound="Strict")


class Strict(BaseModel):
    """A model of untrusted YAML: unknown keys are errors, values are never changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read(path: Path, model: type[M]) -> M:
    """The file as `model`. Raises ConfigError whose `at` is file:line."""
    return parse(path.read_text(encoding="utf-8"), model, name=path.name)


def parse(text: str, model: type[M], *, name: str) -> M:
    """The same for text that is already read; `name` stands for the file in errors."""
    lines: dict[Place, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"不是合法的 YAML：{error.problem}", at=f"{name}:{line}") from None
    if node is None:
        raise ConfigError("文件是空的", at=f"{name}:1")
    data = _plain(node, (), lines, name)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = tuple(first["loc"])
        where = ".".join(str(part) for part in place)
        raise ConfigError(f"{where}：{first['msg']}", at=f"{name}:{_line(place, lines)}") from None


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> Any:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, lines, name)
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(child, (*place, index), lines, name) for index, child in enumerate(node.value)
        ]
    return yaml.SafeLoader("").construct_object(node)


def _mapping(
    node: yaml.MappingNode, place: Place, lines: dict[Place, int], name: str
) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in plain:
            raise ConfigError(f"键“{key}”重复", at=f"{name}:{line}")
        plain[key] = _plain(value_node, (*place, key), lines, name)
        lines[(*place, key)] = line
    return plain


def _line(place: Place, lines: dict[Place, int]) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)
