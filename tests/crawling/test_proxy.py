"""The browser's way out: what passes, what is refused and noted, and that nothing passes between
pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest

from crawlers import proxy as proxies
from crawlers.egress import Egress
from crawlers.proxy import FilteringProxy, PageRules
from tests.crawling.loopback import Web, page

NAMES = {"inner.test": ["10.0.0.9"], "meta.test": ["169.254.169.254"]}


def rules(web: Web) -> Egress:
    return Egress(
        resolve={host: site.address for host, site in web.sites.items()},
        allowed=[ip_network("127.33.0.0/16")],
        agency_set=True,
        lookup=lambda host: NAMES.get(host, []),
    )


def through(web: Web, work: Callable[[FilteringProxy, str], Awaitable[None]]) -> FilteringProxy:
    """Run `work(proxy, address)` while the front page of a.test is shown."""
    proxy = FilteringProxy(rules(web))

    async def run() -> None:
        address = await proxy.start()
        proxy.begin(web.url("a.test"))
        for host in ("a.test", "nowhere.test", *NAMES):
            proxy.admit(f"http://{host}/")
        try:
            await work(proxy, address)
        finally:
            await proxy.stop()

    asyncio.run(asyncio.wait_for(run(), 20))
    return proxy


async def ask(address: str, head: str) -> bytes:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(head.encode() + b"\r\n\r\n")
    try:
        return await reader.read()
    finally:
        writer.close()


@pytest.fixture
def site(web: Web) -> Web:
    web.site("a.test", "127.33.0.1").pages["/x?y=1"] = page("资源")
    return web


def test_what_the_page_needs_passes_as_the_server_expects_it(site: Web) -> None:
    async def work(_proxy: FilteringProxy, address: str) -> None:
        head = f"GET {site.url('a.test', '/x?y=1')} HTTP/1.1\r\nHost: a.test:{site.port}"
        answer = await ask(address, f"{head}\r\nProxy-Authorization: secret")
        assert answer.startswith(b"HTTP/1.1 200")
        assert "资源".encode() in answer

    traffic = through(site, work).traffic
    assert (traffic.requests, traffic.refused) == (1, [])
    assert traffic.bytes > 500
    (hit,) = site.log
    assert hit.path == "/x?y=1"
    assert "Proxy-Authorization" not in hit.headers


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("CONNECT inner.test:443 HTTP/1.1", "非公网地址"),
        ("CONNECT 169.254.169.254:80 HTTP/1.1", "非公网地址"),
        ("GET http://meta.test/latest/meta-data/ HTTP/1.1", "非公网地址"),
        ("GET http://127.0.0.1/ HTTP/1.1", "非公网地址"),
        ("GET http://[::ffff:127.0.0.1]/ HTTP/1.1", "非公网地址"),
        ("GET http://nowhere.test/ HTTP/1.1", "没有地址"),
        ("CONNECT hm.baidu.com:443 HTTP/1.1", "统计地址"),
        ("CONNECT abc.zoosnet.net:443 HTTP/1.1", "在线咨询"),
        ("GET http://a.test/adclick?to=1 HTTP/1.1", "广告跳转"),
        ("GET http://a.test:8081/ HTTP/1.1", "端口 8081"),
        ("GET http://cdn.test:22/ HTTP/1.1", "端口 22"),
        ("CONNECT update.test:443 HTTP/1.1", "页面没有请求"),
        ("POST http://a.test/book HTTP/1.1", "不发送 POST"),
        ("GET ftp://a.test/ HTTP/1.1", "只允许"),
        ("GET rubbish HTTP/1.1", "只允许"),
    ],
)
def test_what_is_refused_is_noted(site: Web, head: str, words: str) -> None:
    async def work(_proxy: FilteringProxy, address: str) -> None:
        assert (await ask(address, head)).startswith(b"HTTP/1.1 403")

    (refused,) = through(site, work).traffic.refused
    assert words in refused
    assert site.log == []


def test_between_pages_nothing_passes(site: Web) -> None:
    async def work(proxy: FilteringProxy, address: str) -> None:
        await proxy.end()
        answer = await ask(address, f"GET {site.url('a.test', '/x?y=1')} HTTP/1.1")
        assert answer.startswith(b"HTTP/1.1 403")

    through(site, work)
    assert site.log == []


def test_a_page_has_an_allowance(site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "MOST_REQUESTS", 3)

    async def work(_proxy: FilteringProxy, address: str) -> None:
        for _ in range(5):
            await ask(address, f"GET {site.url('a.test', '/x?y=1')} HTTP/1.1\r\nHost: a.test")

    traffic = through(site, work).traffic
    assert len(site.log) == 3
    assert all("超过上限" in refused for refused in traffic.refused)


def test_rubbish_and_silence_do_no_harm(site: Web) -> None:
    async def work(_proxy: FilteringProxy, address: str) -> None:
        parts = urlsplit(address)
        for bytes_ in (b"", b"\x00" * 10, b"A" * 200_000):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(bytes_)
            writer.close()
        answer = await ask(address, f"GET {site.url('a.test', '/x?y=1')} HTTP/1.1\r\nHost: a.test")
        assert answer.startswith(b"HTTP/1.1 200")

    through(site, work)


def test_rules_let_the_page_use_its_own_port_and_others_the_usual_ones(site: Web) -> None:
    found = PageRules(egress=rules(site), page=site.url("a.test"))
    assert found.refusal(site.url("a.test", "/x")) is None
    assert found.refusal("https://cdn.test/app.js") is None
    assert found.refusal("https://cdn.test:8443/app.js") is not None
