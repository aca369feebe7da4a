"""Delivery by mail (SMTP): at least once, always with the same Message-ID."""

from __future__ import annotations

from collections.abc import Sequence
from mimetypes import guess_type
from pathlib import Path

from attrs import frozen

from domain.errors import PermanentError
from domain.ports import Clock, WayOut
from tickets.transports.smtp import MailServer

LARGEST_MAIL = 25 * 1024 * 1024


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
        size = sum(file.stat().st_size for file in files)
        if size > LARGEST_MAIL:
            raise PermanentError(f"附件共 {size} 字节，超过邮件上限，请改用其他投递方式", at=office)
        message = self.server.letter(
            key=key,
            to=[address],
            subject=f"线索移送 {key}",
            text=f"附件为线索移送材料，投递编号 {key}。请按移送函所附回执反馈。\n",
            at=self.clock.now(),
        )
        for file in files:
            kind = guess_type(file.name)[0] or "application/octet-stream"
            main, _, sub = kind.partition("/")
            message.add_attachment(
                file.read_bytes(), maintype=main, subtype=sub, filename=file.name
            )
        self.server.send(message, self.way_out)
        return f"已发送邮件至 {address}，Message-ID {message['Message-ID']}"
