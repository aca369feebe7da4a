"""What may be connected to: every address is checked, and only a checked address is dialled."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from attrs import field, frozen

from domain.errors import PermanentError, Unreachable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS = frozenset({80, 443, 8000, 8080, 8081, 8088, 8443, 8888})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PolicyDenied(PermanentError):
    """The rules forbid this address; the message says which rule and who may change it."""


class Unresolved(Unreachable):
    """The name has no address at present."""


def system_lookup(host: str) -> list[str]:
    """Addresses by the system's resolver. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@frozen(kw_only=True)
class Egress:
    """The rules of the way out.

    `resolve` maps hosts to addresses before DNS is asked. Addresses that are not public (private,
    loopback, link-local with the cloud metadata services, multicast, reserved) are refused unless
    a network of `allowed` contains them. While `agency_set` is false only loopback is reached.
    Hosts of `resolve` may be asked on any port, all others on `ports`.
    """

    resolve: Mapping[str, str]
    allowed: Sequence[Network]
    agency_set: bool
    ports: frozenset[int] = WEB_PORTS
    lookup: Callable[[str], Sequence[str]] = field(default=system_lookup, repr=False)

    def addresses(self, host: str) -> list[str]:
        """The addresses of `host`, every one of them permitted. Dial these and ask no more.

        Raises PolicyDenied when a single one is not, Unresolved when there is none.
        """
        found = self._look_up(host.lower().rstrip("."))
        for address in found:
            self.permit(address, host=host)
        return found

    def permit(self, address: str, *, host: str = "") -> None:
        """Raise PolicyDenied unless this address may be connected to."""
        place = f"{host} ({address})" if host and host != address else address
        real = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
        named = any(real.version == net.version and real in net for net in self.allowed)
        if not named and not _is_public(real):
            raise PolicyDenied(
                "拒绝连接非公网地址；确有需要时由运维在 network.allowed 中列出该网段", at=place
            )
        if not self.agency_set and not real.is_loopback:
            raise PolicyDenied(
                "尚未登记监管机构名称、联系方式和法律依据，不得访问外部网络；"
                "请先运行 cluewatch init",
                at=place,
            )

    def check(self, url: str) -> None:
        """Raise PolicyDenied unless scheme, port and literal address of `url` are permitted.

        Names are not looked up here; `addresses` does that when the connection is made.
        """
        host, port = _host_and_port(url)
        mapped = self.resolve.get(host)
        if mapped is None and port not in self.ports:
            raise PolicyDenied(f"端口 {port} 不在允许的网页端口之列", at=url)
        literal = mapped or host
        if _is_literal(literal):
            self.permit(literal, host=host)

    def _look_up(self, host: str) -> list[str]:
        mapped = self.resolve.get(host)
        if mapped is not None:
            return [mapped]
        if _is_literal(host):
            return [host.strip("[]")]
        try:
            found = list(self.lookup(host))
        except (OSError, UnicodeError) as error:
            raise Unresolved(f"域名无法解析：{error}", at=host) from error
        if not found:
            raise Unresolved("域名没有地址", at=host)
        return found


def _host_and_port(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise PolicyDenied(f"网址无法识别：{error}", at=url) from error
    if parts.scheme not in ("http", "https") or not host:
        raise PolicyDenied("只允许访问 http 和 https 网址", at=url)
    return host, port if port is not None else {"http": 80, "https": 443}[parts.scheme]


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address only wraps, so that it is judged by its own rules."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    wrapped = address.ipv4_mapped or address.sixtofour
    if wrapped is None and address.teredo is not None:
        wrapped = address.teredo[1]
    return wrapped or address


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved
