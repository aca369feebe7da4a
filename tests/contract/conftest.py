"""An index of each backend: every test of this folder runs once for each of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx
import pytest

from domain.ports import SearchIndex
from domain.queries import (
    Everything,
)
from indexer.backends.elasticsearch import ElasticsearchIndex
from indexer.backends.embedded import EmbeddedIndex
from language.tokens import segmenter
from tests.contract.indexes import Make


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)],
)
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Make]:
    """Opens the same index once more, as another process would."""
    if request.param == "embedded":
        folder = tmp_path_factory.mktemp("index")
        yield lambda: EmbeddedIndex(folder, segmenter())
        return
    url, prefix = request.getfixturevalue("elasticsearch_url"), f"test-{secrets.token_hex(6)}"
    yield lambda: ElasticsearchIndex(url, prefix=prefix, segmenter=segmenter())
    _drop(url, prefix)


def _drop(url: str, prefix: str) -> None:
    there = httpx.get(f"{url}/_alias/{prefix}-*", trust_env=False).json()
    for name in there:
        assert httpx.delete(f"{url}/{name}", trust_env=False).status_code == httpx.codes.OK


@pytest.fixture(scope="module")
def shared(opened: Make) -> SearchIndex:
    """One index for all tests that mark their documents with a source of their own."""
    index = opened()
    index.ensure()
    return index


@pytest.fixture
def index(shared: SearchIndex) -> SearchIndex:
    """An empty index."""
    shared.delete(list(shared.scan(Everything())))
    return shared
