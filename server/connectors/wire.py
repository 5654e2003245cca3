"""Whole requests and whole answers on one connection, in as few steps as HTTP/1.1 allows.

Connections of ``urllib3`` whose requests are sent at once and whose answers are read at once; the library still opens,
secures, tunnels, pools and drops them. It must not choose where to connect (see ``dial``), send anything twice, or read
an answer that is incomplete as if it were whole. ``httptools`` (the parser of Node) reads HTTP; what is streamed goes
the library's own way.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)

from server.connectors.answer import Growing, read
from server.connectors.deadline import Cord, Deadline
from server.connectors.dial import Gate, Place
from server.connectors.reach import Reach

Leaving = Callable[[str], None]
"""Told of a request's method when its connection stands and nothing has been sent; what it raises stops it."""

_AGENT: Final = "Lockstep"
_HEAD: Final = re.compile(r"[A-Z]+ [!-~]+ HTTP/1\.1(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\0]*)*")
"""What may be sent before the body: a line each, of characters that HTTP can carry."""


class Unsendable(ValueError):
    """The path or a header holds what HTTP cannot carry."""


class _AtOnce:
    """What both kinds of connection do with a request that is not streamed (``preload_content``)."""

    adapter: Adapter
    sock: Any
    timeout: Any
    _asked: str | None = None
    _cord: Cord | None = None
    _peer: str = ""
    _judged: Reach | None = None
    _fresh = False

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **more: Any) -> None:
        head = _head(method, url, headers)
        at_once = more.get("preload_content", True)
        self._asked = method if at_once else None
        self._stand()
        self.adapter.leaving(method)
        if at_once:
            self.sock.settimeout(self.timeout)
            self.sock.sendall(head + (body or b""))
        else:
            super().request(method, url, body, headers, **more)  # type: ignore[misc]  # the library's connection

    def getresponse(self) -> Any:
        method, self._asked = self._asked, None
        if method is None:
            return super().getresponse()  # type: ignore[misc]  # the library's connection
        self.sock.settimeout(self.timeout)
        answer, kept = read(self.sock, method, self.adapter.most, self.adapter.grow)
        if not kept:
            self.close()
        return answer

    def close(self) -> None:
        super().close()  # type: ignore[misc]  # the library's connection
        self._cord = None

    def _new_conn(self) -> Any:
        here: Any = self  # the library's connection
        gate, place = self.adapter.gate, self._place()
        self._judged = gate.now()
        try:
            if self.adapter.beyond is not None:
                gate.allow_beyond(self.adapter.beyond)
            connected = gate.connect(place, self.timeout, here.socket_options or ())
            self._peer = connected.getpeername()[0]
        except UnicodeError as error:
            raise LocationParseError(place.host) from error
        except socket.gaierror as error:
            raise NameResolutionError(place.host, here, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(here, f"no connection to {place.host} in time") from error
        except OSError as error:
            raise NewConnectionError(here, str(error)) from error
        self._cord, self._fresh = Cord(connected), True
        self.adapter.hold(self._cord)
        return connected

    def _place(self) -> Place:
        """Where the connection leads: to the app, or to the proxy."""
        host: str = self._dns_host  # type: ignore[attr-defined]  # the library's: as it is looked up
        port: int = self.port  # type: ignore[attr-defined]
        return Place(host.strip("[]"), port, proxy=self.adapter.proxied)

    def _stand(self) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]  # the library's connection
        if not self._fresh:
            self._stand_again()
        self._fresh = False
        if self.adapter.beyond is not None:
            self.adapter.gate.tell(self.adapter.beyond, via=self._place())

    def _stand_again(self) -> None:
        """Use a connection that was kept, if it may still be used."""
        gate, place = self.adapter.gate, self._place()
        if gate.now() is not self._judged:
            try:
                if self.adapter.beyond is not None:
                    gate.allow_beyond(self.adapter.beyond)
                gate.allow_again(place, self._peer)
            except BaseException:
                self.close()
                raise
            self._judged = gate.now()
        gate.tell(place, self._peer)
        if self._cord is not None:
            self.adapter.hold(self._cord)


class Plain(_AtOnce, HTTPConnection):
    """A connection without TLS."""


class Secure(_AtOnce, HTTPSConnection):
    """A connection with TLS."""


class _Ours:
    """What both kinds of pool add to the library's."""

    adapter: Adapter

    def _new_conn(self) -> Any:
        connection = super()._new_conn()  # type: ignore[misc]  # the library's pool
        connection.adapter = self.adapter
        return connection

    def _get_timeout(self, timeout: Any) -> Timeout:
        """A copy of its own for a request, as the library makes one, but without checking its numbers each time."""
        copied = Timeout.__new__(Timeout)
        copied.__dict__.update(timeout.__dict__)
        return copied


