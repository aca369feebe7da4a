"""Delivery by mail (SMTP): at least once, always with the same Message-ID."""

from __future__ import annotations

import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime
from enum import StrEnum
from mimetypes import guess_type
from pathlib import Path

from attrs import field, frozen

from domain.errors import PermanentError, RetryableError
from domain.ports import Clock, WayOut

TIMEOUT_SECONDS = 60.0
LARGEST_MAIL = 25 * 1024 * 1024
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


@frozen(kw_only=True)
class Mail:
    """Sends packages as attachments.

    A mail that was accepted while the answer was lost is sent again with the same Message-ID, by
    which mailboxes recognise it.
    """

    server: MailServer
    way_out: WayOut
    clock: Clock

    def deliver(self, *, key: str, office: str, address: str, files: Sequence[Path]) -> str:
        """See domain.ports.Transport; `address` is a mail address."""
        message = self._message(key, office, address, files)
        try:
            with self._connected() as client:
                client.send_message(message)
        except smtplib.SMTPResponseException as error:
            words = f"邮件服务器答复 {error.smtp_code} {_text(error.smtp_error)}"
            raise _sorted(error.smtp_code, words, address) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _sorted(code, f"收件人被拒：{code} {_text(said)}", address) from error
        except (smtplib.SMTPException, OSError) as error:
            raise RetryableError(f"邮件未能发出：{error}", at=self.server.host) from error
        return f"已发送邮件至 {address}，Message-ID {message['Message-ID']}"

    def _message(self, key: str, office: str, address: str, files: Sequence[Path]) -> EmailMessage:
        size = sum(file.stat().st_size for file in files)
        if size > LARGEST_MAIL:
            raise PermanentError(f"附件共 {size} 字节，超过邮件上限，请改用其他投递方式", at=office)
        message = EmailMessage(policy=POLICY)
        try:
            recipient, sender = Address(addr_spec=address), Address(addr_spec=self.server.sender)
            message["To"], message["From"] = recipient, sender
        except (ValueError, IndexError) as error:
            raise PermanentError(f"邮箱地址无效：{error}", at=office) from error
        message["Subject"] = f"线索移送 {key}"
        message["Date"] = format_datetime(self.clock.now())
        message["Message-ID"] = f"<{key}@{sender.domain}>"
        message.set_content(f"附件为线索移送材料，投递编号 {key}。请按移送函所附回执反馈。\n")
        for file in files:
            kind = guess_type(file.name)[0] or "application/octet-stream"
            main, _, sub = kind.partition("/")
            message.add_attachment(
                file.read_bytes(), maintype=main, subtype=sub, filename=file.name
            )
        return message

    def _connected(self) -> smtplib.SMTP:
        server = self.server
        address = self.way_out.addresses(server.host)[0]
        loopback = ipaddress.ip_address(address).is_loopback
        if server.security is Security.NONE and not loopback:
            raise PermanentError("本机以外的邮件服务器须使用 TLS 或 STARTTLS", at=server.host)
        context = ssl.create_default_context()
        us = server.sender.rpartition("@")[2]
        client: _Dialled
        if server.security is Security.TLS:
            client = _DialledTls(local_hostname=us, context=context, timeout=TIMEOUT_SECONDS)
        else:
            client = _Dialled(local_hostname=us, timeout=TIMEOUT_SECONDS)
        client.dialled = address
        try:
            client.greet(server.host, server.port)
            if server.security is Security.STARTTLS:
                client.starttls(context=context)
            if server.user:
                client.login(server.user, server.password)
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
