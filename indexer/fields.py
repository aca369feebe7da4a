"""The fields of the query language: their names in English and Chinese, and their values."""

from __future__ import annotations

from domain.queries import KEYWORD_FIELDS, RANGE_FIELDS

CHINESE_NAMES = {
    "站点": "site",
    "网站": "site",
    "来源": "source",
    "页型": "kind",
    "判定": "verdict",
    "类型": "type",
    "地区": "region",
    "机关": "office",
    "主体": "subject",
    "月份": "month",
    "结果": "outcome",
    "编号": "identifier",
    "时间": "captured_at",
    "采集时间": "captured_at",
    "发布时间": "published_at",
    "分数": "score",
}
"""Chinese name → field; the English name of a field always works too."""

_VERDICTS = {"线索": "CLUE", "复核": "REVIEW", "无嫌疑": "CLEAR"}


def field_named(name: str) -> str | None:
    """The field that a name, in either language and any case, stands for."""
    lowered = name.lower()
    if lowered in KEYWORD_FIELDS or lowered in RANGE_FIELDS:
        return lowered
    return CHINESE_NAMES.get(name)


def stored_value(field: str, value: str) -> str:
    """The value as the index spells it: verdicts may be named in Chinese or in small letters."""
    if field == "verdict":
        return _VERDICTS.get(value, value.upper())
    return value


def names() -> str:
    """All field names for an error message."""
    return "、".join(CHINESE_NAMES)
