"""Who speaks, is there an offer, and in which attitude does a claim stand (voice.yml)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from attrs import field, frozen
from pydantic import Field, StringConstraints

from classifiers.expressions import Expression, Lexicon
from classifiers.rulebook.loading import expressions, file_digest
from domain.errors import ConfigError
from storage.datafiles import Strict, read

SHIPPED = Path(__file__).with_name("voice.yml")
UNKNOWN = "unknown"

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
_Text = Annotated[str, StringConstraints(min_length=1)]


class Where(StrEnum):
    """Where the cue of a stance has to stand."""

    BEFORE = "before"
    AFTER = "after"
    SENTENCE = "sentence"
    QUOTED = "quoted"
    TITLED = "titled"


class Within(StrEnum):
    """Which text of a document counts for a trait: all, without menus and footers, the names."""

    TEXT = "text"
    BODY = "body"
    NAME = "name"


class _StanceSource(Strict):
    id: _Name
    title: _Text
    where: Where
    reach: int = Field(default=0, ge=0, le=40)
    any: tuple[_Text, ...] = Field(min_length=1)
    spare: tuple[_Text, ...] = ()
    not_for: tuple[_Name, ...] = ()


class _TraitSource(Strict):
    id: _Name
    title: _Text
    within: Within
    at_least: int = Field(ge=1)
    any: tuple[_Text, ...] = Field(min_length=1)
    unless: tuple[_Name, ...] = ()


class _SpeakerSource(Strict):
    id: _Name
    title: _Text
    when: tuple[_Name, ...] = Field(min_length=1)
    unless: tuple[_Name, ...] = ()


class _VoiceSource(Strict):
    stances: tuple[_StanceSource, ...]
    traits: tuple[_TraitSource, ...]
    speakers: tuple[_SpeakerSource, ...]
    offers: tuple[_Name, ...]


@frozen(kw_only=True)
class Stance:
    """An attitude that clears a claim: cues, where they stand, and what only looks like a cue."""

    id: str
    title: str
    where: Where
    reach: int
    any: tuple[Expression, ...]
    spare: tuple[Expression, ...]
    not_for: frozenset[str]


@frozen(kw_only=True)
class Trait:
    """Something that a document shows when enough different cue words are found in it."""

    id: str
    title: str
    within: Within
    at_least: int
    any: tuple[Expression, ...]
    unless: frozenset[str]


@frozen(kw_only=True)
class Speaker:
    """A speaker and the traits by which it is known."""

    id: str
    title: str
    when: frozenset[str]
    unless: frozenset[str]


@frozen(kw_only=True)
class Voice:
    """Who speaks in a document. `cues` names the words behind each trait, for the reasons."""

    speaker: str
    title: str
    traits: frozenset[str]
    offers: tuple[str, ...]
    cues: Mapping[str, tuple[str, ...]] = field(factory=dict, repr=False)

    @property
    def offer(self) -> bool:
        """Whether anything is offered: booking, price, contact or a promoted name."""
        return bool(self.offers)


@frozen(kw_only=True)
class VoiceModel:
    """The stances, traits and speakers of voice.yml."""

    stances: tuple[Stance, ...]
    traits: tuple[Trait, ...]
    speakers: tuple[Speaker, ...]
    offers: tuple[str, ...]
    version: str

    def hear(self, cues: Mapping[str, Sequence[str]]) -> Voice:
        """The voice of a document in which these cue words were found, per trait."""
        found = {
            trait.id: tuple(dict.fromkeys(cues.get(trait.id, ())))
            for trait in self.traits
            if len(set(cues.get(trait.id, ()))) >= trait.at_least
        }
        shown = {
            t.id: found[t.id] for t in self.traits if t.id in found and not t.unless & found.keys()
        }
        speaker = next(
            (s for s in self.speakers if s.when <= shown.keys() and not s.unless & shown.keys()),
            None,
        )
        return Voice(
            speaker=speaker.id if speaker else UNKNOWN,
            title=speaker.title if speaker else "说话人不明",
            traits=frozenset(shown),
            offers=tuple(offer for offer in self.offers if offer in shown),
            cues=shown,
        )


def load(lexicon: Lexicon, path: Path = SHIPPED) -> VoiceModel:
    """Read voice.yml. Raises ConfigError naming the line or the entry."""
    source = read(path).validated(_VoiceSource)
    known = {trait.id for trait in source.traits}
    named = {name for s in source.speakers for name in (*s.when, *s.unless)} | {*source.offers}
    named |= {name for trait in source.traits for name in trait.unless}
    if named - known:
        raise ConfigError(f"没有定义的特征：{'、'.join(sorted(named - known))}", at=path.name)
    return VoiceModel(
        stances=tuple(_stance(s, lexicon, path.name) for s in source.stances),
        traits=tuple(
            Trait(
                id=t.id,
                title=t.title,
                within=t.within,
                at_least=t.at_least,
                unless=frozenset(t.unless),
                any=expressions(t.any, lexicon, at=f"{path.name} traits.{t.id}"),
            )
            for t in source.traits
        ),
        speakers=tuple(
            Speaker(id=s.id, title=s.title, when=frozenset(s.when), unless=frozenset(s.unless))
            for s in source.speakers
        ),
        offers=source.offers,
        version=file_digest(path).removeprefix("sha256:")[:8],
    )


def _stance(source: _StanceSource, lexicon: Lexicon, name: str) -> Stance:
    at = f"{name} stances.{source.id}"
    return Stance(
        id=source.id,
        title=source.title,
        where=source.where,
        reach=source.reach,
        any=expressions(source.any, lexicon, at=at),
        spare=expressions(source.spare, lexicon, at=at),
        not_for=frozenset(source.not_for),
    )
