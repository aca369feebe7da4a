"""What happens to the articles of a site as the days pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from sitefarm.author import Author, Draft
from sitefarm.plans import Changes
from sitefarm.records import Kind, Page, Paragraph, Quirk, Revision

_FIRST_CHANGE = 6
_CHANGE_STEP = 14


def changed(
    author: Author, changes: Changes, drafts: Sequence[Draft], pages: Sequence[Page], *, folder: str
) -> list[Page]:
    """Let some articles appear late, change, vanish, move into `folder` or end in a message.

    `drafts` and `pages` go side by side. The ticks are spread over the days; pages with a quirk
    of their bytes, a decoy or planted sentences do not vanish.
    """
    result = list(pages)
    plain = [i for i, p in enumerate(pages) if _is_plain(p)]
    chosen = author.dice.sample(plain, changes.creates + changes.edits)
    clean = [i for i in plain if not drafts[i].planted and i not in chosen]
    ticks = iter(range(_FIRST_CHANGE, 10_000, _CHANGE_STEP))
    for index in chosen[: changes.creates]:
        result[index] = _born(result[index], next(ticks))
    for index in chosen[changes.creates :]:
        added: Paragraph = (author.say_new(changes.bank, drafts[index].facts),)
        old = result[index].revisions[0]
        new = Revision(since=next(ticks), paragraphs=(*old.paragraphs, added))
        result[index] = evolve(result[index], revisions=(old, new))
    ends = [end for end, count in changes.ends.items() for _ in range(count)]
    gone = author.dice.sample(clean, changes.deletes + len(ends) + changes.moves)
    for index, end in zip(gone, [""] * changes.deletes + ends, strict=False):
        result[index] = evolve(result[index], gone=next(ticks), end=end)
    result += _moved(result, gone[len(gone) - changes.moves :], ticks, folder)
    return result


def _is_plain(page: Page) -> bool:
    return page.quirk is Quirk.NONE and not page.decoy and page.kind is Kind.CONTENT


def _born(page: Page, tick: int) -> Page:
    return evolve(page, first=tick, revisions=(evolve(page.revisions[0], since=tick),))


def _moved(
    pages: list[Page], places: Sequence[int], ticks: Iterator[int], folder: str
) -> list[Page]:
    """The new pages; the old ones in `pages` redirect to them from the same tick on."""
    found = []
    for index in places:
        tick, old = next(ticks), pages[index]
        new = evolve(_born(old, tick), path=f"/{folder}{old.path}")
        pages[index] = evolve(old, gone=tick, moved_to=new.path)
        found.append(new)
    return found
