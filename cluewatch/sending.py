"""The ways out that the settings describe: the mail server, and the channels to an office."""

from __future__ import annotations

from cluewatch.sections import Mail as MailSettings
from cluewatch.settings import Settings
from crawlers.egress import Egress
from domain.ports import Clock, Transport
from tickets.transports.folder import FolderDrop
from tickets.transports.mail import Mail
from tickets.transports.packs import PACK
from tickets.transports.smtp import MailServer
from tickets.transports.webhook import Webhook


def mail_server(mail: MailSettings) -> MailServer | None:
    """The server that takes our mail; None while the settings name none."""
    if not (mail.host and mail.sender):
        return None
    return MailServer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        sender=mail.sender,
        user=mail.user,
        password=mail.password.get_secret_value(),
    )


def transports(settings: Settings, *, way_out: Egress, clock: Clock) -> dict[str, Transport]:
    """The ways to an office, by channel; mail only when a server is set."""
    secrets = settings.dispatch.webhook_secrets
    ways: dict[str, Transport] = {
        "folder": FolderDrop(settings.outbox_directory),
        PACK: FolderDrop(settings.packs_directory),
        "webhook": Webhook(
            secrets={office: secret.get_secret_value() for office, secret in secrets.items()},
            way_out=way_out,
            clock=clock,
        ),
    }
    server = mail_server(settings.mail)
    if server is not None:
        ways["mail"] = Mail(server=server, way_out=way_out, clock=clock)
    return ways
