"""Where a connection may lead, judged by the address that a name came to; it must not resolve or contact anything.

What a company has on its networks is reachable. This machine itself, what tells machines their secrets, and our own
ports are not, unless who looks after the cluster has listed them: a tenant's administrator writes the addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SELF: Final = "this is the machine that Lockstep itself runs on"
_LINK: Final = "that is between a machine and its nearest neighbours, where its secrets are told (link-local)"
_SECRETS: Final = "a service answers there that tells a machine its secrets"
_MANY: Final = "that is no address of one machine"
_OWN: Final = "one of Lockstep's own services answers there"
_PROXY: Final = "a proxy on Lockstep's own machine reaches what is inside of it"
_UNLISTED: Final = "this cluster's connections lead to listed addresses alone"

_INSIDE: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", _SELF),
        ("127.0.0.0/8", _SELF),
        ("::/127", _SELF),
        ("169.254.0.0/16", _LINK),
        ("fe80::/10", _LINK),
        ("100.100.100.200/32", _SECRETS),
        ("168.63.129.16/32", _SECRETS),
        ("192.0.0.0/24", _SECRETS),
        ("fd00:ec2::/32", _SECRETS),
        ("fd20:ce::254/128", _SECRETS),
        ("fd00:42::42/128", _SECRETS),
        ("224.0.0.0/4", _MANY),
        ("240.0.0.0/4", _MANY),
        ("ff00::/8", _MANY),
    )
)
_ROUTED: Final = tuple(map(IPv6Network, ("2000::/3", "fc00::/7", "64:ff9b::/96", "64:ff9b:1::/48")))
"""The rest of IPv6 is nobody's, or says an IPv4 address in a way that no app has."""
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
_TRANSLATED_HERE: Final = IPv6Network("64:ff9b:1::/48")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
_NAMED: Final = {
    **dict.fromkeys(("localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost"), _SELF),
    **dict.fromkeys(("metadata", "metadata.google.internal", "metadata.goog", "instance-data"), _SECRETS),
    "instance-data.ec2.internal": _SECRETS,
}
"""What a name says where a proxy looks it up, so that its address is not known here."""
_BELOW_SELF: Final = ".localhost"


@dataclass(frozen=True, slots=True)
class Listed:
    """What the cluster lists: a host's ``name`` (``*.`` before it: all below), or a ``network``.

    ``port`` None means every port but our own.
    """

    port: int | None = None
    name: str = ""
    network: Network | None = None

    def holds(self, host: str, port: int, address: Address | None) -> bool:
        """Whether this is about ``host`` at ``port``, which has come to ``address``."""
        if self.port not in {None, port}:
            return False
        if self.network is None:
            return host.endswith(self.name[1:]) if self.name.startswith("*.") else host == self.name
        return address is not None and any(_within(one, self.network) for one in _same(address))


@dataclass(frozen=True, slots=True)
class Hop:
    """One way to go: to ``host``, which has come to ``address`` (None: a proxy looks it up).

    ``here``: the address is one of this machine's. ``proxy``: what is there is to pass us on.
    """

    host: str
    port: int
    address: Address | None
    here: bool = False
    proxy: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """What a cluster lists, and where our own services listen. ``only_listed``: nothing else is reachable.

    ``own_names``: what people type to reach us (all below them, too).
    """

    listed: tuple[Listed, ...] = ()
    only_listed: bool = False
    own_ports: frozenset[int] = frozenset()
    own_names: frozenset[str] = frozenset()

    def refuses(self, hop: Hop) -> str:
        """Why nothing may go there; empty: it may."""
        host = hop.host.lower().rstrip(".")
        holding = [one for one in self.listed if one.holds(host, hop.port, hop.address)]
        if (hop.here and hop.port in self.own_ports) or self._is_ours(host):
            return "" if any(one.port == hop.port for one in holding) else _OWN
        if holding:
            return ""
        inside = _inside(hop.address) if hop.address is not None else _named_inside(host)
        if not inside and hop.here and hop.proxy:
            inside = _PROXY
        return inside or (_UNLISTED if self.only_listed else "")

    def _is_ours(self, host: str) -> bool:
        return any(host == one or host.endswith(f".{one}") for one in self.own_names)


def said_in(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address says, in all ways that something on the way might read."""
    if isinstance(address, IPv4Address):
        return
    number = int(address)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _TRANSLATED or number >> 32 & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)
    if address in _TRANSLATED_HERE:
        # Its user chooses how long the prefix is, and the ninth byte is left out (RFC 6052).
        short = address.packed[:8] + address.packed[9:]
        yield from (IPv4Address(one) for one in (short[6:10], short[7:11], short[8:12], address.packed[12:]))


def _inside(address: Address) -> str:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return _inside(address.ipv4_mapped)
    plain = _without_zone(address)
    why = next((why for network, why in _INSIDE if _within(plain, network)), "")
    if why or isinstance(plain, IPv4Address):
        return why
    if not any(plain in one for one in _ROUTED):
        return _MANY
    return next((why for one in said_in(plain) if (why := _inside(one))), "")


def _named_inside(host: str) -> str:
    return _SELF if host.endswith(_BELOW_SELF) else _NAMED.get(host, "")


def _same(address: Address) -> tuple[Address, ...]:
    """The address, and how else it is written."""
    plain = _without_zone(address)
    mapped = plain.ipv4_mapped if isinstance(plain, IPv6Address) else None
    return (plain, mapped) if mapped is not None else (plain,)


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _without_zone(address: Address) -> Address:
    return IPv6Address(int(address)) if isinstance(address, IPv6Address) and address.scope_id else address
