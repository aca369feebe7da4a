"""Indexes by generation and month, and the aliases in front of them.

A generation is one index a month, `<prefix>-documents-v2-000001-2026.03`, and one without
documents, so that there always is one. `<prefix>-documents` is what searches ask. Every index is
written by an alias of its role and month: `<prefix>-documents-current-2026.03`, and `-next-` while
a rebuild fills it. The swap is one request; a writer that meets it finds its alias gone, and
repeats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from attrs import frozen
from elasticsearch import BadRequestError, Elasticsearch

from domain.errors import PermanentError
from indexer.backends.elasticsearch_queries import MAPPING, Json

LAYOUT = "v2"
"""Part of the names of indexes; a changed mapping takes a new one and is filled by a rebuild."""

_NO_MONTH = "none"


class Role(StrEnum):
    """CURRENT answers; NEXT is being filled by a rebuild."""

    CURRENT = "current"
    NEXT = "next"


@frozen(kw_only=True)
class _Part:
    """One index; its role is None when a rebuild was broken off and another one began."""

    name: str
    number: int
    month: str
    role: Role | None


class Generations:
    """What exists of `<prefix>-documents`."""

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self._client = client
        self.reading = f"{prefix}-documents"
        self._names = f"{prefix}-documents-{LAYOUT}"

    def writing(self, role: Role, month: str) -> str:
        """The alias by which a month such as 2026-03 is written; `*` stands for all."""
        return f"{self.reading}-{role.value}-{month.replace('-', '.')}"

    def ensure(self) -> None:
        """Have a current generation."""
        if not self._parts(Role.CURRENT):
            self._create(Role.CURRENT, 1, _NO_MONTH)

    def roles(self) -> tuple[Role, ...]:
        """The generations that have to hold whatever is written."""
        there = {part.role for part in self._all()}
        return tuple(role for role in Role if role in there)

    def ensure_months(self, role: Role, months: Iterable[str]) -> None:
        """Have an index for each of these months."""
        parts = self._parts(role)
        if not parts:
            raise PermanentError("索引还不存在；请运行 cluewatch index rebuild", at=self.reading)
        for month in sorted(set(months) - {part.month for part in parts}):
            self._create(role, parts[0].number, month)

    def begin(self) -> int:
        """Have an empty next generation, of the number returned; a left one is removed."""
        everything = self._all()
        self._delete(part.name for part in everything if part.role is not Role.CURRENT)
        number = 1 + max((part.number for part in everything), default=0)
        self._create(Role.NEXT, number, _NO_MONTH)
        return number

    def swap(self, number: int) -> None:
        """Make the generation that began with `number` the current one, and remove the old."""
        fresh = [part for part in self._parts(Role.NEXT) if part.number == number]
        if not fresh:
            raise PermanentError("另一个重建已经取代了这一个", at=self.reading)
        actions: list[Json] = [
            {"remove_index": {"index": part.name}} for part in self._parts(Role.CURRENT)
        ]
        for part in fresh:
            old, new = (self.writing(role, part.month) for role in (Role.NEXT, Role.CURRENT))
            actions.append({"remove": {"index": part.name, "alias": old}})
            actions += [{"add": {"index": part.name, "alias": a}} for a in (new, self.reading)]
        self._client.indices.update_aliases(actions=actions)

    def drop_before(self, month: str) -> None:
        """Remove the indexes of earlier months whole."""
        self._delete(
            part.name for part in self._all() if part.month != _NO_MONTH and part.month < month
        )

    def month_of(self, index: str) -> str:
        """The month of an index by its name."""
        return index.rpartition("-")[2].replace(".", "-")

    def _parts(self, role: Role) -> list[_Part]:
        return [part for part in self._all() if part.role is role]

    def _all(self) -> list[_Part]:
        known = self._client.indices.get_alias(index=f"{self._names}-*")
        return [self._part(name, list(entry["aliases"])) for name, entry in known.items()]

    def _part(self, name: str, aliases: Sequence[str]) -> _Part:
        month, number = self.month_of(name), int(name.split("-")[-2])
        roles = [role for role in Role if self.writing(role, month) in aliases]
        return _Part(name=name, number=number, month=month, role=next(iter(roles), None))

    def _create(self, role: Role, number: int, month: str) -> None:
        aliases: Json = {self.writing(role, month): {}}
        if role is Role.CURRENT:
            aliases[self.reading] = {}
        name = f"{self._names}-{number:06}-{month.replace('-', '.')}"
        settings = {"number_of_shards": 1}
        try:
            self._client.indices.create(
                index=name, mappings=MAPPING, settings=settings, aliases=aliases
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":  # another worker was quicker
                raise

    def _delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._client.indices.delete(index=name, ignore_unavailable=True)
