"""Rows about what was stored of the planted sentences: by carrier, and behind which cloak."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from sitefarm.score.ground import Ground, Planted
from sitefarm.score.rows import Row, count, share

_CARRIERS = {"dom": 0.99, "js_state": 0.98, "js_literal": 0.98, "rendered": 0.98}
_CLOAKS = {"ref": 0.98, "geo": 0.98, "hide": 0.98, "back": 0.98, "pcm": 0.98, "time": 0.9}
"""Gates of sources.md §7; what is not named there is reported without one."""

Key = tuple[str, str, str]


def rows(ground: Ground, read: set[Key]) -> Iterator[Row]:
    """Recall of stored sentences for each carrier, and pages seen through for each cloak.

    `read` are the (host, slug, sentence) that some document holds.
    """
    due = ground.due
    for carrier, planted in sorted(_grouped(due, lambda p: p.carrier).items()):
        units = _grouped(planted, lambda p: p.page)
        held = {page: [key_of(p) in read for p in own] for page, own in units.items()}
        yield share(f"capture_recall_{carrier}", held, at_least=_CARRIERS.get(carrier))
    alone = _said_once(ground)
    cloaked = [p for p in due if key_of(p) in alone and ground.form_of(p) in _CLOAKS]
    for form, planted in sorted(_grouped(cloaked, ground.form_of).items()):
        units = _grouped(planted, lambda p: p.page)
        seen = {page: [any(key_of(p) in read for p in own)] for page, own in units.items()}
        yield share(f"cloak_{form}", seen, at_least=_CLOAKS[form])
    hidden = [p for p in ground.planted if not p.reachable and key_of(p) in alone]
    if hidden:
        shown = sum(key_of(p) in read for p in hidden)
        yield count("unreachable_by_policy_read", shown, len(hidden))


def _said_once(ground: Ground) -> set[Key]:
    """Claims that stand on one page alone, so that it is known where they were read."""
    pages = {(key_of(p), p.page) for p in ground.planted}
    times = Counter(key for key, _ in pages)
    return {key for key, count in times.items() if count == 1}


def key_of(planted: Planted) -> Key:
    """A claim once for each host, type and sentence."""
    return planted.host, planted.slug, planted.text


def _grouped(
    planted: Sequence[Planted], name: Callable[[Planted], str]
) -> dict[str, list[Planted]]:
    groups: dict[str, list[Planted]] = defaultdict(list)
    for one in planted:
        groups[name(one)].append(one)
    return groups
