"""A home of its own for every test: settings, databases, index and evidence in one directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluewatch import intake, workers
from cluewatch.bootstrap import Services
from crawlers.importers import ImportOptions
from tests.homes import AGENCY, home

ADVERT = """<!doctype html><html lang="zh"><head><meta charset="utf-8">
<title>青禾医院-牛皮癣专科</title></head>
<body><h1>牛皮癣治疗</h1>
<p>我院采用青禾透皮疗法，保证根治牛皮癣，永不复发。</p>
<p>治愈率高达98%，已有三万名患者在我院康复。</p>
<p>预约电话：400-000-0123</p>
<p>地址：示范市青禾路1号 版权所有 青禾医院</p></body></html>"""

NOTICE = """<!doctype html><html lang="zh"><head><meta charset="utf-8">
<title>关于查处虚假医疗广告的通告</title></head>
<body><h1>关于查处虚假医疗广告的通告</h1>
<p>近日，市市场监督管理局依法查处一起虚假医疗广告案件，
当事人在网站宣称“保证根治、永不复发”，违反《中华人民共和国广告法》第十六条规定。</p>
<p>市市场监督管理局提醒消费者，凡是宣称包治百病的广告都不可信。</p></body></html>"""


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Wired and migrated, with an agency, nothing in it."""
    with home(tmp_path / "home", monkeypatch, agency=AGENCY) as wired:
        yield wired


def bring_in(services: Services, directory: Path, name: str, html: str, url: str) -> str:
    """Import one saved page and work it; returns the id of its snapshot."""
    path = directory / name
    path.write_text(html, "utf-8")
    with services.evidence_writer("test") as writer:
        (item,) = intake.import_file(services, writer, path, ImportOptions(url=url))
    workers.drain(workers.process_steps(services))
    assert item.snapshot is not None
    return item.snapshot.id
