"""Writes what is true of a world: the ground truth, and what an agency would know beforehand."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sitefarm import adverts
from sitefarm.records import Entity, Kind, Page, Quirk, Seen, Sentence, Site, World

Row = Mapping[str, Any]
_SAMPLES = 2


def write(world: World, directory: Path) -> None:
    """Write truth/*.jsonl, resolve.json, sources.yml and registers/institutions.csv."""
    files = {
        "hosts": _hosts(world),
        "pages": _pages(world),
        "violations": violations(world),
        "negatives": negatives(world),
        "contacts": contacts(world),
        "entities": _entities(world),
        "events": _events(world),
        "ads": adverts.truth(world),
    }
    for name, rows in files.items():
        _write_rows(directory / "truth" / f"{name}.jsonl", rows)
    resolve = json.dumps(world.addresses, ensure_ascii=False, indent=2)
    (directory / "resolve.json").write_text(resolve, "utf-8")
    listed = {"sources": list(_sources(world))}
    sources = yaml.safe_dump(listed, allow_unicode=True, sort_keys=False)
    (directory / "sources.yml").write_text(sources, "utf-8")
    _write_register(directory / "registers" / "institutions.csv", world.institutions)


def _write_rows(path: Path, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def violations(world: World) -> Iterator[Row]:
    """One row per planted sentence, page and slug; template sentences once per host and slug."""
    number = 0
    for site in world.sites.values():
        for page, sentence, since in _said(site):
            for slug in sentence.slugs:
                number += 1
                yield {
                    "vid": f"v{number:04d}",
                    **_where(world, site, page),
                    "slug": slug,
                    **_words(sentence),
                    "scope": "page",
                    **_visible(site, page, since),
                }
        for sentence in site.template:
            for slug in sentence.slugs:
                number += 1
                yield {
                    "vid": f"v{number:04d}",
                    **_where(world, site, site.pages["/"]),
                    "slug": slug,
                    **_words(sentence),
                    "scope": "template",
                    "visible_when": {"tick_from": 0},
                }


def negatives(world: World) -> Iterator[Row]:
    """Sentences that look alike and are lawful, with the number in law.md B that says why."""
    number = 0
    for site in world.sites.values():
        for page, sentence, since in _said(site):
            if sentence.why is not None and site.form(page).seen is not Seen.NOBODY:
                number += 1
                yield {
                    "nid": f"n{number:05d}",
                    **_where(world, site, page),
                    **_words(sentence),
                    "scope": "page",
                    "why": sentence.why,
                    **_visible(site, page, since),
                }


def _said(site: Site) -> Iterator[tuple[Page, Sentence, int]]:
    """Each sentence of each original page with the tick from which it stands there."""
    for page in site.pages.values():
        if page.duplicate_of is not None or page.kind is Kind.STATUS:
            continue
        seen: set[str] = set()
        for revision in page.revisions:
            for paragraph in revision.paragraphs:
                for sentence in paragraph:
                    if sentence.text not in seen:
                        seen.add(sentence.text)
                        yield page, sentence, revision.since


def _where(world: World, site: Site, page: Page) -> Row:
    return {
        "canonical_id": _id(site, page.path),
        "url": world.url(site.host, page.path),
        "host": site.host,
        "entity_id": site.entity.id,
        "carrier": site.form(page).carrier,
    }


def _visible(site: Site, page: Page, since: int) -> Row:
    """Who is shown a sentence and from when; false when nobody who says who he is ever is."""
    seen = site.form(page).seen
    profile = {"profile": seen.value} if seen is Seen.MOBILE else {}
    return {
        "visible_when": {"tick_from": since, **profile},
        "reachable_by_policy": seen is not Seen.NOBODY,
    }


def _words(sentence: Sentence) -> Row:
    return {"text_clean": sentence.text, "text_as_shown": sentence.text, "obf": []}


def _id(site: Site, path: str) -> str:
    return f"{site.host}{path}"


def _hosts(world: World) -> Iterator[Row]:
    for site in world.sites.values():
        yield {
            "host": site.host,
            "ip": site.ip,
            "archetype": site.archetype,
            "control": site.control,
            "entity_id": site.entity.id,
            "charset": site.charset,
            "crawl_delay": site.crawl_delay,
            "risk": site.risk,
            "docs": sum(
                p.kind in (Kind.CONTENT, Kind.LIST) and p.duplicate_of is None and p.alive(0)
                for p in site.pages.values()
            ),
        }
    for host, ip in world.widgets.items():
        yield {"host": host, "ip": ip, "archetype": "widget", "control": False}


def _pages(world: World) -> Iterator[Row]:
    for site in world.sites.values():
        for page in site.pages.values():
            yield _page(world, site, page)


def _page(world: World, site: Site, page: Page) -> Row:
    charset = "utf-8" if page.quirk is Quirk.UTF8_INSIDE else site.charset
    row = {
        "canonical_id": _id(site, page.duplicate_of or page.path),
        "urls": [world.url(site.host, page.path)],
        "host": site.host,
        "archetype": site.archetype,
        "kind": page.kind.value,
        "view": page.view,
        "charset": charset,
        "quirk": page.quirk.value,
        "form": page.form,
        "moved_to": page.moved_to,
        "end": page.end,
        "robots": "deny" if page.path.startswith(site.denied) else "allow",
        "reachable_by_policy": True,
        "first_tick": page.first,
        "last_tick": page.gone,
        "changes": [r.since for r in page.revisions[1:]],
        "duplicate_of": _id(site, page.duplicate_of) if page.duplicate_of else None,
        "expected_status": site.form(page).status,
        "title": page.title,
        "samples": _samples(page),
    }
    return {k: v for k, v in row.items() if v is not None}


def _samples(page: Page) -> list[str]:
    """Sentences that must survive decoding letter by letter; none that masking would touch."""
    said = [s.text for p in page.body(page.first) for s in p if not s.slugs and s.why is None]
    return said[:_SAMPLES]


def contacts(world: World) -> Iterator[Row]:
    """How each host asks to be reached."""
    for site in world.sites.values():
        kinds = {"tel": site.entity.phone, "wechat": site.entity.wechat}
        if site.widget:
            kinds["swt_id"] = "ABC12345678"
        if site.layout not in ("blog", "soft"):
            del kinds["wechat"]
        for kind, value in kinds.items():
            yield _contact(site, kind, value)
        turns = max((form.turns for form in site.forms.values()), default=0)
        for turn in range(turns):
            yield _contact(site, "wechat", f"{site.entity.wechat}_{turn}", turn=turn)


def _contact(site: Site, kind: str, value: str, turn: int | None = None) -> Row:
    return {
        "cid": f"{site.host}/{kind}" + ("" if turn is None else f"/{turn}"),
        "host": site.host,
        "type": kind,
        "value": value,
        "carrier": "dom",
        "rotates": turn is not None,
    }


def _entities(world: World) -> Iterator[Row]:
    for site in world.sites.values():
        entity = site.entity
        yield {
            "entity_id": entity.id,
            "host": site.host,
            "names": [entity.name],
            "subject_type": entity.subject_type,
            "licence_no": entity.licence_no,
            "usci": entity.usci,
            "icp": entity.icp,
            "医广": entity.medical_ad,
            "region": entity.region,
            "address": entity.address,
        }


def _events(world: World) -> Iterator[Row]:
    for event in world.events:
        yield {"tick": event.tick, "url": world.url(event.host, event.path), "op": event.op}


def _sources(world: World) -> Iterator[Row]:
    for site in world.sites.values():
        yield {
            "id": site.host.split(".", 1)[0],
            "kind": site.source_kind,
            "title": site.entity.name,
            "operator": site.entity.name,
            "region": site.entity.region,
            "start_urls": [world.url(site.host, "/")],
            "hosts": [site.host],
            "risk": site.risk,
            "delay": site.crawl_delay,
            "expected_pages": sum(
                p.kind is Kind.CONTENT and p.duplicate_of is None and p.alive(0)
                for p in site.pages.values()
            ),
        }


def _write_register(path: Path, institutions: Iterable[Entity]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [_record(i) for i in institutions]
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(records[0]))
        writer.writeheader()
        writer.writerows(records)


def _record(institution: Entity) -> Row:
    return {
        "名称": institution.name,
        "统一社会信用代码": institution.usci,
        "登记号": institution.licence_no,
        "诊疗科目": institution.departments,
        "级别": institution.grade,
        "地址": institution.address,
        "行政区划": institution.region,
        "有效期起": "2021-06-01",
        "有效期止": "2031-05-31",
        "法定代表人": institution.legal_person,
        "电话": institution.phone,
    }
