"""Messages by mail, through the server of the settings."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.headerregistry import Address
from email.message import EmailMessage

from cluewatch.saved.posting import checked_address
from cluewatch.sections import Mail
from crawlers.egress import Egress
from domain.errors import ConfigError, PermanentError, RetryableError
from tickets.transports.mail import Security

_SECONDS = 20.0


def send(
    egress: Egress, server: Mail, *, to: tuple[str, ...], subject: str, text: str, key: str
) -> str:
    """Send one message and return a receipt. `key` makes its Message-ID, so that a repeat is
    seen to be one. Raises RetryableError or PermanentError."""
    if not server.host or not server.sender:
        raise ConfigError("没有设置发信服务器；请填写 mail.host 和 mail.sender")
    letter = EmailMessage()
    letter["From"] = Address(addr_spec=server.sender)
    letter["To"] = [Address(addr_spec=address) for address in to]
    letter["Subject"] = subject
    letter["Message-ID"] = f"<{key}@{server.sender.rpartition('@')[2]}>"
    letter.set_content(text)
    address = checked_address(egress, server.host)
    try:
        with _connected(server, address) as connection:
            if server.user:
                connection.login(server.user, server.password.get_secret_value())
            refused = connection.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _answered(code, said, server.host) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code, error.smtp_error, server.host) from error
    except (smtplib.SMTPException, OSError) as error:
        raise RetryableError(f"发信失败：{type(error).__name__} {error}", at=server.host) from error
    missed = f"；未被接受：{'、'.join(refused)}" if refused else ""
    return f"已交 {server.host}，收件人 {len(to) - len(refused)} 个{missed}"


def _answered(code: int, said: bytes | str, host: str) -> PermanentError | RetryableError:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    kind = RetryableError if 400 <= code < 500 else PermanentError
    return kind(f"邮件服务器答复 {code} {words}"[:300], at=host)


def _connected(server: Mail, address: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security is Security.TLS:
        return _CheckedTls(server, address, context)
    connection = _Checked(server, address)
    if server.security is Security.STARTTLS:
        connection.starttls(context=context)
    return connection


class _Checked(smtplib.SMTP):
    """Dials the checked address, whatever the name may mean by now."""

    def __init__(self, server: Mail, address: str) -> None:
        self._address = address
        super().__init__(server.host, server.port, timeout=_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 - smtplib's signature
        return socket.create_connection((self._address, port), timeout)


class _CheckedTls(_Checked):
    """The same, with TLS from the first byte."""

    def __init__(self, server: Mail, address: str, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(server, address)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        return self._context.wrap_socket(plain, server_hostname=host)
