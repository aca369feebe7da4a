"""The worker that tells channels what saved searches found, and keeps the log of it."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from cluewatch.bootstrap import Services
from cluewatch.saved import store
from cluewatch.saved.channels import check_answer, robot_post, words
from cluewatch.saved.posting import post_json
from cluewatch.saved.tables import alert_messages
from cluewatch.sections import Channel, ChannelKind
from domain.errors import (
    CluewatchError,
    ConfigError,
    LeaseLost,
    PermanentError,
    RetryableError,
)
from storage import leases
from storage.leases import Lease

log = structlog.get_logger()

LEASE_SECONDS = 120.0
MAX_ATTEMPTS = 8
_FIRST_DELAY = 15.0
_LONGEST_DELAY = 3600.0


class Messages:
    """Sends what is queued; a message that a channel refuses waits for a person."""

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._owner = owner

    def work(self, *, limit: int = 16) -> int:
        """Send up to `limit` messages; returns how many left."""
        with self._services.truth.write() as tx:
            claimed = leases.claim(
                tx, alert_messages, owner=self._owner, limit=limit, seconds=LEASE_SECONDS
            )
        return sum(self._send_one(lease) for lease in claimed)

    def _send_one(self, lease: Lease) -> bool:
        truth = self._services.truth
        try:
            try:
                receipt = self._sent(lease)
            except CluewatchError as error:
                self._set_aside(lease, error)
                return False
            with truth.write() as tx:
                leases.finish(tx, alert_messages, lease)
                at = self._services.clock.now()
                store.note_sent(tx, lease.id, receipt=receipt, at=at)
        except LeaseLost:
            log.warning("lease_lost", message=lease.id)
            return False
        return True

    def _sent(self, lease: Lease) -> str:
        name = lease.row["channel"]
        channel = self._services.settings.channels.get(name)
        if channel is None:
            raise PermanentError("设置里已没有这个通知渠道", at=name)
        message = store.message(lease.row["record"])
        text = words(message)
        if channel.kind is ChannelKind.MAIL:
            return self._mailed(lease.id, channel.to, text)
        return self._posted(channel, text)

    def _mailed(self, key: str, to: Sequence[str], text: str) -> str:
        server = self._services.mail_server
        if server is None:
            raise ConfigError("没有设置邮件服务器；请填写 mail.host 和 mail.sender")
        subject = text.partition("\n")[0]
        at = self._services.clock.now()
        letter = server.letter(key=key, to=to, subject=subject, text=text, at=at)
        refused = server.send(letter, self._services.egress)
        missed = f"；{refused} 个未被接受" if refused else ""
        return f"已交 {server.host}，收件人 {len(to) - refused} 个{missed}"

    def _posted(self, channel: Channel, text: str) -> str:
        at = self._services.clock.now()
        secret = channel.secret.get_secret_value()
        post = robot_post(channel.kind, text, secret=secret, at=at)
        url = channel.url.get_secret_value()
        joined = f"{url}{'&' if '?' in url else '?'}{post.query}" if post.query else url
        return check_answer(channel.kind, post_json(self._services.egress, joined, post.payload))

    def _set_aside(self, lease: Lease, error: CluewatchError) -> None:
        with self._services.truth.write() as tx:
            if isinstance(error, RetryableError):
                delay = min(_FIRST_DELAY * 2 ** (lease.attempts - 1), _LONGEST_DELAY)
                leases.give_back(
                    tx,
                    alert_messages,
                    lease,
                    error=str(error),
                    delay=delay,
                    max_attempts=MAX_ATTEMPTS,
                )
            else:
                leases.park(tx, alert_messages, lease, error=str(error))
        log.warning("alert_not_sent", message=lease.id, error=str(error))
