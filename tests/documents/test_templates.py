"""What repeats on a site is told by counting pages, whatever order and versions they come in."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from documents import store
from documents.tables import metadata
from domain.pages import Document
from language.segments import segment_key
from storage.database import Database
from tests.documents.pages import page

FOOTER = "蓝天门诊部版权所有。来院路线请致电咨询。"
FIRST, SECOND = "蓝天门诊部版权所有。", "来院路线请致电咨询。"


def pages(number: int, *, with_footer: int) -> Iterator[Document]:
    for n in range(number):
        text = f"第{n}篇文章的正文" + (f"\n{FOOTER}" if n < with_footer else "")
        yield page(text, url=f"https://www.lantian.test/{n}")


def templates(database: Database, *documents: Document) -> frozenset[str]:
    with database.write() as tx:
        for document in documents:
            store.put(tx, document)
        return store.template_segments(tx, "lantian.test")


def test_a_block_on_thirty_per_cent_of_ten_pages_is_template(database: Database) -> None:
    found = templates(database, *pages(10, with_footer=3))
    assert found == {segment_key(FOOTER), segment_key(FIRST), segment_key(SECOND)}


def test_below_thirty_per_cent_nothing_is_template(database: Database) -> None:
    assert templates(database, *pages(11, with_footer=3)) == frozenset()


def test_below_ten_pages_nothing_is_template(database: Database) -> None:
    assert templates(database, *pages(9, with_footer=9)) == frozenset()


def test_the_form_of_writing_does_not_matter(database: Database) -> None:
    written = ("药到病除ABC", "藥到病除ＡＢＣ", "药到病除abc。")
    others = pages(7, with_footer=0)
    documents = [page(w, url=f"https://www.lantian.test/w{n}") for n, w in enumerate(written)]
    assert templates(database, *others, *documents) == {segment_key("药到病除ABC")}


def test_one_page_seen_in_many_versions_counts_once(database: Database) -> None:
    home = [
        page(f"首页保证有效\n今日访问{n}人", url="https://www.lantian.test/") for n in range(30)
    ]
    assert templates(database, *home, *pages(11, with_footer=0)) == frozenset()


def test_the_same_article_under_many_addresses_counts_once(database: Database) -> None:
    same = [
        page("同一篇保证有效", url=f"https://www.lantian.test/?s={n}", payload=str(n))
        for n in range(30)
    ]
    assert templates(database, *same, *pages(9, with_footer=0)) == frozenset()


def test_a_page_whose_old_text_returns_still_counts(database: Database) -> None:
    pages_ = list(pages(10, with_footer=3))
    away = page("暂停服务", url=pages_[0].url)
    back = page(pages_[0].text, url=pages_[0].url, payload="again")
    found = templates(database, *pages_, away, back)
    assert segment_key(FOOTER) in found
    assert templates(database, away) == found  # a known document changes nothing


def test_other_sites_do_not_matter(database: Database) -> None:
    foreign = [
        page(f"{FOOTER}\n{n}", url=f"https://www.baiyun.test/{n}", site="baiyun.test")
        for n in range(12)
    ]
    assert templates(database, *foreign, *pages(12, with_footer=1)) == frozenset()


LINES = ("页头一", "页头二", "正文三", "正文四", "正文五")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sets(st.sampled_from(LINES), min_size=1)), max_size=40
    )
)
def test_counting_step_by_step_equals_counting_at_the_end(
    visits: list[tuple[int, set[str]]],
) -> None:
    database = Database("sqlite:///:memory:")
    with database.write() as tx:
        metadata.create_all(tx)
    newest: dict[int, set[str]] = {}
    documents = []
    for n, (address, lines) in enumerate(visits):
        own = f"第{n}次"  # no two texts are equal, so none is a duplicate
        newest[address] = lines | {own}
        text = "\n".join(sorted(lines | {own}))
        documents.append(page(text, url=f"https://www.lantian.test/{address}"))
    found = templates(database, *documents)
    database.close()
    expected = {
        segment_key(line)
        for line in LINES
        if len(newest) >= 10
        and sum(line in lines for lines in newest.values()) * 10 >= len(newest) * 3
    }
    assert found == expected