class PlainPool(_Ours, HTTPConnectionPool):
    """Connections without TLS to one address."""

    ConnectionCls = Plain


class SecurePool(_Ours, HTTPSConnectionPool):
    """Connections with TLS to one address."""

    ConnectionCls = Secure


_PORTS: Final = {"http": 80, "https": 443}
_POOLS: Final = {"http": PlainPool, "https": SecurePool}


class Adapter(HTTPAdapter):
    """The connections to one ``origin``, over ``proxy`` if it is not empty; at most ``parallel`` are kept.

    ``gate``: what every connection has to pass. ``leaving`` has the last word on each request; of an answer that is
    read at once at most ``most`` bytes are taken. It trusts what ``tls`` trusts, where the library's would add
    authorities of its own.
    """

    def __init__(
        self, origin: str, proxy: str, tls: ssl.SSLContext, parallel: int, leaving: Leaving, most: int, gate: Gate
    ) -> None:
        self.gate = gate
        self.beyond: Place | None = None
        """What a proxy is asked for; None: there is no proxy."""
        self.leaving = leaving
        self.most = most
        self._own = threading.local()
        self._context = tls
        self._origin = origin
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._way: tuple[Any, str, dict[str, str]] | None = None
        super().__init__(pool_connections=2, pool_maxsize=parallel)

    @property
    def proxied(self) -> bool:
        """Whether there is a proxy in between."""
        return bool(self._proxies)

    def exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Any,
        timeout: Timeout,
        deadline: Deadline,
        grow: Growing,
        *,
        at_once: bool,
    ) -> BaseHTTPResponse:
        """Send one request to the origin. ``at_once``: its body is whole (or None), and so shall the answer's be.

        ``grow`` is told of the bytes of such an answer as they come. Raises ``CutOff``, ``TooMuch``, ``Unsendable``,
        what ``grow`` and ``urllib3`` raise, and what ``requests`` raises about a proxy's address.
        """
        self._own.deadline, self._own.grow = deadline, grow
        pool, front, usual = self._way or self._open()
        answer: BaseHTTPResponse = pool.urlopen(
            method,
            front + target,
            body,
            {**usual, **headers},
            self.max_retries,
            redirect=False,
            assert_same_host=False,
            timeout=timeout,
            preload_content=at_once,
            decode_content=True,
        )
        return answer

    def hold(self, cord: Cord) -> None:
        """The calling thread's request waits on this connection from now on."""
        self._own.deadline.hold(cord)

    def grow(self, size: int) -> None:
        """The calling thread's answer has so many bytes more."""
        self._own.grow(size)

    def close(self) -> None:
        """Close idle connections; what is asked later opens new ones."""
        self._way = None
        super().close()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: FBT001, FBT002 - the library's
        """The library's, with our connections and our trust."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """The library's, with our connections and our trust."""
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **more)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: Any,  # noqa: ARG002 - the library's
        cert: Any = None,  # noqa: ARG002
    ) -> Any:
        """Where ``request`` goes; nothing of the library's about certificates."""
        parts = urlsplit(str(request.url))
        return {"scheme": parts.scheme, "host": parts.hostname, "port": parts.port}, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to add: the context decides."""

    def _open(self) -> tuple[Any, str, dict[str, str]]:
        """The origin's connections, what stands in front of a path for them, and the headers that never change."""
        root = requests.Request("GET", f"{self._origin}/").prepare()
        pool: Any = self.get_connection_with_tls_context(root, verify=True, proxies=self._proxies)
        pool.adapter = self
        front = self.request_url(root, self._proxies).removesuffix("/")
        parts = urlsplit(str(root.url))
        host = parts.netloc
        self.beyond = Place(parts.hostname or "", parts.port or _PORTS[parts.scheme]) if self.proxied else None
        self._way = (pool, front, {"Host": host, "User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate"})
        return self._way


def _head(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    """What goes out before the body. Raises ``Unsendable``, which repeats nothing of it: it may hold a secret."""
    text = "\r\n".join([f"{method} {url} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()]])
    try:
        message = text.encode("latin-1")
    except UnicodeEncodeError:
        message = b""
    if not message or text.count("\n") != len(headers) or _HEAD.fullmatch(text) is None:
        raise Unsendable("the path or a header holds a character that HTTP cannot carry")
    return message + b"\r\n\r\n"
