"""The console in a real browser: accessible, never wider than its window, worked by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cluewatch import intake
from cluewatch.bootstrap import Services
from crawlers import discovery
from crawlers.discovery import CandidateKind, Lead, Sign
from crawlers.frontier import pauses
from documents import reviews
from domain.people import Role
from domain.reviews import Decision
from tests.browser.conftest import Visit, shoot
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in
from tests.cluewatch.test_console_review import QUOTE, waiting
from tests.cluewatch.test_console_sources import source
from tickets import clues, worklist
from tickets.worklist import ClueFilter

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
WCAG_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK = (Role.ANALYST, Role.REVIEWER, Role.OPERATOR)


@pytest.fixture
def filled(services: Services, tmp_path: Path) -> Services:
    """A clue, an advertisement that changed, a notice, and two documents that wait."""
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    later = ADVERT.replace("永不复发", "坚持护理")
    bring_in(services, tmp_path, "b.html", later, "http://qinghe.test/npx.html")
    bring_in(services, tmp_path, "n.html", NOTICE, "http://gov.test/notice.html")
    sister = ADVERT.replace("青禾", "碧禾")
    bring_in(services, tmp_path, "s.html", sister, "http://bihe.test/npx.html")
    intake.put_sources(services, [source("qinghe", "990101")])
    at = services.clock.now()
    with services.truth.write() as tx:
        lead = Lead(kind=CandidateKind.SITE, value="new.test")
        discovery.note(tx, [Sign(lead=lead, place="a", reason="链接", weight=40)], at=at)
    with services.frontier.write() as tx:
        pauses.pause(tx, "danhe.test", at=at, actor="op", reason="对方来函")
    waiting(services, tmp_path, "older", "请关注我们的公众号。")
    waiting(services, tmp_path, "newer")
    return services


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA, with the first element concerned."""
    page.evaluate(AXE)
    found = page.evaluate("tags => axe.run({runOnly: tags})", WCAG_AA)
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]


def pages_of(services: Services) -> dict[str, str]:
    """Every kind of page that a desk has, by the name of its picture."""
    with services.truth.read() as tx:
        clue = worklist.clues(tx, ClueFilter()).entries[0]
        waits = reviews.next_waiting(tx)
        subject = clues.subject_of(tx, clue.id)
    assert waits is not None
    return {
        "home": "/",
        "review": "/review",
        "review-log": "/review/log",
        "search": "/search?q=根治",
        "search-empty": "/search?q=没有这样的词",
        "search-error": "/search?q=(根治",
        "document": f"/documents/{waits.document_id}",
        "clues": "/clues",
        "clue": f"/clues/{clue.id}",
        "subjects": "/subjects",
        "subject": f"/subjects/{subject}",
        "tickets": "/tickets",
        "todo": "/todo",
        "complaints": "/complaints",
        "rules": "/rules",
        "rule": "/rules/efficacy_guarantee",
        "sources": "/sources",
        "source": "/sources/qinghe",
        "why": "/sources/why?url=http://qinghe.test/",
        "why-empty": "/sources/why",
        "candidates": "/sources/candidates",
        "operations": "/operations",
        "account": "/account",
        "second-factor": "/account/second-factor",
        "password": "/password",
    }


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible_and_fits_its_window(
    filled: Services, visit: Visit, address: str, width: int
) -> None:
    page = visit(*DESK, width=width)
    for name, path in pages_of(filled).items():
        page.goto(address + path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        shoot(page, f"{name}-{width}")
    for role, path in ((Role.SECADMIN, "/users"), (Role.AUDITOR, "/audit")):
        other = visit(role, width=width)
        other.goto(address + path)
        assert violations(other) == [], path
        assert other.evaluate("document.documentElement.scrollWidth") <= width, path
        shoot(other, f"{path[1:]}-{width}")


def test_the_queue_is_worked_by_one_key_an_item(
    filled: Services, visit: Visit, address: str
) -> None:
    page = visit(Role.ANALYST)
    page.goto(f"{address}/review")
    expect(page.get_by_text("还有 2 份待复核")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_text("还有 1 份待复核")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text("没有待复核的文书")).to_be_visible()
    with filled.truth.read() as tx:
        made = reviews.latest(tx)
    assert [review.decision for review in made] == [Decision.REJECTED, Decision.CONFIRMED]


def test_selected_words_become_the_span(filled: Services, visit: Visit, address: str) -> None:
    page = visit(Role.ANALYST)
    page.goto(f"{address}/review")
    page.keyboard.press("e")
    expect(page.get_by_text("请先在左侧原文中选中文字")).to_be_visible()
    page.evaluate(
        """words => {
            const run = [...document.querySelectorAll("mark")].at(-1).firstChild;
            const start = run.data.indexOf(words);
            getSelection().setBaseAndExtent(run, start, run, start + words.length);
        }""",
        "咨询台",
    )
    page.keyboard.press("e")
    expect(page.locator("#review-findings blockquote").first).to_have_text("咨询台")
    page.keyboard.press("a")
    expect(page.get_by_text("还有 1 份待复核")).to_be_visible()
    with filled.truth.read() as tx:
        made = {review.quote: review.decision for review in reviews.latest(tx)}
    assert made == {"咨询台": Decision.CONFIRMED, QUOTE: Decision.REJECTED}


def test_versions_of_a_page_are_compared(filled: Services, visit: Visit, address: str) -> None:
    page = visit(Role.ANALYST)
    page.goto(f"{address}/search?q=坚持护理")
    page.locator("article.hit h2 a").first.click()
    page.get_by_role("link", name="与本版比较").click()
    expect(page.locator("del")).to_contain_text("永不复发")
    expect(page.locator("ins")).to_contain_text("坚持护理")
    assert violations(page) == []
    shoot(page, "changes-1280")
