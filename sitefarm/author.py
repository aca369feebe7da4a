"""Writes the sentences of one site, using every template before any is used again."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define

from sitefarm.dice import Dice
from sitefarm.phrases import Bank, Facts, Template
from sitefarm.plans import Recipe
from sitefarm.records import Column, Paragraph, Sentence

_TRIES = 200


@define(kw_only=True)
class Draft:
    """An article that is still being written; `code` is its section's code on the dev seed."""

    code: str
    column: Column
    title: str
    facts: Facts
    paragraphs: list[list[Sentence]]
    planted: int = 0

    def finished(self) -> tuple[Paragraph, ...]:
        """The body as it will be served."""
        return tuple(tuple(p) for p in self.paragraphs)


class Author:
    """Draws templates from shuffled decks and fills them; remembers what it has said."""

    def __init__(self, bank: Bank, *name: str) -> None:
        self.dice = Dice(*name, "author")
        self._bank = bank
        self._decks: dict[tuple[str, str], list[Template]] = {}
        self._said: set[str] = set()

    def say(self, bank: tuple[str, str], facts: Facts) -> Sentence:
        """A sentence of that bank; it may have been said before."""
        template = self._next(bank)
        text = self._bank.fill(template.text, self.dice, facts)
        return Sentence(text=text, slugs=template.slugs, why=template.why)

    def say_new(self, bank: tuple[str, str], facts: Facts) -> Sentence:
        """A sentence not returned by this method before; RuntimeError when none is left."""
        for _ in range(_TRIES):
            sentence = self.say(bank, facts)
            if sentence.text not in self._said:
                self._said.add(sentence.text)
                return sentence
        raise RuntimeError(f"the bank {bank} is exhausted")

    def paragraphs(self, recipe: Recipe, facts: Facts) -> list[list[Sentence]]:
        """A body by recipe, in paragraphs of one to three sentences, none repeated within it."""
        sentences: dict[str, Sentence] = {}
        for bank, count in recipe.items():
            wanted = len(sentences) + count
            for _ in range(_TRIES):
                if len(sentences) == wanted:
                    break
                said = self.say(bank, facts)
                sentences.setdefault(said.text, said)
        return self._grouped(self.dice.shuffled(list(sentences.values())))

    def _grouped(self, sentences: Sequence[Sentence]) -> list[list[Sentence]]:
        groups: list[list[Sentence]] = []
        rest = list(sentences)
        while rest:
            size = self.dice.randint(1, 3)
            groups.append(rest[:size])
            rest = rest[size:]
        return groups

    def _next(self, bank: tuple[str, str]) -> Template:
        deck = self._decks.setdefault(bank, [])
        if not deck:
            deck.extend(self.dice.shuffled(self._bank.templates[bank]))
        return deck.pop()
