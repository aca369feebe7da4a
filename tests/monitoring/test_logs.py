"""Logs: one JSON object a line with its ids, kept by days, forgotten after their term."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from cluewatch import logs, workers
from cluewatch.bootstrap import Services
from cluewatch.console.app import create_app
from cluewatch.settings import load_settings
from domain.errors import ConfigError
from domain.people import Role
from evidence import outbox
from tests.cluewatch.console_visitors import ADDRESS, visitor


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What a test sets up for all loggers is taken back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(services: Services, name: str) -> list[dict[str, Any]]:
    (file,) = services.settings.path("logs").glob(f"{name}-*.jsonl")
    assert file.stat().st_mode & 0o077 == 0
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_a_failing_capture_is_logged_with_its_snapshot(services: Services) -> None:
    logs.keep(services.settings, "process")
    with services.truth.write() as tx:
        outbox.post(tx, topic="snapshot", subjects=["no-such"], at=services.clock.now())
    workers.drain(workers.process_steps(services))
    (line,) = [each for each in lines(services, "process") if "snapshot" in each]
    assert line["snapshot"] == "no-such"
    assert (line["level"], line["event"]) == ("warning", "capture_set_aside")
    assert line["timestamp"].endswith("Z")


def test_an_exception_is_one_line_with_its_trace(services: Services) -> None:
    logs.keep(services.settings, "x")
    try:
        json.loads("{\n")
    except ValueError:
        structlog.get_logger("cluewatch.test").exception("broke", name="戊")
    logging.getLogger("scrapy.core").error("a library speaks %s", "too")
    first, second = lines(services, "x")
    assert "JSONDecodeError" in first["exception"]
    assert first["name"] == "戊"
    assert (second["event"], second["logger"]) == ("a library speaks too", "scrapy.core")


def test_a_request_carries_its_id_and_never_its_query(services: Services) -> None:
    services.index.ensure()
    client = visitor(services, Role.ANALYST, name="li")
    logs.keep(services.settings, "console")
    answer = client.get("/search?q=根治", headers={"X-Request-ID": "proxy-0001"})
    assert answer.headers["X-Request-ID"] == "proxy-0001"
    (line,) = lines(services, "console")
    assert (line["request"], line["path"], line["user"]) == ("proxy-0001", "/search", "li")
    assert line["status"] == 200
    assert "根治" not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g", "12345678\tx"])
def test_an_id_that_is_none_is_replaced(services: Services, given: str) -> None:
    client = TestClient(create_app(services), base_url=ADDRESS)
    first = client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    second = client.get("/healthz").headers["X-Request-ID"]
    assert given not in (first, second)
    assert first != second


def test_a_container_speaks_on_standard_error(
    services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLUEWATCH_LOGS__FILES", "false")
    monkeypatch.setenv("CLUEWATCH_LOGS__FORMAT", "json")
    logs.keep(load_settings(), "crawl")
    structlog.get_logger("crawlers.engine").info("hello")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["process"]) == ("hello", "crawl")
    assert not services.settings.path("logs").exists()


def test_only_our_old_files_are_forgotten(tmp_path: Path) -> None:
    today = date(2026, 11, 20)
    names = {
        days: f"crawl-{(today - timedelta(days=days)).isoformat()}.jsonl"
        for days in (0, 200, 201, 900)
    }
    for name in (*names.values(), "crawl.log", "notes.jsonl", "crawl-2020-13-99.jsonl"):
        (tmp_path / name).touch()
    gone = logs.forget(tmp_path, days=200, today=today)
    assert {path.name for path in gone} == {names[201], names[900]}
    assert len(list(tmp_path.iterdir())) == 5


def test_six_months_are_the_least(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUEWATCH_LOGS__DAYS", "90")
    with pytest.raises(ConfigError, match=r"logs\.days"):
        load_settings()
