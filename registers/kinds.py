"""Which registers there are and what a row of each may hold (kinds.yml)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from attrs import frozen
from pydantic import Field as Default

from domain.errors import ConfigError, NotFound
from storage.datafiles import DataFile, Strict, read, shipped


class Reads(StrEnum):
    """How a cell is read, and what of it can be searched (registers.readers)."""

    NAME = "name"
    USCI = "usci"
    LICENCE_NO = "licence_no"
    NUMBER = "number"
    PARTY = "party"
    REGION = "region"
    ADDRESS = "address"
    PHONES = "phones"
    DATE = "date"
    LIST = "list"
    TEXT = "text"

    @property
    def identifies(self) -> bool:
        """Whether the value is a number that one record bears."""
        return self in {Reads.USCI, Reads.LICENCE_NO, Reads.NUMBER}


@frozen(kw_only=True)
class Field:
    """One field of one register: its key, its Chinese title, its reader and its headings."""

    key: str
    title: str
    reads: Reads
    headings: tuple[str, ...]
    required: bool


@frozen(kw_only=True)
class Kind:
    """One register. `identity` are the combinations of fields that make two rows one record,
    `subject` is the field that names the party that the record is about.

    A complete list proves that something is missing up to `proves_days` after its as-of date;
    0: never, because a list of the past is never complete.
    """

    key: str
    title: str
    fields: Mapping[str, Field]
    identity: tuple[tuple[str, ...], ...]
    subject: str
    proves_days: int


class _Field(Strict):
    title: str
    reads: Reads
    headings: list[str]


class _Kind(Strict):
    title: str
    proves_days: int
    subject: str = "name"
    fields: list[str]
    identity: list[list[str]]
    required: list[str] = Default(default_factory=list)
    headings: dict[str, list[str]] = Default(default_factory=dict)


class _Kinds(Strict):
    version: int
    fields: dict[str, _Field]
    kinds: dict[str, _Kind]


@cache
def kinds() -> Mapping[str, Kind]:
    """All registers by key, in the order of the file."""
    data = read(shipped("registers", "kinds.yml"))
    content = data.validated(_Kinds)
    return {key: _kind(key, one, content.fields, data) for key, one in content.kinds.items()}


def kind_of(key: str) -> Kind:
    """The register of this key. Raises NotFound that lists the known ones."""
    found = kinds().get(key)
    if found is None:
        raise NotFound(f"没有登记簿“{key}”，可用的有：{'、'.join(kinds())}")
    return found


def _kind(key: str, one: _Kind, shared: Mapping[str, _Field], data: DataFile) -> Kind:
    named = {
        one.subject,
        *one.required,
        *one.headings,
        *(part for parts in one.identity for part in parts),
    }
    unknown = [f for f in one.fields if f not in shared] + sorted(named - {*one.fields})
    if unknown or "name" not in one.fields:
        raise ConfigError(
            f"字段有误：{'、'.join(unknown) or '缺少 name'}", at=data.at("kinds", key)
        )
    return Kind(
        key=key,
        title=one.title,
        fields={
            name: Field(
                key=name,
                title=one.headings.get(name, [shared[name].title])[0],
                reads=shared[name].reads,
                headings=(*one.headings.get(name, ()), *shared[name].headings),
                required=name == "name" or name in one.required,
            )
            for name in one.fields
        },
        identity=tuple(tuple(parts) for parts in one.identity),
        subject=one.subject,
        proves_days=one.proves_days,
    )
