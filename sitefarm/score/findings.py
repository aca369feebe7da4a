"""Rows about what a product found: precision, recall, controls, fidelity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from sitefarm.score.capture import Key, key_of
from sitefarm.score.ground import Ground, Planted, TruePage
from sitefarm.score.matching import StoredText
from sitefarm.score.rows import Row, count, share

_CLUE = "CLUE"
_REVIEW = "REVIEW"


@frozen(kw_only=True)
class Unit:
    """One distinct claim of the product: on that host, of that type, on those words."""

    page: str
    words: bool
    exact: bool


@define
class Tally:
    """What the product's documents came to. Keys are (host, slug, sentence)."""

    units: dict[Key, Unit] = field(factory=dict)
    found: set[Key] = field(factory=set)
    hinted: set[Key] = field(factory=set)
    read: set[Key] = field(factory=set)
    flagged: set[Key] = field(factory=set)
    control_clues: set[str] = field(factory=set)
    control_reviews: set[str] = field(factory=set)
    letters: dict[str, list[bool]] = field(factory=lambda: defaultdict(list))


class Examiner:
    """Goes through the product's documents one by one."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._planted = ground.on_page(ground.planted)
        self._negatives = ground.on_page(ground.negatives)
        self.tally = Tally()

    def examine(self, document: Mapping[str, Any]) -> None:
        """Take one JSON object of `show --json` into account; foreign addresses are ignored."""
        page = self._ground.page_of(document)
        if page is None:
            return
        text = StoredText(str(document.get("text") or ""))
        verdict = str((document.get("assessment") or {}).get("verdict") or "")
        findings = document.get("findings") or ()
        self._control(page, verdict)
        self._fidelity(page, text)
        planted = [*self._planted.get(page.id, ()), *self._planted.get(page.host, ())]
        spans = {p.text: list(text.spans(p.text)) for p in planted}
        self.tally.read |= {key_of(p) for p in planted if spans[p.text]}
        for finding in findings if verdict in (_CLUE, _REVIEW) else ():
            hit = [p for p in planted if _overlaps(spans[p.text], finding)]
            level = str(finding.get("verdict") or verdict)
            self._claim(page, text, finding, hit, clue=verdict == level == _CLUE)

    def _claim(
        self,
        page: TruePage,
        text: StoredText,
        finding: Mapping[str, Any],
        hit: Sequence[Planted],
        *,
        clue: bool,
    ) -> None:
        slug = str(finding["type"])
        exact = [p for p in hit if p.slug == slug]
        self.tally.hinted |= {key_of(p) for p in exact}
        if not clue:
            return
        self.tally.found |= {key_of(p) for p in exact}
        around = text.around(int(finding["start"]), int(finding["end"]))
        words = hit[0].text if hit else around
        unit = Unit(page=page.id, words=bool(hit), exact=bool(exact))
        self.tally.units.setdefault((page.host, slug, words), unit)
        self.tally.flagged |= {
            key_of(n)
            for n in self._negatives.get(page.id, ())
            if not hit and _overlaps(text.spans(n.text), finding)
        }

    def _control(self, page: TruePage, verdict: str) -> None:
        if self._ground.hosts[page.host].control:
            if verdict == _CLUE:
                self.tally.control_clues.add(page.id)
            elif verdict == _REVIEW:
                self.tally.control_reviews.add(page.id)

    def _fidelity(self, page: TruePage, text: StoredText) -> None:
        if self._ground.hosts[page.host].charset != "utf-8":
            for sample in page.samples:
                here = next(text.spans(sample), None) is not None
                self.tally.letters[page.id] += [here] * len(sample)


def rows(ground: Ground, tally: Tally) -> list[Row]:
    """All rows about findings."""
    due = ground.due
    controls = sum(
        ground.hosts[p.host].control and not p.duplicate and p.first <= ground.last_tick
        for p in ground.pages.values()
    )
    commercial = [n for n in ground.negatives if not ground.hosts[n.host].control]
    return [
        share("finding_precision", _units(tally, exact=False), at_least=0.95),
        share("finding_precision_type_exact", _units(tally, exact=True)),
        share("finding_recall", _recall(due, tally.found), at_least=0.90),
        share("finding_recall_with_review", _recall(due, tally.hinted)),
        *(
            share(f"recall_{slug}", _recall([p for p in due if p.slug == slug], tally.found))
            for slug in sorted({p.slug for p in due})
        ),
        share("capture_recall", _recall(due, tally.read)),
        count("control_clues", len(tally.control_clues), controls, at_most=2),
        count("control_reviews", len(tally.control_reviews), controls),
        count("negatives_flagged", len(tally.flagged), len({key_of(n) for n in commercial})),
        *_letters(ground, tally),
    ]


def _letters(ground: Ground, tally: Tally) -> list[Row]:
    """Characters that survived decoding, where a host writes in another charset than UTF-8."""
    if all(host.charset == "utf-8" for host in ground.hosts.values()):
        return []
    return [share("text_fidelity_gbk", tally.letters, at_least=0.999)]


def _units(tally: Tally, *, exact: bool) -> dict[str, list[bool]]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for unit in tally.units.values():
        groups[unit.page].append(unit.exact if exact else unit.words)
    return groups


def _recall(due: Sequence[Planted], found: set[Key]) -> dict[str, list[bool]]:
    """Each (host, slug, sentence) once, filed under the first page that bears it."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for key, page in {key_of(p): p.page for p in reversed(due)}.items():
        groups[page].append(key in found)
    return groups


def _overlaps(spans: Any, finding: Mapping[str, Any]) -> bool:
    start, end = int(finding["start"]), int(finding["end"])
    return any(start < right and left < end for left, right in spans)
