"""The scorer: a perfect product passes, an empty one fails, each misdeed is counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sitefarm import render, truth
from sitefarm.records import START, Kind, Quirk, World
from sitefarm.score import Row, score
from tests.sitefarm.conftest import words_of

Document = dict[str, Any]
LogRow = dict[str, Any]


@pytest.fixture(scope="module")
def products(dev: World) -> list[Document]:
    """What a product that reads and judges without a mistake would show."""
    planted: dict[str, list[Mapping[str, Any]]] = {}
    for row in truth.violations(dev):
        key = row["host"] if row["scope"] == "template" else row["url"]
        planted.setdefault(key, []).append(row)
    documents = []
    for site in dev.sites.values():
        for page in site.pages.values():
            if page.kind is Kind.STATUS or not page.alive(0):
                continue
            charset = "utf-8" if page.quirk is Quirk.UTF8_INSIDE else site.charset
            text = words_of(render.body(dev, site, page, 0).decode(charset, errors="replace"))
            url = dev.url(site.host, page.path)
            findings = [
                _finding(text, row["slug"], row["text_as_shown"])
                for row in [*planted.get(url, ()), *planted.get(site.host, ())]
                if row["text_as_shown"] in text
            ]
            documents.append(_document(url, text, findings))
    return documents


def _document(url: str, text: str, findings: list[dict[str, Any]]) -> Document:
    verdict = "CLUE" if findings else "CLEAR"
    return {
        "url": url,
        "canonical_url": url,
        "text": text,
        "findings": findings,
        "assessment": {"verdict": verdict},
    }


def _finding(text: str, slug: str, quote: str) -> dict[str, Any]:
    start = text.index(quote)
    return {
        "type": slug,
        "start": start,
        "end": start + len(quote),
        "quote": quote,
        "score": 0.9,
        "origin": "rule:test@1",
    }


def _log(world: World) -> list[LogRow]:
    """A polite crawl of every document: a robots.txt and then one page in four seconds a host."""
    rows = []
    for site in world.sites.values():
        pages = [p for p in site.pages.values() if p.alive(0) and p.duplicate_of is None]
        kinds = [("robots", "/robots.txt"), *((p.kind.value, p.path) for p in pages)]
        rows += [
            {
                "tick": 0,
                "civil": (START + timedelta(seconds=4 * n)).isoformat(),
                "host": site.host,
                "path": path,
                "method": "GET",
                "ua": "MedAdMonitor/1.0",
                "ip": site.ip,
                "status": 200,
                "decision": decision,
            }
            for n, (decision, path) in enumerate(kinds)
        ]
    return rows


@pytest.fixture
def scored(dev: World, tmp_path: Path) -> Callable[..., dict[str, Row]]:
    def run(
        product: Iterable[Document], change: Callable[[list[LogRow]], object] = list
    ) -> dict[str, Row]:
        log = _log(dev)
        change(log)
        truth.write(dev, tmp_path)
        lines = (json.dumps(row, ensure_ascii=False) for row in log)
        (tmp_path / "server.jsonl").write_text("\n".join(lines), "utf-8")
        return {row.metric: row for row in score(tmp_path, product)}

    return run


Scored = Callable[..., dict[str, Row]]


def test_a_perfect_product_passes_every_gate(scored: Scored, products: list[Document]) -> None:
    rows = scored(products)
    assert [r.metric for r in rows.values() if r.passed is False] == []
    gated = {r.metric for r in rows.values() if r.gate is not None}
    assert {"discovery_recall", "fetch_precision", "finding_precision"} <= gated
    assert {"finding_recall", "control_clues", "text_fidelity_gbk"} <= gated
    for metric in ("finding_precision", "finding_precision_type_exact", "finding_recall"):
        assert rows[metric].value == 1
        assert rows[metric].ci == (1, 1)
    assert sum(m.startswith("recall_") for m in rows) == 12
    assert set(rows["finding_recall"].as_json()) == {"metric", "n", "value", "ci", "gate", "pass"}


def test_an_empty_product_that_fetched_nothing_fails(scored: Scored) -> None:
    rows = scored([], lambda log: log.clear())
    for metric in ("discovery_recall", "fetch_precision", "finding_precision", "finding_recall"):
        assert rows[metric].passed is False
    assert rows["finding_recall"].value == 0
    assert rows["finding_precision"].value is None
    assert rows["control_clues"].passed


def test_the_template_counts_once(scored: Scored, products: list[Document], dev: World) -> None:
    site = dev.sites["gk.farm.test"]
    text = site.template[0].text
    only = [d for d in products if text in d["text"]]
    single = [{**d, "findings": [f for f in d["findings"] if f["quote"] == text]} for d in only]
    assert len(single) > 300
    assert scored(single)["finding_precision"].n == 1


def test_wrong_words_cost_precision_and_wrong_types_only_the_exact_row(
    scored: Scored, products: list[Document]
) -> None:
    wrong_type = [
        {**d, "findings": [{**f, "type": "other"} for f in d["findings"]]} for d in products
    ]
    rows = scored(wrong_type)
    assert rows["finding_precision"].value == 1
    assert rows["finding_precision_type_exact"].value == 0
    assert rows["finding_recall"].value == 0
    elsewhere = [
        {**d, "findings": [{**f, "start": 0, "end": 2} for f in d["findings"]]} for d in products
    ]
    assert scored(elsewhere)["finding_precision"].passed is False


def test_reviews_are_reported_but_are_not_clues(scored: Scored, products: list[Document]) -> None:
    rows = scored([{**d, "assessment": {"verdict": "REVIEW"}} for d in products])
    assert rows["finding_recall"].value == 0
    assert rows["finding_recall_with_review"].value == 1
    assert rows["control_reviews"].value == rows["control_reviews"].n
    assert rows["control_reviews"].n > 600
    assert rows["control_clues"].value == 0


def test_more_than_two_clues_on_controls_fail(
    scored: Scored, products: list[Document], dev: World
) -> None:
    def with_clues(number: int) -> list[Document]:
        changed = {d["url"]: d for d in products}
        articles = [
            dev.url(s.host, p.path)
            for s in dev.sites.values()
            if s.control
            for p in s.pages.values()
            if p.view == "article" and p.alive(0)
        ]
        for url in articles[:number]:
            text = changed[url]["text"]
            finding = _finding(text, "absolute_term", text.strip()[:4])
            changed[url] = _document(url, text, [finding])
        return list(changed.values())

    assert scored(with_clues(2))["control_clues"].passed
    assert scored(with_clues(3))["control_clues"].passed is False


def test_masked_names_and_other_spacing_still_match(
    scored: Scored, products: list[Document], dev: World
) -> None:
    row = next(
        r for r in truth.violations(dev) if r["scope"] == "page" and "女士" in r["text_clean"]
    )
    document = next(d for d in products if d["url"] == row["url"])
    masked = document["text"].replace("女士", "**").replace("。", "。 ")
    start = masked.index(row["text_clean"].replace("女士", "**")[:6])
    finding = {"type": row["slug"], "start": start, "end": start + 4, "quote": ""}
    found = scored([_document(row["url"], masked, [finding])])
    assert found["finding_precision"].value == 1
    assert found[f"recall_{row['slug']}"].value


@pytest.mark.parametrize(
    ("metric", "fault"),
    [
        ("robots_denied_fetches", {"decision": "robots_denied_path", "path": "/plus/x"}),
        ("widget_hits", {"decision": "widget", "host": "pkt.zoos.test"}),
        ("form_posts", {"method": "POST"}),
        ("missing_agent_token", {"ua": "Mozilla/5.0"}),
    ],
)
def test_each_misdeed_in_the_log_fails_its_gate(
    scored: Scored, metric: str, fault: dict[str, str]
) -> None:
    assert scored([])[metric].passed
    rows = scored([], lambda log: log[7].update(fault))
    assert rows[metric].value == 1
    assert rows[metric].passed is False


def test_pace_is_measured_in_civil_seconds_by_the_delay_of_the_host(
    scored: Scored, dev: World
) -> None:
    def hurry(host: str, seconds: float) -> Callable[[list[LogRow]], None]:
        def change(log: list[LogRow]) -> None:
            own = [r for r in log if r["host"] == host]
            for n, row in enumerate(own):
                row["civil"] = (START + timedelta(seconds=seconds * n)).isoformat()

        return change

    assert scored([], hurry("gk.farm.test", 2.0))["rate_breaches_host"].passed
    hasty = scored([], hurry("gk.farm.test", 1.5))
    assert hasty["rate_breaches_host"].passed is False
    assert hasty["rate_breaches_ip"].passed is False
    assert dev.sites["hc.farm.test"].crawl_delay == 3
    assert scored([], hurry("hc.farm.test", 2.0))["rate_breaches_host"].passed is False


def test_unfetched_documents_lower_discovery(scored: Scored) -> None:
    rows = scored([], lambda log: log.__delitem__(slice(0, 100)))
    assert rows["discovery_recall"].passed is False


def test_changes_are_fresh_when_met_and_late_when_not(scored: Scored, dev: World) -> None:
    def days(log: list[LogRow], *, met: bool) -> None:
        for event in dev.events:
            row = {**log[1], "host": event.host, "path": event.path, "decision": "content"}
            if met:
                log.append({**row, "tick": event.tick + 3})
        log.append({**log[0], "tick": 240})

    fresh = scored([], lambda log: days(log, met=True))
    for kind in ("high_risk", "others", "gone"):
        assert fresh[f"freshness_{kind}_median"].value == 3
        assert fresh[f"freshness_{kind}_p95"].passed
    late = scored([], lambda log: days(log, met=False))
    assert late["freshness_high_risk_median"].passed is False
    assert "freshness_gone_median" not in scored([])


def test_intervals_are_the_same_on_every_run(scored: Scored, products: list[Document]) -> None:
    some = [d for d in products if len(d["url"]) % 2]
    first, second = scored(some), scored(some)
    assert first["finding_recall"] == second["finding_recall"]
    assert first["finding_recall"].ci is not None
    low, high = first["finding_recall"].ci
    value = first["finding_recall"].value
    assert value is not None
    assert low < value < high
