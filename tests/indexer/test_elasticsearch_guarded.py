"""Elasticsearch as it is run in earnest: TLS, API keys, too much to do, months that age out."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from domain.errors import CluewatchError, PermanentError, RetryableError, Unindexable
from domain.queries import Everything, SearchRequest, Text
from indexer.backends.elasticsearch import ElasticsearchIndex
from language.tokens import segmenter
from tests.contract.indexes import document
from tests.engines.gatekeeper import Gatekeeper, gatekeeper

pytestmark = pytest.mark.elasticsearch
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


@pytest.fixture
def prefix(elasticsearch_url: str) -> Iterator[str]:
    name = f"test-{secrets.token_hex(6)}"
    yield name
    for index in indexes(elasticsearch_url, name):
        httpx.delete(f"{elasticsearch_url}/{index}", trust_env=False)


def indexes(url: str, prefix: str) -> list[str]:
    return sorted(httpx.get(f"{url}/_alias/{prefix}-*", trust_env=False).json())


@pytest.fixture
def gate(elasticsearch_url: str, tmp_path: Path) -> Iterator[Gatekeeper]:
    with gatekeeper(elasticsearch_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def index(gate: Gatekeeper, prefix: str) -> ElasticsearchIndex:
    found = opened(gate, prefix)
    found.ensure()
    return found


def opened(gate: Gatekeeper, prefix: str, **options: object) -> ElasticsearchIndex:
    given = {"api_key": gate.key, "ca_certificate": gate.certificate, **options}
    return ElasticsearchIndex(gate.url, prefix=prefix, segmenter=segmenter(), **given)  # type: ignore[arg-type]


def test_with_key_and_certificate_everything_works(
    gate: Gatekeeper, index: ElasticsearchIndex
) -> None:
    index.add([document("a", "根治顽疾")])
    index.rebuild([document("b", "根治顽疾")])
    result = index.search(SearchRequest(query=Text(words="根治"), facets=("site",)))
    assert [hit.id for hit in result.hits] == ["b"]
    assert list(index.scan(Everything())) == ["b"]
    assert gate.refused == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"api_key": None}, "search.api_key"),
        ({"api_key": "d3Jvbmc="}, "search.api_key"),
        ({"ca_certificate": None}, "search.ca_certificate"),
    ],
)
def test_without_them_nothing_does(
    gate: Gatekeeper, prefix: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(PermanentError, match=message):
        opened(gate, prefix, **options).ensure()


def item(status: int, id_: str = "a") -> bytes:
    error = {"type": "es_rejected_execution_exception", "reason": "queue is full"}
    answer = {"_index": "i", "_id": id_, "status": status, "error": error}
    return json.dumps({"errors": True, "items": [{"index": answer}]}).encode()


@pytest.mark.parametrize("answer", [(429, b"{}"), (200, item(429))])
def test_a_busy_server_is_given_time(
    gate: Gatekeeper, index: ElasticsearchIndex, answer: tuple[int, bytes]
) -> None:
    gate.bulk_answers = [answer, answer]
    index.add([document("a", "根治")])
    assert (index.count(), gate.bulk_answers) == (1, [])


@pytest.mark.parametrize(
    ("answer", "kind", "at"),
    [
        ((403, b"{}"), PermanentError, None),
        ((200, item(404)), RetryableError, None),
        ((200, item(400)), Unindexable, "a"),
    ],
)
def test_what_is_not_written_is_told(
    gate: Gatekeeper,
    index: ElasticsearchIndex,
    answer: tuple[int, bytes],
    kind: type[CluewatchError],
    at: str | None,
) -> None:
    gate.bulk_answers = [answer]
    with pytest.raises(kind) as raised:
        index.add([document("a", "根治")])
    assert raised.value.at == (at or gate.url)


def test_each_month_is_an_index_and_leaves_whole(
    elasticsearch_url: str, index: ElasticsearchIndex, prefix: str
) -> None:
    moments = [NOON - timedelta(days=40), NOON, NOON + timedelta(days=40)]
    index.add([document(f"{n}", captured_at=at) for n, at in enumerate(moments)])
    first = f"{prefix}-documents-v2-000001"
    months = [f"{first}-2026.01", f"{first}-2026.03", f"{first}-2026.04"]
    assert indexes(elasticsearch_url, prefix) == [*months, f"{first}-none"]
    index.drop_before("2026-04")
    assert indexes(elasticsearch_url, prefix) == [months[-1], f"{first}-none"]
    assert list(index.scan(Everything())) == ["2"]


def test_a_rebuild_leaves_one_generation(
    elasticsearch_url: str, index: ElasticsearchIndex, prefix: str
) -> None:
    def broken() -> Iterator[None]:
        raise RetryableError("the store is gone")
        yield

    index.add([document("a")])
    with pytest.raises(RetryableError):
        index.rebuild(broken())  # type: ignore[arg-type] # nothing is yielded
    index.rebuild([document("a")])
    third = f"{prefix}-documents-v2-000003"
    assert indexes(elasticsearch_url, prefix) == [f"{third}-2026.03", f"{third}-none"]


def test_an_overtaken_rebuild_does_not_swap(index: ElasticsearchIndex) -> None:
    def overtaken() -> Iterator[None]:
        index.rebuild([document("winner")])
        yield from ()

    with pytest.raises(PermanentError, match="取代"):
        index.rebuild(overtaken())  # type: ignore[arg-type] # nothing is yielded
    assert list(index.scan(Everything())) == ["winner"]
