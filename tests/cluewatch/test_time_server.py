"""A real time server on loopback: right, wrong, silent, lying and out of reach."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluewatch.time_server import TimeServer
from crawlers.egress import Egress, PolicyDenied
from domain.errors import CluewatchError, RetryableError
from tests.clocks import StillClock

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ADDRESS = "127.32.0.1"
Answer = Callable[[bytes], bytes]


def stamp(moment: datetime) -> int:
    since = moment - datetime(1900, 1, 1, tzinfo=UTC)
    return (int(since.total_seconds()) << 32 | since.microseconds * (1 << 32) // 10**6) % (1 << 64)


def answer(
    question: bytes,
    *,
    at: datetime = NOW,
    leap: int = 0,
    mode: int = 4,
    stratum: int = 2,
    nonce: bytes | None = None,
) -> bytes:
    head = bytes([leap << 6 | 4 << 3 | mode, stratum]) + bytes(22)
    asked = question[40:48] if nonce is None else nonce
    return head + asked + struct.pack(">QQ", stamp(at), stamp(at))


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], int]]:
    opened: list[socket.socket] = []

    def start(reply: Answer) -> int:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((ADDRESS, 0))
        opened.append(server)

        def work() -> None:
            question, peer = server.recvfrom(512)
            server.sendto(reply(question), peer)

        threading.Thread(target=work, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for server in opened:
        server.close()


def asked(port: int) -> timedelta:
    egress = Egress(
        resolve={"time.test": ADDRESS}, allowed=[ip_network("127.32.0.0/16")], agency_set=False
    )
    return TimeServer("time.test", egress=egress, clock=StillClock(NOW), port=port).offset()


@pytest.mark.parametrize("ahead", [0.0, 2.5, -3600.0])
def test_our_clock_is_measured(serve: Callable[[Answer], int], ahead: float) -> None:
    real = NOW - timedelta(seconds=ahead)
    offset = asked(serve(lambda question: answer(question, at=real)))
    assert offset.total_seconds() == pytest.approx(ahead, abs=1e-5)


def test_the_era_after_2036_is_understood(serve: Callable[[Answer], int]) -> None:
    later = datetime(2040, 1, 1, tzinfo=UTC)
    offset = asked(serve(lambda question: answer(question, at=later)))
    assert offset.total_seconds() == pytest.approx((NOW - later).total_seconds(), abs=1e-5)


@pytest.mark.parametrize(
    "reply",
    [
        lambda question: answer(question, leap=3),
        lambda question: answer(question, stratum=0),
        lambda question: answer(question, stratum=16),
        lambda question: answer(question, mode=3),
        lambda question: answer(question, nonce=b"\0" * 8),
        lambda _: b"",
        lambda _: b"garbage",
    ],
)
def test_an_answer_that_says_nothing_is_refused(
    serve: Callable[[Answer], int], reply: Answer
) -> None:
    with pytest.raises(RetryableError, match="不可用"):
        asked(serve(reply))


@given(st.binary(max_size=80))
def test_no_datagram_breaks_the_reader(data: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((ADDRESS, 0))
        port = server.getsockname()[1]

        def work() -> None:
            question, peer = server.recvfrom(512)
            server.sendto(data[:24] + question[40:48] + data[24:], peer)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            assert isinstance(asked(port), timedelta)
        except CluewatchError:
            pass
        finally:
            thread.join()


def test_a_closed_port_is_silence() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind((ADDRESS, 0))
        port = unused.getsockname()[1]
    with pytest.raises(RetryableError, match="没有应答"):
        asked(port)


def test_only_permitted_addresses_are_asked() -> None:
    egress = Egress(resolve={}, allowed=[], agency_set=True)
    with pytest.raises(PolicyDenied):
        TimeServer("127.0.0.1", egress=egress, clock=StillClock(NOW)).offset()
