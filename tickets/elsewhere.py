"""Where to go with what is not ours: the places, and the one that a text suggests."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import frozen
from pydantic import Field

from domain.errors import ConfigError, NotFound
from storage import datafiles
from storage.datafiles import Strict


class Place(Strict):
    """An authority outside of the system; without `words` it is the one for all the rest."""

    id: str
    title: str = Field(min_length=2)
    words: tuple[str, ...]
    source: str


@frozen(kw_only=True)
class Places:
    """All of them; exactly one takes what nothing else takes."""

    all: tuple[Place, ...]

    def get(self, place_id: str) -> Place:
        """The place with this id. Raises NotFound."""
        for place in self.all:
            if place.id == place_id:
                return place
        known = "、".join(f"{place.id}（{place.title}）" for place in self.all)
        raise NotFound(f"没有去处“{place_id}”；可用：{known}")

    def suggested(self, text: str) -> Place:
        """The first place one of whose words stands in the text, else the general one."""
        return next(
            (p for p in self.all if any(word in text for word in p.words)),
            next(p for p in self.all if not p.words),
        )


class _File(Strict):
    places: list[Place]


def load_places(source: Path | Traversable | None = None) -> Places:
    """The places in `source`, or the shipped ones. Raises ConfigError (file:line) unless ids differ
    and exactly one place is general."""
    data = datafiles.read(source or datafiles.shipped("tickets", "elsewhere.yml"))
    places = data.validated(_File).places
    if len({place.id for place in places}) < len(places):
        raise ConfigError("去处编号重复", at=data.at("places"))
    if sum(not place.words for place in places) != 1:
        raise ConfigError("须有且只有一个不带 words 的去处", at=data.at("places"))
    return Places(all=tuple(places))
