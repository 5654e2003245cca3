"""Resolves a name once, has each of its addresses judged, and connects to one of them; it must not send anything.

A name may answer differently the next time, so nothing is looked up between the judgement and the connection. Every
connection that leaves us is made here: to an app, to a proxy, and to fetch a certificate.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final, Protocol

from server.connectors.reach import Address, Hop, Reach, said_in
from server.domain.errors import EgressDenied

_ANY_PORT: Final = 9
_UNKNOWN_SECONDS: Final = 60.0
SocketOptions = Sequence[tuple[int, int, Any]]


@dataclass(frozen=True, slots=True, order=True)
class Contact:
    """What was contacted: ``host`` as it was asked for, and the ``address`` that it has come to (empty: none).

    ``via``: the proxy that it was asked through, with its port; then the address is the proxy's to know.
    """

    host: str
    port: int
    address: str = ""
    via: str = ""


class Ledger(Protocol):
    """Told of each contact, before anything is sent; ``refused``: nothing ever is."""

    def __call__(self, contact: Contact, *, refused: bool) -> None:
        """Count it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A host and port to connect to. ``proxy``: it is to pass on what is meant for another."""

    host: str
    port: int
    proxy: bool = False


class Gate:
    """What one connection's ways have to pass. ``reach`` None: anything may be contacted; so it is for no tenant."""

    def __init__(self, reach: Callable[[], Reach] | None, ledger: Ledger | None) -> None:
        self._reach = reach
        self._ledger = ledger
        self._unknown_until = 0.0

    def connect(self, place: Place, timeout: float | None, options: SocketOptions = ()) -> socket.socket:
        """A connection to ``place``.

        Raises ``EgressDenied`` when one of its addresses may not be contacted: then none is, so it does not depend on
        their order. Else what the system says of the last that was tried.
        """
        found = self._resolved(place)
        self._judge(place, [address for *_, address in found])
        failure = OSError(f"{place.host} has no address")
        for family, kind, protocol, where, address in found:
            self.tell(place, _written(address))
            try:
                return _connected(socket.socket(family, kind, protocol), where, timeout, options)
            except OSError as error:
                failure = error
        raise failure

    def now(self) -> Reach | None:
        """What holds now; another value means that what was judged before is judged anew."""
        return None if self._reach is None else self._reach()

    def allow_again(self, place: Place, address: str) -> None:
        """Raise ``EgressDenied`` where a connection that stands may not be used any more."""
        self._judge(place, [ip_address(address)])

    def allow_beyond(self, place: Place) -> None:
        """Judge what a proxy shall contact for us, as far as we can know: it looks names up itself."""
        addresses: list[Address] = []
        if time.monotonic() >= self._unknown_until:
            with suppress(OSError, UnicodeError):
                addresses = [address for *_, address in _look_up(place)]
            if not addresses:  # where a proxy is needed, names are often known to it alone, and asking takes long
                self._unknown_until = time.monotonic() + _UNKNOWN_SECONDS
        self._judge(place, addresses or [None])

    def tell(self, place: Place, address: str = "", via: Place | None = None) -> None:
        """Have a contact counted."""
        if self._ledger is not None:
            self._ledger(Contact(place.host, place.port, address, shown(via) if via else ""), refused=False)

    def _resolved(self, place: Place) -> list[tuple[int, int, int, Any, Address]]:
        try:
            return _look_up(place)
        except OSError:
            self.tell(place)  # whoever answers for the name has heard of it
            raise

    def _judge(self, place: Place, addresses: Sequence[Address | None]) -> None:
        reach = self.now()
        if reach is None:
            return
        for address in addresses:
            hop = Hop(place.host, place.port, address, proxy=place.proxy)
            why = reach.refuses(replace(hop, here=address is not None and is_here(address)))
            if not why:
                continue
            came_to = "" if address is None else _written(address)
            if self._ledger is not None:
                self._ledger(Contact(place.host, place.port, came_to), refused=True)
            leads = f"leads to {came_to}, and " if came_to not in {"", place.host} else ""
            raise EgressDenied(
                f"Nothing was sent to {shown(place)}: it {leads}may not be contacted, because {why}. If it is the app's"
                " right address, ask whoever looks after this machine to list it (lockstep cluster reach)."
            )


def shown(place: Place) -> str:
    """A place as people write it."""
    return f"[{place.host}]:{place.port}" if ":" in place.host else f"{place.host}:{place.port}"


def _written(address: Address) -> str:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(address if mapped is None else mapped)


def is_here(address: Address) -> bool:
    """Whether this machine has the address, or the IPv4 address that it says."""
    return any(_is_here(one) for one in (address, *said_in(address)))


def _is_here(address: Address) -> bool:
    # The system is asked from which address it would send there; to one of its own it is that address itself, or
    # loopback. A datagram's connect sends nothing.
    family, where = _datagrams_to(address)
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(where)
        own = ip_address(probe.getsockname()[0])
        return int(own) == int(address) or own.is_loopback
    return False


def _datagrams_to(address: Address) -> tuple[socket.AddressFamily, Any]:
    if isinstance(address, IPv4Address):
        return socket.AF_INET, (str(address), _ANY_PORT)
    zone = address.scope_id or "0"
    with suppress(OSError):
        zone = zone if zone.isdecimal() else str(socket.if_nametoindex(zone))
    bare = str(IPv6Address(int(address)))
    return socket.AF_INET6, (bare, _ANY_PORT, 0, int(zone) if zone.isdecimal() else 0)


def _connected(fresh: socket.socket, where: Any, timeout: float | None, options: SocketOptions) -> socket.socket:
    try:
        for option in options:
            fresh.setsockopt(*option)
        fresh.settimeout(timeout)
        fresh.connect(where)
    except BaseException:
        fresh.close()
        raise
    return fresh


def _look_up(place: Place) -> list[tuple[int, int, int, Any, Address]]:
    """How to connect to each address of a place. Raises ``OSError`` when it has none, ``UnicodeError`` for no name."""
    place.host.encode("idna")  # the system would take longer to say so
    found = socket.getaddrinfo(place.host, place.port, socket.AF_UNSPEC, socket.SOCK_STREAM)
    return [(family, kind, protocol, where, ip_address(where[0])) for family, kind, protocol, _, where in found]
