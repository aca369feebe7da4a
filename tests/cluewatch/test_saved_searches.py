"""Saved searches: asked of what was just indexed; one alert per subject and creative."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.projection import Projection
from cluewatch.saved import store
from cluewatch.saved.store import Alert, SavedSearch
from cluewatch.saved.watching import back_test
from cluewatch.settings import config_path, load_settings
from documents import store as documents
from domain.errors import ConfigError, NotFound, PermanentError, QuerySyntaxError
from storage.leases import WorkState
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in

QINGHE = ("qinghe.test/1.html", "qinghe.test/3.html")


def keep(services: Services, expression: str = "永不复发", **fields: object) -> SavedSearch:
    given = {"name": "复发", "owner": "甲", "channels": (), **fields}
    with services.truth.write() as tx:
        return store.save(
            tx,
            id=services.ids.new(),
            expression=expression,
            known={"robot"},
            at=services.clock.now(),
            **given,  # type: ignore[arg-type]
        )


def alerts(services: Services) -> list[Alert]:
    with services.truth.read() as tx:
        return store.alerts(tx)


def test_what_was_just_indexed_is_asked(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    bring_in(services, tmp_path, "old.html", NOTICE, "http://gov.test/notice.html")
    search = keep(services, "永不复发 判定:CLUE")
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    (alert,) = alerts(services)
    assert (alert.search_id, alert.url) == (search.id, "http://qinghe.test/npx.html")
    assert "永不复发" in alert.excerpt
    assert alert.subject == "青禾医院"


def test_the_same_words_of_the_same_subject_alert_once(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    keep(services)
    other_page = ADVERT.replace("治疗</h1>", "专科</h1><p>欢迎光临本院。</p>")
    other_words = ADVERT.replace("永不复发", "十年永不复发")
    other_subject = ADVERT.replace("青禾医院", "白露医院")
    bring_in(services, tmp_path, "1.html", ADVERT, "http://qinghe.test/1.html")
    bring_in(services, tmp_path, "2.html", other_page, "http://qinghe.test/2.html")
    assert len(alerts(services)) == 1
    bring_in(services, tmp_path, "3.html", other_words, "http://qinghe.test/3.html")
    bring_in(services, tmp_path, "4.html", other_subject, "http://bailu.test/1.html")
    told = sorted(alert.url for alert in alerts(services))
    assert told == [f"http://{end}" for end in ("bailu.test/1.html", *QINGHE)]


def test_projecting_again_alerts_nobody_again(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    keep(services, channels=("robot",))
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    with services.truth.write() as tx:
        (document,) = documents.iterate(tx)
        documents.enqueue_index(tx, document.id)
    assert Projection(services, owner="test").work() == 1
    with services.truth.read() as tx:
        assert (len(store.alerts(tx)), len(store.deliveries(tx))) == (1, 1)


def test_a_search_that_cannot_be_read_any_more_stops_nobody(
    services: Services, tmp_path: Path
) -> None:
    services.index.ensure()
    keep(services)
    broken = keep(services, name="旧")
    with services.truth.write() as tx:
        tx.exec_driver_sql("UPDATE saved_searches SET expression='电话:1' WHERE name='旧'")
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    (alert,) = alerts(services)
    assert alert.search_id != broken.id


def test_a_back_test_tells_what_would_have_come(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    bring_in(services, tmp_path, "1.html", ADVERT, "http://qinghe.test/1.html")
    same_words = ADVERT.replace("治疗</h1>", "专科</h1>")
    bring_in(services, tmp_path, "2.html", same_words, "http://qinghe.test/2.html")
    bring_in(services, tmp_path, "n.html", NOTICE, "http://gov.test/notice.html")
    search = keep(services, "永不复发")
    counts: list[int] = []
    now = services.clock.now()
    since = now - timedelta(days=3650)
    result = back_test(services, search, since=since, progress=counts.append)
    assert (result.documents, len(result.alerts), counts) == (3, 2, [3])
    assert sum(count for _, count in result.days) == 2
    assert alerts(services) == []
    later = back_test(services, search, since=now + timedelta(days=1), progress=counts.append)
    assert later.documents == 0


@pytest.mark.parametrize(
    ("fields", "kind", "message"),
    [
        ({"expression": "根治 电话:1"}, QuerySyntaxError, "没有“电话”"),
        ({"name": "复发"}, PermanentError, "同名"),
        ({"name": " "}, PermanentError, "名称"),
        ({"name": "a\nb"}, PermanentError, "名称"),
        ({"channels": ("微信",)}, PermanentError, "没有通知渠道“微信”；已有：robot"),
    ],
)
def test_what_cannot_be_saved_is_refused(
    services: Services, fields: dict[str, object], kind: type[PermanentError], message: str
) -> None:
    keep(services)
    with pytest.raises(kind, match=message):
        keep(services, **{"name": "另一个", "expression": "根治", **fields})  # type: ignore[arg-type]


def test_removing_forgets_alerts_and_messages(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    keep(services, channels=("robot",))
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html")
    with services.truth.write() as tx:
        assert [line.state for line in store.deliveries(tx)] == [WorkState.PARKED]
        store.remove(tx, "复发")
        assert (store.all_searches(tx), store.alerts(tx), store.deliveries(tx)) == ([], [], [])
        with pytest.raises(NotFound):
            store.remove(tx, "复发")


def test_alerts_page_by_moment_and_id(services: Services) -> None:
    at = services.clock.now()
    made = [
        Alert(
            id=f"a{n}",
            search_id="s",
            document_id="d",
            subject="某医院",
            title="",
            url="http://a.test/",
            excerpt="",
            at=at - timedelta(hours=n // 2),
        )
        for n in range(5)
    ]
    with services.truth.write() as tx:
        assert store.note(tx, made) == made
        first = store.alerts(tx, limit=3)
        rest = store.alerts(tx, after=(first[-1].at, first[-1].id))
    assert [a.id for a in (*first, *rest)] == ["a1", "a0", "a3", "a2", "a4"]


@pytest.mark.parametrize("channel", [{"kind": "wecom"}, {"kind": "mail"}, {"kind": "fax"}])
def test_a_channel_without_a_target_is_refused(
    services: Services, channel: dict[str, object]
) -> None:
    configuration.write(config_path(), {"channels": {"ops": channel}})
    with pytest.raises(ConfigError, match="channels"):
        load_settings()
