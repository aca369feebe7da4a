"""How much the farm's words and a rulebook's words have in common.

Rules written with the farm's phrases at hand would score well for a bad reason; this says whether
that happened.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from sitefarm.dice import Dice
from sitefarm.phrases.bank import SLOT, Template, load

_LEAST = 6
_NEUTRAL = {
    "hospital": ("本院",),
    "phone": ("400-000-0000",),
    "address": ("梧荫路1号",),
    "wechat": ("wx000",),
}


@frozen(kw_only=True)
class OverlapReport:
    """Shares in [0, 1].

    `containing` of `sentences` hold at least one literal verbatim; `identical` of `parts` (the
    fixed text between slots, six characters or more) stand verbatim in one of the examples.
    """

    sentences: int
    containing: int
    parts: int
    identical: int
    copied: tuple[str, ...]

    @property
    def literal_share(self) -> float:
        """Planted sentences that a literal search alone would find."""
        return self.containing / self.sentences

    @property
    def copied_share(self) -> float:
        """Fixed parts of the farm's templates that an example repeats."""
        return self.identical / self.parts


def overlap(literals: Iterable[str], examples: Iterable[str] = ()) -> OverlapReport:
    """Compare the farm's violation templates with a rulebook's literals and example sentences."""
    bank = load()
    known = [literal for literal in literals if literal]
    templates = bank.violations()
    disease = bank.diseases["骨科"][0]
    facts = {**disease, **_NEUTRAL}
    sentences = [bank.fill(t.text, Dice("overlap", t.text), facts) for t in templates]
    parts = [part for template in templates for part in _parts(template)]
    corpus = "\n".join(examples)
    copied = tuple(part for part in parts if part in corpus)
    return OverlapReport(
        sentences=len(sentences),
        containing=sum(any(literal in s for literal in known) for s in sentences),
        parts=len(parts),
        identical=len(copied),
        copied=copied,
    )


def _parts(template: Template) -> list[str]:
    pieces = SLOT.split(template.text)[::2]
    return [p.strip("，。、；：“”") for p in pieces if len(p.strip("，。、；：“”")) >= _LEAST]
