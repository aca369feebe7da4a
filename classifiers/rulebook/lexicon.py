"""Word classes: includes resolved, shapes checked to be bounded."""

from __future__ import annotations

import re

from classifiers.expressions import Lexicon
from classifiers.rulebook.schema import ClassesSource
from domain.errors import ConfigError

_INCLUDE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_UNBOUNDED = re.compile(r"(?<!\\)[*+]|\{\d*,\}")


def lexicon(source: ClassesSource, *, at: str) -> Lexicon:
    """The classes ready for use. Raises ConfigError naming the class."""
    for name, shape in source.shapes.items():
        if _UNBOUNDED.search(shape):
            raise ConfigError(f"形状“{name}”不得无界重复", at=at)
        if name in source.words:
            raise ConfigError(f"“{name}”既是词类又是形状", at=at)
    words = {name: _members(name, source, (), at) for name in source.words}
    return Lexicon(words=words, shapes=dict(source.shapes))


def _members(name: str, source: ClassesSource, inside: tuple[str, ...], at: str) -> tuple[str, ...]:
    if name in inside:
        raise ConfigError(f"词类“{name}”包含了自己", at=at)
    members: list[str] = []
    for word in source.words.get(name, ()):
        include = _INCLUDE.fullmatch(word)
        if include is None:
            members.append(word)
        elif include[1] not in source.words:
            raise ConfigError(f"词类“{name}”引用了不存在的“{include[1]}”", at=at)
        else:
            members.extend(_members(include[1], source, (*inside, name), at))
    return tuple(dict.fromkeys(members))
