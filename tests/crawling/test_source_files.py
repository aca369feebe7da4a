"""Source files: what an operator writes, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawlers import source_store
from crawlers.sources import load_sources
from domain.errors import ConfigError, NotFound
from domain.sources import RiskTier, SourceKind, VisitHours
from tests.crawling.loopback import Yard, source

GOOD = """\
sources:
  - id: gk
    kind: hospital_site
    title: 某专科医院
    region: 110105
    start_urls: ["http://WWW.gk.test/"]
    hosts: [gk.test]
    risk: high
    delay: 3
    expected_pages: 400
    hours: 22-6
"""


def test_a_good_file(tmp_path: Path) -> None:
    file = tmp_path / "sources.yml"
    file.write_text(GOOD, encoding="utf-8")
    (one,) = load_sources(file)
    assert (one.id, one.kind, one.region) == ("gk", SourceKind.HOSPITAL_SITE, "110105")
    assert one.hosts == ("gk.test", "www.gk.test")
    assert (one.risk, one.delay, one.expected_pages) == (RiskTier.HIGH, 3.0, 400)
    assert one.hours == VisitHours(opens=22, closes=6)


@pytest.mark.parametrize(
    ("wrong", "right", "line", "words"),
    [
        ("    risk: high", "    riks: high", 8, "riks：未知的键"),
        ("    risk: high", "    risk: urgent", 8, "risk"),
        ("    title: 某专科医院\n", "", 2, "title：缺少"),
        ("    delay: 3", "    delay: 0", 9, "delay"),
        ("    delay: 3", "    delay: 3\n    delay: 4", 10, "键 delay 重复"),
        ("    region: 110105", "    region: 11", 5, "region"),
        ('["http://WWW.gk.test/"]', '["ftp://gk.test/"]', 6, "不是网址"),
        ("    risk: high", "    spider: wechat", 8, "没有名为 wechat 的爬虫"),
        ("sources:", "sourcse:", 1, "只应有一个键"),
        ("    risk: high", "    risk: {a: b}", 8, "嵌套"),
        ("    hours: 22-6", "    hours: 6-6", 11, "整点"),
        ("    hours: 22-6", "    hours: night", 11, "hours"),
        ("    risk: high", "   risk: high", 8, "YAML 语法错误"),
    ],
)
def test_mistakes_name_file_and_line(
    tmp_path: Path, wrong: str, right: str, line: int, words: str
) -> None:
    file = tmp_path / "sources.yml"
    file.write_text(GOOD.replace(wrong, right), encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        load_sources(file)
    assert caught.value.at == f"{file}:{line}"


def test_an_id_is_used_once_over_all_files(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"编号 gk 已用于 .*a\.yml:2") as caught:
        load_sources(tmp_path)
    assert caught.value.at == f"{tmp_path / 'b.yml'}:2"


def test_no_yaml_object_is_made(tmp_path: Path) -> None:
    file = tmp_path / "evil.yml"
    file.write_text(
        GOOD.replace("title: 某专科医院", "title: !!python/name:os.system"), encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="title"):
        load_sources(file)


def test_stored_sources_come_back(yard: Yard) -> None:
    first, second = source("a.test", "http://a.test/"), source("b.test", "http://b.test/")
    with yard.truth.write() as tx:
        for one in (second, first, first):
            source_store.put(tx, one)
        assert source_store.all(tx) == (first, second)
        assert source_store.get(tx, "a.test") == first
        source_store.remove(tx, "a.test")
        with pytest.raises(NotFound):
            source_store.get(tx, "a.test")
