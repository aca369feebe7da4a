"""Provisions as print cites them."""

from __future__ import annotations

from datetime import date

import pytest

from domain.findings import Article


@pytest.mark.parametrize(
    ("number", "verified", "printed"),
    [
        ("16(1)(一)", True, "《广告法》第十六条第一款第（一）项"),
        ("9(三)", True, "《广告法》第九条第（三）项"),
        ("10", False, "《广告法》第十条（待核）"),
        ("105", True, "《广告法》第一百零五条"),
        ("120", True, "《广告法》第一百二十条"),
        ("336", True, "《广告法》第三百三十六条"),
        ("142之一", True, "《广告法》第一百四十二条之一"),
        ("59(3)", True, "《广告法》第五十九条第三款"),
        ("附则", True, "《广告法》附则"),
    ],
)
def test_an_article_is_cited_in_words(number: str, verified: bool, printed: str) -> None:
    article = Article(
        law="ad", title="广告法", number=number, since=date(2015, 9, 1), verified=verified
    )
    assert article.citation == printed
