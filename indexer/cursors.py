"""The mark that a page of hits ends with: the sort value and the tie-break of its last hit."""

from __future__ import annotations

import json
import math

from attrs import frozen

from domain.errors import PermanentError


@frozen(kw_only=True)
class Cursor:
    """Hits after this one follow: `value` is what was sorted by, `tie` the id that decided ties."""

    value: float
    tie: str


def write_cursor(cursor: Cursor) -> str:
    """As text for a link to the next page."""
    return json.dumps([cursor.value, cursor.tie], ensure_ascii=False)


def read_cursor(text: str) -> Cursor:
    """What `write_cursor` wrote. Raises PermanentError for anything else."""
    try:
        value, tie = json.loads(text)
    except (ValueError, TypeError):
        raise PermanentError("翻页标记无效，请从第一页重新检索") from None
    number = isinstance(value, int | float) and math.isfinite(value)
    if not number or not isinstance(tie, str):
        raise PermanentError("翻页标记无效，请从第一页重新检索")
    return Cursor(value=value, tie=tie)
