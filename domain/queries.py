"""What can be asked of the search index: a small tree, the same for every backend."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from attrs import frozen


@frozen(kw_only=True)
class Text:
    """Documents whose text or title contains these words, as an exact substring of two or more
    characters.

    Matching ignores case, width and traditional/simplified form, and reads through fillers that
    break words up (根.治): a text is looked at as it is and without them. One character alone
    matches as a word.
    """

    words: str


@frozen(kw_only=True)
class Near:
    """Both phrases within `distance` characters of each other, in either order."""

    left: str
    right: str
    distance: int


@frozen(kw_only=True)
class Equals:
    """A keyword field has this value (fields of `KEYWORD_FIELDS`)."""

    field: str
    value: str


@frozen(kw_only=True)
class Between:
    """A date or number field lies in `[low, high]`; None leaves a side open."""

    field: str
    low: str | None = None
    high: str | None = None


@frozen(kw_only=True)
class And:
    """All parts hold."""

    parts: tuple[Query, ...]


@frozen(kw_only=True)
class Or:
    """At least one part holds."""

    parts: tuple[Query, ...]


@frozen(kw_only=True)
class Not:
    """The part does not hold."""

    part: Query


@frozen(kw_only=True)
class Everything:
    """Every document."""


Query = Text | Near | Equals | Between | And | Or | Not | Everything

KEYWORD_FIELDS = (
    "site",
    "source",
    "kind",
    "verdict",
    "type",
    "region",
    "office",
    "subject",
    "month",
    "outcome",
    "identifier",
)
MOMENT_FIELDS = ("captured_at", "published_at")
RANGE_FIELDS = (*MOMENT_FIELDS, "score")


class Sort(StrEnum):
    """Order of hits."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    SCORE = "score"


class Interval(StrEnum):
    """How wide the bars of a histogram are; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@frozen(kw_only=True)
class Histogram:
    """Counts by days, weeks or months in China of a field of `MOMENT_FIELDS`."""

    field: str = "captured_at"
    interval: Interval = Interval.MONTH


@frozen(kw_only=True)
class SearchRequest:
    """One page of hits: `after` is the cursor that the page before returned.

    `among`, where given, narrows the question to documents with these ids.
    """

    query: Query
    sort: Sort = Sort.RELEVANCE
    limit: int = 20
    after: str | None = None
    facets: tuple[str, ...] = ()
    histogram: Histogram | None = None
    among: tuple[str, ...] | None = None


@frozen(kw_only=True)
class SearchDocument:
    """What the index holds of a document; it owns nothing and can be rebuilt.

    `text` is the stored (masked) text; the backend derives its word and bigram fields from it,
    and the month from `captured_at`. `offices` are those that a ticket about it has reached.
    """

    id: str
    url: str
    title: str
    text: str
    site: str
    source: str
    kind: str
    verdict: str
    types: tuple[str, ...]
    region: str
    offices: tuple[str, ...]
    subject: str
    outcome: str
    identifiers: tuple[str, ...]
    captured_at: datetime
    published_at: datetime | None
    score: float


@frozen(kw_only=True)
class Hit:
    """One document found. `highlights` are `[start, end)` in the stored text, in order."""

    id: str
    score: float
    highlights: tuple[tuple[int, int], ...] = ()


@frozen(kw_only=True)
class SearchResult:
    """A page of hits. `total` is exact; `facets` maps field → (value, count), most first.

    `histogram` holds (first day, count) of every bar that is not empty, in order.
    """

    hits: tuple[Hit, ...]
    total: int
    after: str | None = None
    facets: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    histogram: tuple[tuple[date, int], ...] = ()
