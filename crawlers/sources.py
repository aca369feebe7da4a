"""Source files: YAML that an operator writes, checked before anything is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from domain.errors import ConfigError
from domain.sources import RiskTier, Source, SourceKind, VisitHours

_MAX_BYTES = 4 * 1024 * 1024
_SPIDERS = frozenset({"site"})
_WORDS = {
    "extra_forbidden": "未知的键",
    "missing": "缺少",
    "string_pattern_mismatch": "格式不符",
    "enum": "不在可选的值之中",
    "too_short": "缺少",
}


class EntryError(ValueError):
    """A source as written is wrong: `key` says where, `words` why."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(f"{key}：{words}" if key else words)
        self.key = key
        self.words = words


class _SourceEntry(BaseModel):
    """One source as written. `hosts` defaults to the hosts of the start addresses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")]
    kind: SourceKind
    title: Annotated[str, Field(min_length=1, max_length=300)]
    operator: str | None = None
    region: Annotated[str, Field(pattern=r"^\d{6}$")]
    start_urls: Annotated[tuple[str, ...], Field(min_length=1)]
    hosts: tuple[str, ...] = ()
    risk: RiskTier = RiskTier.NORMAL
    spider: str = "site"
    delay: Annotated[float, Field(ge=0.5, le=3600)] = 2.0
    daily_cap: Annotated[int, Field(ge=1, le=100_000)] = 2000
    hours: Annotated[str | None, Field(pattern=r"^\d{1,2}-\d{1,2}$")] = None
    expected_pages: Annotated[int, Field(ge=0)] = 0

    @field_validator("region", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value

    @field_validator("start_urls")
    @classmethod
    def _web_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"不是网址：{url}")
        return value

    @field_validator("spider")
    @classmethod
    def _known_family(cls, value: str) -> str:
        if value not in _SPIDERS:
            raise ValueError(f"没有名为 {value} 的爬虫")
        return value

    @field_validator("hours")
    @classmethod
    def _two_different_hours(cls, value: str | None) -> str | None:
        if value is not None:
            opens, closes = (int(hour) for hour in value.split("-"))
            if opens > 23 or closes > 24 or opens == closes:
                raise ValueError("应为两个不同的整点，如 22-6 表示夜间 22 时至次日 6 时")
        return value

    def source(self) -> Source:
        """The record of the domain."""
        values = self.model_dump()
        named = tuple(host.lower() for host in self.hosts)
        started = (urlsplit(url).hostname or "" for url in self.start_urls)
        if self.hours is not None:
            opens, closes = (int(hour) for hour in self.hours.split("-"))
            values["hours"] = VisitHours(opens=opens, closes=closes)
        values["hosts"] = tuple(dict.fromkeys((*named, *started)))
        return Source(**values)


def load_sources(path: Path) -> tuple[Source, ...]:
    """Read `{sources: [...]}` from a file, or from all *.yml files of a directory, in name order.

    Raises ConfigError naming file and line: unknown or repeated keys, bad values, repeated ids.
    """
    files = sorted(path.glob("*.yml")) if path.is_dir() else [path]
    found: dict[str, tuple[Source, str]] = {}
    for file in files:
        for source, place in _read(file):
            if source.id in found:
                raise ConfigError(f"编号 {source.id} 已用于 {found[source.id][1]}", at=place)
            found[source.id] = source, place
    return tuple(source for source, _ in found.values())


def read_entry(values: Mapping[str, object]) -> Source:
    """One source as written, by its keys. Raises EntryError for the first thing that is wrong."""
    try:
        return _SourceEntry.model_validate(values).source()
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        said = first["msg"].removeprefix("Value error, ")
        raise EntryError(key, _WORDS.get(first["type"], said)) from error


def _read(file: Path) -> Iterator[tuple[Source, str]]:
    root = _compose(file)
    if not isinstance(root, MappingNode):
        raise ConfigError("应为 sources: 下的列表", at=f"{file}:1")
    top = dict(_pairs(file, root))
    listed = top.pop("sources", None)
    if top or not isinstance(listed, SequenceNode):
        raise ConfigError("文件只应有一个键 sources，其值为列表", at=_place(file, root))
    for node in listed.value:
        yield _source(file, node), _place(file, node)


def _compose(file: Path) -> Node | None:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise ConfigError("文件过大", at=str(file))
        return yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"YAML 语法错误：{error.problem}", at=f"{file}:{line}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"无法读取：{error}", at=str(file)) from error


def _source(file: Path, node: Node) -> Source:
    if not isinstance(node, MappingNode):
        raise ConfigError("每个监测对象应为一组键值", at=_place(file, node))
    nodes = dict(_pairs(file, node))
    values = {key: _value(file, item) for key, item in nodes.items()}
    try:
        return read_entry(values)
    except EntryError as error:
        raise ConfigError(str(error), at=_place(file, nodes.get(error.key, node))) from error


def _pairs(file: Path, node: MappingNode) -> Iterator[tuple[str, Node]]:
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise ConfigError("键应为文字", at=_place(file, key))
        if key.value in seen:
            raise ConfigError(f"键 {key.value} 重复", at=_place(file, key))
        seen.add(key.value)
        yield key.value, value


def _value(file: Path, node: Node) -> Any:
    if isinstance(node, SequenceNode):
        return tuple(_value(file, item) for item in node.value)
    if isinstance(node, ScalarNode):
        return None if node.tag.endswith(":null") else node.value
    raise ConfigError("此处不应有嵌套的键", at=_place(file, node))


def _place(file: Path, node: Node) -> str:
    return f"{file}:{node.start_mark.line + 1}"
