"""Mail by the server of the settings: written the same way each time, sent to a checked address."""

from __future__ import annotations

import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime
from enum import StrEnum

from attrs import field, frozen

from domain.errors import PermanentError, RetryableError
from domain.ports import WayOut

TIMEOUT_SECONDS = 60.0
_READY = 220


class Security(StrEnum):
    """How the connection is protected; NONE is for loopback only."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@frozen(kw_only=True)
class MailServer:
    """The server that takes our mail, and who we are to it."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    def letter(
        self, *, key: str, to: Sequence[str], subject: str, text: str, at: datetime
    ) -> EmailMessage:
        """A message from us. `key` makes its Message-ID, by which mailboxes know a repeat.

        Raises PermanentError for an address that is none.
        """
        message = EmailMessage(policy=POLICY)
        try:
            sender = Address(addr_spec=self.sender)
            message["To"] = [Address(addr_spec=address) for address in to]
            message["From"] = sender
        except (ValueError, IndexError) as error:
            raise PermanentError(f"邮箱地址无效：{error}", at="、".join(to)) from error
        message["Subject"] = subject
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{key}@{sender.domain}>"
        message.set_content(text)
        return message

    def send(self, message: EmailMessage, way_out: WayOut) -> int:
        """Hand a message over; returns how many of its recipients were refused, never all.

        Raises PermanentError or RetryableError, as the server's answer or the line tells.
        """
        recipients = str(message["To"])
        try:
            with self._connected(way_out) as client:
                return len(client.send_message(message))
        except smtplib.SMTPResponseException as error:
            words = f"邮件服务器答复 {error.smtp_code} {_text(error.smtp_error)}"
            raise _sorted(error.smtp_code, words, recipients) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _sorted(code, f"收件人被拒：{code} {_text(said)}", recipients) from error
        except (smtplib.SMTPException, OSError) as error:
            raise RetryableError(f"邮件未能发出：{error}", at=self.host) from error

    def _connected(self, way_out: WayOut) -> smtplib.SMTP:
        address = way_out.addresses(self.host)[0]
        loopback = ipaddress.ip_address(address).is_loopback
        if self.security is Security.NONE and not loopback:
            raise PermanentError("本机以外的邮件服务器须使用 TLS 或 STARTTLS", at=self.host)
        context = ssl.create_default_context()
        us = self.sender.rpartition("@")[2]
        client: _Dialled
        if self.security is Security.TLS:
            client = _DialledTls(local_hostname=us, context=context, timeout=TIMEOUT_SECONDS)
        else:
            client = _Dialled(local_hostname=us, timeout=TIMEOUT_SECONDS)
        client.dialled = address
        try:
            client.greet(self.host, self.port)
            if self.security is Security.STARTTLS:
                client.starttls(context=context)
            if self.user:
                client.login(self.user, self.password)
        except BaseException:
            client.close()
            raise
        return client


class _Dialled(smtplib.SMTP):
    """Connects to the address that was checked; the certificate must be for the name."""

    dialled = ""

    def greet(self, host: str, port: int) -> None:
        """Connect and hear the greeting. Raises SMTPConnectError when it is no welcome."""
        code, said = self.connect(host, port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, said)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self._host = host
        return socket.create_connection((self.dialled, port), timeout)


class _DialledTls(smtplib.SMTP_SSL, _Dialled):
    """`SMTP_SSL` wraps the socket that the class after it opens."""


def _sorted(code: int, words: str, at: str) -> PermanentError | RetryableError:
    """Replies 4xx pass, 5xx stay (RFC 5321, 4.2.1)."""
    return PermanentError(words, at=at) if code >= 500 else RetryableError(words, at=at)


def _text(said: bytes | str) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return "".join(character for character in words if character.isprintable())[:200]
