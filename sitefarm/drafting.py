"""Fills the sections of a site with articles and sets the planted sentences into them."""

from __future__ import annotations

from collections.abc import Sequence

from sitefarm.author import Author, Draft
from sitefarm.phrases import Bank, Facts
from sitefarm.plans import ColumnPlan, Plan, Plant
from sitefarm.records import Column, Entity, Sentence

_CROWDED = 3
"""An article takes at most this many planted sentences, so that no page is nothing but claims;
closing words (`Plant.last`) only once."""


def draft_articles(
    author: Author,
    plan: Plan,
    sections: Sequence[tuple[ColumnPlan, Column, Facts | None]],
    base: Facts,
    diseases: Sequence[Facts],
) -> list[Draft]:
    """All articles of a site, with its home page last, before anything is planted."""
    drafts: list[Draft] = []
    for section, column, own in sections:
        for number in range(section.pages):
            facts = {**base, **(own or diseases[number % len(diseases)])}
            drafts.append(_article(author, section, column, facts))
    drafts.append(
        Draft(
            code="home",
            column=sections[0][1],
            title="首页",
            facts={**base, **diseases[0]},
            paragraphs=author.paragraphs(plan.home, {**base, **diseases[0]}),
        )
    )
    return drafts


def _article(author: Author, section: ColumnPlan, column: Column, facts: Facts) -> Draft:
    return Draft(
        code=section.code,
        column=column,
        title=author.say(("titles", section.titles), facts).text,
        facts=facts,
        paragraphs=author.paragraphs(section.body, facts),
    )


def plant(author: Author, plants: Sequence[Plant], drafts: Sequence[Draft]) -> None:
    """Set every planned sentence into an article; each third one stands in a second article too."""
    for order in plants:
        places = [d for code in order.columns for d in drafts if d.code == code]
        deck: list[Draft] = []
        left = order.rows
        while left > 0:
            if not deck:
                deck = author.dice.shuffled(places)
            draft = deck.pop()
            if _full(draft, order):
                continue
            sentence = author.say_new(order.bank, draft.facts)
            _insert(author, draft, sentence, last=order.last)
            left -= 1
            twin = _twin(draft, deck, order)
            if left > 0 and left % 3 == 0 and twin is not None:
                _insert(author, twin, sentence, last=order.last)
                left -= 1


def _full(draft: Draft, order: Plant) -> bool:
    if draft.code == "home":
        return False
    return draft.planted >= (1 if order.last else _CROWDED)


def _twin(draft: Draft, others: Sequence[Draft], order: Plant) -> Draft | None:
    """Another article on the same disease, where the same sentence makes sense."""
    return next(
        (
            d
            for d in others
            if d is not draft
            and d.code != "home"
            and not _full(d, order)
            and d.facts["disease"] == draft.facts["disease"]
        ),
        None,
    )


def _insert(author: Author, draft: Draft, sentence: Sentence, *, last: bool) -> None:
    draft.planted += 1
    if last:
        draft.paragraphs.append([sentence])
        return
    paragraph = author.dice.choice(draft.paragraphs)
    paragraph.insert(author.dice.randint(0, len(paragraph)), sentence)


def facts_of(entity: Entity) -> Facts:
    """The slots that are the same on every page of a host."""
    return {
        "hospital": (entity.name,),
        "phone": (entity.phone,),
        "address": (entity.address,),
        "wechat": (entity.wechat,),
    }


def diseases_of(bank: Bank, specialty: str, scope: str) -> tuple[Facts, ...]:
    """The diseases that a host writes about: of one specialty, or all."""
    if scope == "all":
        return tuple(d for group in bank.diseases.values() for d in group)
    return bank.diseases[specialty]
