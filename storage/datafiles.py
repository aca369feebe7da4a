"""Data files that people write (YAML): no duplicate keys, and every error has its file and line."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

import yaml
from attrs import frozen
from pydantic import BaseModel, ConfigDict, ValidationError
from yaml.constructor import SafeConstructor

from domain.errors import ConfigError

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]
_WORDS = {"extra_forbidden": "未知的键", "missing": "缺少"}
_MOST_CHARACTERS = 4 * 1024 * 1024
_MOST_VALUES = 500_000


class Strict(BaseModel):
    """A model of untrusted data: unknown keys are errors, values are never changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@frozen(kw_only=True)
class DataFile:
    """A parsed file: plain values, and the line on which each of them stands (from 1)."""

    name: str
    value: object
    lines: dict[Place, int]

    def at(self, *place: str | int) -> str:
        """The "file:line" of the value at `place`, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.name}:{self.lines.get(place, 1)}"

    def validated(self, model: type[M]) -> M:
        """The content as `model`. Raises ConfigError that names the first wrong place."""
        try:
            return model.model_validate(self.value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            words = _WORDS.get(first["type"], first["msg"])
            raise ConfigError(f"{where}：{words}", at=self.at(*first["loc"])) from None


def read(source: Path | Traversable) -> DataFile:
    """Parse one file. Raises ConfigError when it cannot be read, or for what `parse` refuses."""
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"文件无法读取：{error}", at=str(source)) from error
    return parse(text, name=str(source))


def shipped(package: str, *parts: str) -> Traversable:
    """A data file that comes with a package."""
    return files(package).joinpath(*parts)


def parse(text: str, *, name: str) -> DataFile:
    """Parse text that is already read; `name` stands for the file in errors.

    Raises ConfigError for bad syntax, an empty file, duplicate keys, values that are not what
    they look like, and for what nests or repeats itself (by aliases) without measure.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ConfigError("文件过大", at=name)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"不是合法的 YAML：{error.problem}", at=f"{name}:{line}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"不是合法的 YAML：{error}", at=f"{name}:1") from None
    except RecursionError:
        raise ConfigError("嵌套过深", at=name) from None
    if root is None:
        raise ConfigError("文件是空的", at=f"{name}:1")
    reading = _Reading(name)
    try:
        return DataFile(name=name, value=reading.plain(root, ()), lines=reading.lines)
    except RecursionError:
        raise ConfigError("嵌套过深", at=name) from None


class _Reading:
    """Plain values made from the nodes of one file, and the lines they stand on."""

    def __init__(self, name: str) -> None:
        self.lines: dict[Place, int] = {}
        self._name = name
        self._scalars = SafeConstructor()

    def plain(self, node: yaml.Node, place: Place) -> object:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if len(self.lines) > _MOST_VALUES:
            raise ConfigError("内容过多", at=self._name)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*place, i)) for i, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return self._scalar(node)
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in result:
                raise ConfigError(f"键“{key}”重复", at=f"{self._name}:{line}")
            self.lines[(*place, key)] = line
            result[key] = self.plain(value_node, (*place, key))
        return result

    def _scalar(self, node: yaml.Node) -> object:
        try:
            return self._scalars.construct_object(node)
        except (ValueError, yaml.YAMLError) as error:
            place = f"{self._name}:{node.start_mark.line + 1}"
            raise ConfigError(f"值“{node.value}”无效：{error}", at=place) from None
