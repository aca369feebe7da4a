"""Addresses that may and may not be dialled."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from crawlers.egress import Egress, PolicyDenied, Unresolved


def rules(
    *answers: list[str],
    allowed: tuple[str, ...] = (),
    agency: bool = True,
    resolve: dict[str, str] | None = None,
) -> Egress:
    queue = list(answers)
    return Egress(
        resolve=resolve or {},
        allowed=[ip_network(text) for text in allowed],
        agency_set=agency,
        lookup=lambda _host: queue.pop(0) if len(queue) > 1 else queue[0],
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.100.100.200", "224.0.0.251", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
        "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::", "192.0.2.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    with pytest.raises(PolicyDenied, match=r"network\.allowed"):
        rules([address]).addresses("clinic.test")


@pytest.mark.parametrize("address", ["8.8.8.8", "2400:3200::1", "64:ff9b::808:808"])
def test_public_addresses_pass_once_the_agency_is_set(address: str) -> None:
    assert rules([address]).addresses("clinic.test") == [address]
    with pytest.raises(PolicyDenied, match="cluewatch init"):
        rules([address], agency=False).addresses("clinic.test")


def test_a_named_network_opens_only_itself() -> None:
    open_yard = rules(["127.31.0.7"], allowed=("127.31.0.0/16",), agency=False)
    assert open_yard.addresses("a.test") == ["127.31.0.7"]
    with pytest.raises(PolicyDenied):
        rules(["127.0.0.1"], allowed=("127.31.0.0/16",), agency=False).addresses("a.test")


def test_a_named_private_network_still_needs_the_agency() -> None:
    with pytest.raises(PolicyDenied, match="cluewatch init"):
        rules(["10.0.0.5"], allowed=("10.0.0.0/8",), agency=False).addresses("a.test")
    assert rules(["10.0.0.5"], allowed=("10.0.0.0/8",)).addresses("a.test") == ["10.0.0.5"]


def test_one_bad_address_among_good_ones_refuses_all() -> None:
    with pytest.raises(PolicyDenied):
        rules(["8.8.8.8", "10.0.0.1"]).addresses("clinic.test")


def test_rebinding_is_judged_at_every_look_up() -> None:
    rebound = rules(["8.8.8.8"], ["127.0.0.1"])
    assert rebound.addresses("clinic.test") == ["8.8.8.8"]
    with pytest.raises(PolicyDenied):
        rebound.addresses("clinic.test")


def test_map_comes_before_names_and_is_checked_too() -> None:
    mapped = rules(["8.8.8.8"], resolve={"a.test": "127.31.0.9"}, allowed=("127.31.0.0/16",))
    assert mapped.addresses("A.test.") == ["127.31.0.9"]
    with pytest.raises(PolicyDenied):
        rules(["8.8.8.8"], resolve={"a.test": "127.0.0.1"}).addresses("a.test")


def test_a_name_without_address_may_be_tried_again() -> None:
    with pytest.raises(Unresolved):
        rules([]).addresses("clinic.test")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://clinic.test/", "file:///etc/passwd", "weixin://dl", "http://", "http://clinic.test:22/",
        "http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/", "http://a.test:x/",
        "https://10.0.0.1/", "//clinic.test/",
    ],
)  # fmt: skip
def test_urls_that_are_never_asked_for(url: str) -> None:
    with pytest.raises(PolicyDenied):
        rules(["8.8.8.8"]).check(url)


def test_urls_that_may_be_asked_for() -> None:
    here = rules(["8.8.8.8"], resolve={"a.test": "127.31.0.9"}, allowed=("127.31.0.0/16",))
    for url in ("http://clinic.test/", "https://clinic.test:8443/x?y", "http://a.test:8480/"):
        here.check(url)
