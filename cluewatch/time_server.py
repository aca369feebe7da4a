"""How far the civil clock is off, asked of a time server (SNTP, RFC 4330)."""

from __future__ import annotations

import secrets
import socket
import struct
from datetime import UTC, datetime, timedelta

from crawlers.egress import Egress
from domain.errors import CluewatchError, RetryableError
from domain.ports import Clock

PORT = 123
_PATIENCE = 3.0
_CLIENT = bytes([4 << 3 | 3]) + bytes(39)  # version 4, mode 3; nothing else is asked of a client
_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_ERA = 1 << 32
_UNSYNCHRONISED, _SERVER = 3, 4


class TimeServer:
    """A time server by name or address; only an address that egress permits is asked."""

    def __init__(self, host: str, *, egress: Egress, clock: Clock, port: int = PORT) -> None:
        self._host = host
        self._egress = egress
        self._clock = clock
        self._port = port

    def offset(self) -> timedelta:
        """How far the civil clock is ahead of the server, half of the way there and back allowed.

        Raises RetryableError when the server is silent or says that it does not know the time,
        PermanentError when it may not be asked.
        """
        address = self._egress.addresses(self._host)[0]
        nonce = secrets.token_bytes(8)
        asked = self._clock.now()
        try:
            answer = _exchange(address, self._port, _CLIENT + nonce)
        except OSError as error:
            raise RetryableError(f"时间服务器没有应答：{error}", at=self._host) from error
        heard = self._clock.now()
        received, sent = _moments(answer, nonce, self._host)
        return ((asked - received) + (heard - sent)) / 2


def _exchange(address: str, port: int, question: bytes) -> bytes:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        channel.settimeout(_PATIENCE)
        channel.connect((address, port))
        channel.send(question)
        return channel.recv(512)


def _moments(answer: bytes, nonce: bytes, host: str) -> tuple[datetime, datetime]:
    """When the server received and sent, by its own clock."""
    if len(answer) < 48 or answer[24:32] != nonce:
        raise _useless("应答不是对本次询问的回答", host)
    leap, mode, stratum = answer[0] >> 6, answer[0] & 7, answer[1]
    if mode != _SERVER or leap == _UNSYNCHRONISED or not 1 <= stratum <= 15:
        raise _useless("服务器自身没有对准时间", host)
    received, sent = struct.unpack_from(">QQ", answer, 32)
    return _moment(received), _moment(sent)


def _moment(stamp: int) -> datetime:
    """An NTP timestamp; one without its top bit belongs to the era after 2036 (RFC 4330, 3)."""
    seconds, fraction = divmod(stamp, _ERA)
    if seconds < _ERA >> 1:
        seconds += _ERA
    return _EPOCH + timedelta(seconds=seconds, microseconds=fraction * 1_000_000 // _ERA)


def _useless(words: str, host: str) -> CluewatchError:
    return RetryableError(f"时间服务器的应答不可用：{words}", at=host)
