"""Failures of Elasticsearch are told to whoever can mend them."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from domain.errors import CluewatchError, PermanentError, RetryableError
from domain.queries import Everything, SearchRequest
from indexer.backends.elasticsearch import ElasticsearchIndex
from language.tokens import segmenter
from tests.engines.servers import free_port

ANYTHING = SearchRequest(query=Everything())


class Answering:
    """A server that answers every request alike."""

    def __init__(self, status: int, body: str, product: str = "Elasticsearch") -> None:
        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("X-Elastic-Product", product)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def error(
        self, ask: Callable[[ElasticsearchIndex], object] = lambda index: index.search(ANYTHING)
    ) -> CluewatchError:
        port = self.server.server_address[1]
        index = ElasticsearchIndex(
            f"http://127.0.0.1:{port}", prefix="x", segmenter=segmenter(), api_key="bad"
        )
        try:
            with pytest.raises(CluewatchError) as raised:
                ask(index)
        finally:
            self.server.shutdown()
            self.server.server_close()
        return raised.value


@pytest.mark.parametrize(
    ("answering", "kind", "message"),
    [
        (lambda: Answering(401, "{}"), PermanentError, "api_key"),
        (lambda: Answering(403, "{}"), PermanentError, "api_key"),
        (lambda: Answering(200, "{}", "OpenSearch"), PermanentError, "8 或 9"),
        (
            lambda: Answering(400, '{"error":{"type":"media_type_header_exception"}}'),
            PermanentError,
            "8 或 9",
        ),
        (lambda: Answering(404, "{}"), PermanentError, "index rebuild"),
        (lambda: Answering(429, "{}"), RetryableError, "稍后"),
        (lambda: Answering(400, '{"error":"other"}'), PermanentError, "不接受"),
    ],
)
def test_refusals(
    answering: Callable[[], Answering], kind: type[CluewatchError], message: str
) -> None:
    error = answering().error()
    assert isinstance(error, kind)
    assert message in error.message


@pytest.mark.parametrize("version", ["7.17.9", "10.0.0"])
def test_other_versions_are_named(version: str) -> None:
    nodes = json.dumps({"nodes": {"a": {"version": version}}})
    error = Answering(200, nodes).error(ElasticsearchIndex.ensure)
    assert isinstance(error, PermanentError)
    assert f"版本是 {version}" in error.message


def test_nobody_listens() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    index = ElasticsearchIndex(url, prefix="x", segmenter=segmenter())
    with pytest.raises(RetryableError, match="连不上") as raised:
        index.ensure()
    assert raised.value.at == url
