"""What machines ask of the console: alive, ready, and the vital signs, true to the stores."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from cluewatch.accounts import store as accounts
from cluewatch.accounts import tokens
from cluewatch.bootstrap import Services
from cluewatch.console.app import create_app
from cluewatch.health import WorkerHealth, write
from cluewatch.monitoring import canary_runs, metrics
from domain.outcomes import Outcome
from domain.people import Permission, Role
from evidence import gaps, outbox
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.console_visitors import ADDRESS, visitor

DEPLOY = Path(__file__).parents[2] / "deploy"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(services: Services) -> Samples:
    text = metrics.exposition(services).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def token(services: Services, role: Role, scope: Permission) -> str:
    visitor(services, role, name="prometheus")
    with services.truth.write() as tx:
        user = accounts.by_name(tx, name="prometheus")
        at = services.clock.now()
        return tokens.issue(
            tx, id="t", name="scrape", user=user, scopes=[scope], days=1, at=at, actor="test"
        )


def a_busy_house(services: Services, tmp_path: Path) -> None:
    """One of everything that has a metric."""
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    at = services.clock.now()
    with services.truth.write() as tx:
        outbox.post(tx, topic="snapshot", subjects=["x"], at=at - timedelta(minutes=10))
        gaps.note(
            tx,
            url="http://walled.test/",
            source_id=None,
            outcome=Outcome.CAPTCHA,
            reason="验证码",
            at=at,
        )
        canary_runs.begin(tx, "c", at=at - timedelta(minutes=2))
        canary_runs.end(tx, "c", passed=True, note="", at=at - timedelta(minutes=1))
    worker = WorkerHealth(role="crawl", pid=1, state="running", deaths=2, seconds=1.0, code=None)
    write(services.settings.path("logs"), [worker])


def test_the_figures_are_those_of_the_stores(services: Services, tmp_path: Path) -> None:
    a_busy_house(services, tmp_path)
    found = samples(services)
    assert found["cluewatch_captures_last_hour", (("outcome", "ok"),)] == 1
    assert found["cluewatch_coverage_gaps", (("outcome", "captcha"),)] == 1
    ready = (("queue", "outbox"), ("state", "ready"))
    assert found["cluewatch_queue_items", ready] == 1
    age = found["cluewatch_queue_oldest_seconds", (("queue", "outbox"),)]
    assert age == pytest.approx(600, abs=30)
    assert found["cluewatch_clues_by_seal", (("seal", "待固证"),)] == 1
    assert found["cluewatch_canary_passed", ()] == 1
    assert found["cluewatch_canary_seconds", ()] == 60
    assert found["cluewatch_worker_deaths", (("role", "crawl"),)] == 2
    assert found["cluewatch_disk_free_bytes", ()] > 0


def test_what_is_seen_again_is_no_gap(services: Services, tmp_path: Path) -> None:
    at = services.clock.now() - timedelta(minutes=1)
    with services.truth.write() as tx:
        for host in ("qinghe.test", "walled.test"):
            gaps.note(
                tx,
                url=f"http://{host}/",
                source_id=None,
                outcome=Outcome.CAPTCHA,
                reason="验证码",
                at=at,
            )
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    assert samples(services)["cluewatch_coverage_gaps", (("outcome", "captcha"),)] == 1


def test_only_a_token_for_operations_reads_the_metrics(services: Services) -> None:
    client = TestClient(create_app(services), base_url=ADDRESS)
    assert client.get("/metrics").status_code == 401
    wrong = token(services, Role.ANALYST, Permission.SEARCH)
    assert client.get("/metrics", headers=bearer("cw_x")).status_code == 401
    assert client.get("/metrics", headers=bearer(wrong)).status_code == 403


def test_an_operator_reads_them_as_prometheus_does(services: Services) -> None:
    right = token(services, Role.OPERATOR, Permission.READ_OPERATIONS)
    client = TestClient(create_app(services), base_url=ADDRESS)
    answer = client.get("/metrics", headers=bearer(right))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "cluewatch_queue_items" in answer.text


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_ready_means_that_every_engine_answers(services: Services) -> None:
    client = TestClient(create_app(services), base_url=ADDRESS)
    services.index.ensure()
    assert client.get("/healthz").text == "ok\n"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "truth ok\nfrontier ok\nindex ok\n")
    with services.truth.write() as tx:
        tx.exec_driver_sql("UPDATE schema_version_truth SET version_num = '0001'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "truth failed\nfrontier ok\nindex ok\n")
    assert client.get("/healthz").status_code == 200


def test_every_metric_that_is_shown_or_alarmed_on_exists(services: Services) -> None:
    at = services.clock.now()
    with services.truth.write() as tx:
        canary_runs.begin(tx, "c", at=at)
        canary_runs.end(tx, "c", passed=True, note="", at=at)
    write(services.settings.path("logs"), [])
    families = list(text_string_to_metric_families(metrics.exposition(services).decode()))
    known = {family.name for family in families}
    known |= {sample.name for family in families for sample in family.samples}
    for file in ("grafana/cluewatch.json", "prometheus/cluewatch-alerts.yml"):
        named = set(re.findall(r"\bcluewatch_[a-z_]+", (DEPLOY / file).read_text("utf-8")))
        assert named
        assert named <= known, (file, named - known)


def test_the_dashboard_shows_every_metric() -> None:
    board = json.loads((DEPLOY / "grafana" / "cluewatch.json").read_text("utf-8"))
    shown = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    source = (Path(metrics.__file__)).read_text("utf-8")
    ours = set(re.findall(r'(?:_plain|_labelled)\(\s*"([a-z_]+)"', source))
    ours |= set(re.findall(r'"cluewatch_([a-z_]+)"', source))
    assert len(ours) > 10
    assert [name for name in ours if f"cluewatch_{name}" not in shown] == []
