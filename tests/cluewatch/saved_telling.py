"""A home with one channel, and one alert told over it, for the tests of channels."""

from __future__ import annotations

from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.saved import store
from cluewatch.saved.sending import Messages
from cluewatch.saved.store import Alert, Delivery
from cluewatch.settings import config_path, load_settings


def wired(channel: dict[str, object], **sections: dict[str, object]) -> Services:
    network = {"resolve": {"robot.test": "127.0.0.1"}, "allowed": ["127.0.0.0/8"]}
    configuration.write(
        config_path(), {"network": network, "channels": {"ops": channel}, **sections}
    )
    return Services(load_settings())


def told(services: Services) -> Delivery:
    """Tell the channel of one alert, and return the one line of the delivery log."""
    at = services.clock.now()
    with services.truth.write() as tx:
        search = store.save(
            tx,
            id=services.ids.new(),
            name="永不复发",
            expression="永不复发",
            owner="甲",
            channels=("ops",),
            known=services.settings.channels,
            at=at,
        )
        alert = Alert(
            id="a1",
            search_id=search.id,
            document_id="d1",
            subject="青禾医院",
            title="牛皮癣治疗",
            url="http://qinghe.test/npx.html",
            excerpt="永不复发",
            at=at,
        )
        store.tell(tx, search, store.note(tx, [alert]), at=at)
    Messages(services, owner="test").work()
    with services.truth.read() as tx:
        (line,) = store.deliveries(tx)
    services.close()
    return line
