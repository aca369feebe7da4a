"""The commands of the crawl: stops that people set and lift, and `why` in Chinese and JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from cluewatch import intake
from cluewatch.bootstrap import Services
from cluewatch.cli import app
from domain.errors import PermanentError
from domain.sources import Source, SourceKind

URL = "http://gk.test/zt/1.html"


@pytest.fixture
def run(services: Services) -> CliRunner:
    site = Source(
        id="gk",
        kind=SourceKind.HOSPITAL_SITE,
        title="某专科医院",
        region="990100",
        start_urls=(URL,),
        hosts=("gk.test",),
    )
    intake.put_sources(services, [site])
    return CliRunner()


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_stop_why_and_go_on(run: CliRunner) -> None:
    stopped = run.invoke(app, ["crawl", "pause", "GK.test", "--reason", "院方来函"])
    assert (stopped.exit_code, stopped.output) == (0, "已暂停主机 gk.test。\n")
    (row,) = lines(run.invoke(app, ["crawl", "pauses", "--json"]).output)
    assert (row["place"], row["reason"]) == ("gk.test", "院方来函")
    (told,) = lines(run.invoke(app, ["why", URL, "--json"]).output)
    assert told["next_visit"] is None
    assert [hold["rule"] for hold in told["holds"]] == ["paused"]
    words = run.invoke(app, ["why", URL]).output
    assert "为何未采：主机 gk.test已由 cli 于" in words.replace("\n", "")
    assert "下次采集：不会自动采集" in words
    assert run.invoke(app, ["crawl", "resume", "gk.test"]).exit_code == 0
    assert run.invoke(app, ["crawl", "resume", "gk.test"]).exit_code == 1
    assert "为何未采" not in run.invoke(app, ["why", URL]).output


def test_the_whole_crawl_stops_without_a_host(run: CliRunner) -> None:
    assert "全部采集" in run.invoke(app, ["crawl", "pause"]).output
    refused = run.invoke(app, ["crawl", URL, "--json"])
    assert isinstance(refused.exception, PermanentError)
    assert "crawl resume" in refused.exception.message
    assert run.invoke(app, ["crawl", "pause", "gk.test/zt"]).exit_code == 2


def test_an_organisation_stops_with_all_its_hosts_and_those_to_come(
    run: CliRunner, services: Services
) -> None:
    def watch(name: str) -> None:
        own = Source(
            id=name,
            kind=SourceKind.HOSPITAL_SITE,
            title=name,
            operator="演示医疗集团",
            region="990100",
            start_urls=(f"http://{name}.test/",),
            hosts=(f"{name}.test",),
        )
        intake.put_sources(services, [own])

    def stopped(url: str) -> bool:
        (told,) = lines(run.invoke(app, ["why", url, "--json"]).output)
        return "paused" in {hold["rule"] for hold in told["holds"]}

    watch("north")
    assert run.invoke(app, ["crawl", "pause", "--operator", "无此机构"]).exit_code == 1
    done = run.invoke(app, ["crawl", "pause", "--operator", "演示医疗集团", "--reason", "来函"])
    assert "1 个主机" in done.output
    watch("south")
    assert stopped("http://north.test/")
    assert stopped("http://south.test/")
    assert not stopped(URL)
    words = run.invoke(app, ["why", "http://south.test/"]).output.replace("\n", "")
    assert "机构 演示医疗集团 的全部主机已由 cli 于" in words
    run.invoke(app, ["crawl", "pause", "north.test"])
    assert run.invoke(app, ["crawl", "resume", "--operator", "演示医疗集团"]).exit_code == 0
    assert run.invoke(app, ["crawl", "resume", "--operator", "演示医疗集团"]).exit_code == 1
    assert stopped("http://north.test/"), "the host's own stop holds"
    assert not stopped("http://south.test/")
    assert run.invoke(app, ["crawl", "pause", "a.test", "--operator", "x"]).exit_code == 2
