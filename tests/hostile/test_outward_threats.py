"""Addresses that others choose: each way out looks a name up once, and dials what was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cluewatch import time_server, timestamping
from cluewatch.saved import posting
from crawlers.egress import Egress
from domain.errors import CluewatchError, PermanentError
from tests.clocks import StillClock
from tests.evidence.authority import LocalAuthority, skip_without_openssl
from tickets.transports import webhook
from tickets.transports.mail import Mail
from tickets.transports.smtp import MailServer, Security
from tickets.transports.webhook import Webhook

CLOCK = StillClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
PUBLIC = "8.8.8.8"
Send = Callable[[Egress], object]


class Rebinding:
    """A name server that tells a public address first and the victim's own afterwards."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str) -> list[str]:
        """The next answer; the last one for good."""
        self.asked += 1
        return [self.answers[min(self.asked, len(self.answers)) - 1]]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that something tried to connect to; nothing leaves this machine."""
    seen: list[str] = []

    @contextmanager
    def posted(_url: str, *, dialled: str, **_given: object) -> Iterator[httpx.Response]:
        seen.append(dialled)
        raise httpx.ConnectError("stopped by the test")
        yield httpx.Response(200)

    def connect(address: tuple[str, int], *_given: object) -> NoReturn:
        seen.append(address[0])
        raise ConnectionRefusedError("stopped by the test")

    def exchange(address: str, *_given: object) -> NoReturn:
        connect((address, 0))

    for module in (webhook, posting, timestamping):
        monkeypatch.setattr(module, "posted", posted)
    monkeypatch.setattr("tickets.transports.smtp.socket.create_connection", connect)
    monkeypatch.setattr(time_server, "_exchange", exchange)
    return seen


@pytest.fixture(params=["webhook", "robot", "mail", "timestamp-authority", "time-server"])
def send(request: pytest.FixtureRequest, tmp_path: Path) -> Send:
    """Something that a person or a page has named is sent for."""
    letter = tmp_path / "letter.docx"
    letter.write_bytes(b"letter")
    server = MailServer(
        host="out.test", port=587, security=Security.STARTTLS, sender="monitor@agency.test"
    )

    def by_webhook(way_out: Egress) -> object:
        transport = Webhook(secrets={"o": "secret"}, way_out=way_out, clock=CLOCK)
        return transport.deliver(key="k", office="o", address="https://out.test/", files=[letter])

    def by_mail(way_out: Egress) -> object:
        transport = Mail(server=server, way_out=way_out, clock=CLOCK)
        return transport.deliver(key="k", office="o", address="a@office.test", files=[letter])

    def by_stamp(way_out: Egress) -> object:
        skip_without_openssl()
        roots = tmp_path / "roots.pem"
        root = LocalAuthority(tmp_path / "authority").root
        roots.write_bytes(root.public_bytes(Encoding.PEM))
        stamps = timestamping.authority("https://out.test/", roots, way_out)
        return stamps.stamp(b"x", near=CLOCK.now(), most=timedelta.max)

    ways: dict[str, Send] = {
        "webhook": by_webhook,
        "robot": lambda way_out: posting.post_json(way_out, "https://out.test/", {}),
        "mail": by_mail,
        "timestamp-authority": by_stamp,
        "time-server": lambda out: time_server.TimeServer(
            "out.test", egress=out, clock=CLOCK
        ).offset(),
    }
    return ways[request.param]


def way_out(names: Rebinding) -> Egress:
    return Egress(resolve={}, allowed=(), agency_set=True, lookup=names)


def test_dns_rebinding_between_check_and_connection(send: Send, dialled: list[str]) -> None:
    names = Rebinding(PUBLIC, "127.0.0.1")
    with pytest.raises(CluewatchError):
        send(way_out(names))
    assert dialled == [PUBLIC]
    assert all(ip_address(address).is_global for address in dialled)


@pytest.mark.parametrize(
    "inner",
    ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:192.168.0.1", "0.0.0.0"],  # noqa: S104
)
def test_ssrf_to_an_inner_address(send: Send, dialled: list[str], inner: str) -> None:
    with pytest.raises(PermanentError):
        send(way_out(Rebinding(inner)))
    assert dialled == []
