"""Whole requests and whole answers on one connection, in as few steps as HTTP/1.1 allows.

Connections of ``urllib3`` whose requests are sent at once and whose answers are read at once; the library still opens,
secures, tunnels, pools and drops them. It must not choose where to connect (see ``dial``), send anything twice, or read
an answer that is incomplete as if it were whole. ``httptools`` (the parser of Node) reads HTTP; what is streamed goes
the library's own way.
"""

from __future__ import annotations

import io
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from httptools import HttpParserError, HttpResponseParser
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
)

from server.connectors.deadline import Cord, Deadline
from server.connectors.dial import Gate, Place
from server.connectors.reach import Reach
from server.connectors.room import UNCOUNTED

Leaving = Callable[[str], None]
"""Told of a request's method when its connection stands and nothing has been sent; what it raises stops it."""

Growing = Callable[[int], object]
"""Told how many bytes more an answer holds; what it raises ends the answer."""

_AGENT: Final = "Lockstep"
_PIECE: Final = 64 * 1024
_LONGEST_HEAD: Final = 256 * 1024
_MOST_FRAMES: Final = 2
"""So many times of what an answer may have goes over the wire for it: in small chunks the frames are most of it."""
_OK: Final = 200
_HEAD: Final = re.compile(r"[A-Z]+ [!-~]+ HTTP/1\.1(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\0]*)*")
"""What may be sent before the body: a line each, of characters that HTTP can carry."""


class CutOff(ProtocolError):
    """The answer had begun and did not come whole."""


class TooMuch(ProtocolError):
    """The answer has more bytes than are taken."""


class Unsendable(ValueError):
    """The path or a header holds what HTTP cannot carry."""


class Headers(Mapping[str, str]):
    """Headers by their names in any case; what came several times is joined by commas."""

    __slots__ = ("_kept",)

    def __init__(self, kept: dict[str, tuple[str, str]]) -> None:
        self._kept = kept

    def __getitem__(self, name: str) -> str:
        return self._kept[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)


class Whole:
    """An answer that came whole: with what the library's pool looks at, and no more."""

    __slots__ = ("_connection", "_pool", "data", "headers", "length_remaining", "retries", "status", "version_string")

    def __init__(self, version: str, status: int, headers: Headers) -> None:
        self.version_string = version
        self.status = status
        self.headers = headers
        self.data = b""
        self.length_remaining = 0

    def close(self) -> None:
        """Nothing is left open."""


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
        answer, kept = _read(self.sock, method, self.adapter.most, self.adapter.grow)
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


class _Answer:
    """One answer as ``httptools`` finds it in the bytes that come in: the parser's callbacks, and what they found."""

    def __init__(self, method: str) -> None:
        self.parser = HttpResponseParser(self)
        # As old servers have it: headers that go on in the next line, and lines without a carriage return.
        self.parser.set_dangerous_leniencies(lenient_headers=True, lenient_optional_cr_before_lf=True)
        self.status, self.version = 0, ""
        self.headers: dict[str, tuple[str, str]] = {}
        self.body = io.BytesIO()
        self.size = 0
        self.begun = self.kept = self.spoilt = False
        self._whole = False
        self._without_body = method == "HEAD"

    def on_message_begin(self) -> None:
        if self._whole:
            self.spoilt = True  # what follows a whole answer was never asked for
        else:
            self.headers.clear()

    def on_status(self, _reason: bytes) -> None:
        self.begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.spoilt:
            return
        shown, said = name.decode("latin-1"), value.decode("latin-1").strip()
        before = self.headers.get(shown.lower())
        self.headers[shown.lower()] = (shown, said) if before is None else (before[0], f"{before[1]}, {said}")

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        if self.spoilt or status < _OK:
            return  # "go on", "hold on": the answer itself is still to come
        self.status, self.version = status, self.parser.get_http_version()
        self.kept = self.parser.should_keep_alive()
        self._whole = self._without_body

    def on_body(self, piece: bytes) -> None:
        if not self.spoilt:
            self.size += self.body.write(piece)

    def on_message_complete(self) -> None:
        self._whole = self.status > 0

    def content(self) -> bytes:
        """The body."""
        return self.body.getvalue()

    def is_whole(self) -> bool:
        """Whether nothing of it is still to come."""
        return self._whole

    def ends_with_the_connection(self) -> bool:
        """Whether nothing else tells where its body ends."""
        return self.status > 0 and not {"content-length", "transfer-encoding"} & self.headers.keys()


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


def _read(sock: Any, method: str, most: int, grow: Growing) -> tuple[Whole, bool]:
    """The next answer to ``method``, of at most so many bytes, and whether the connection can be used again."""
    found = _Answer(method)
    try:
        _hear(sock, found, most, grow)
    finally:
        del found.parser  # it holds the answer, and the answer it
    answer = Whole(f"HTTP/{found.version}", found.status, Headers(found.headers))
    answer.data = _unpacked(found.content(), answer.headers, most, grow)
    return answer, found.kept and not found.spoilt


def _hear(sock: Any, found: _Answer, most: int, grow: Growing) -> None:
    """Read the answer to its end."""
    size = held = 0
    while not found.is_whole():
        piece = _receive(sock, found)
        if not piece:
            _judge_the_end(found)
            break
        size += len(piece)
        try:
            found.parser.feed_data(piece)
        except HttpParserError as error:
            if not found.is_whole():  # after that, only the connection is of no use any more
                raise (CutOff if found.begun else ProtocolError)(f"the answer is no HTTP: {error}") from error
            found.spoilt = True
        if not found.status and size > _LONGEST_HEAD:
            raise ProtocolError("the answer's head does not end")
        if found.size > most or size > _MOST_FRAMES * most + _LONGEST_HEAD:
            raise TooMuch("the answer is too large")
        if found.size - held > UNCOUNTED:
            grow(found.size - held)
            held = found.size


def _receive(sock: Any, found: _Answer) -> bytes:
    try:
        piece: bytes = sock.recv(_PIECE)
    except OSError as error:
        if found.begun:
            raise CutOff(str(error), error) from error
        raise
    return piece


def _judge_the_end(found: _Answer) -> None:
    """The connection is closed: whether that ends the answer, or cuts it off."""
    if found.ends_with_the_connection():
        return
    if not found.begun:
        raise ConnectionResetError("the connection was closed without an answer")
    raise CutOff("the connection was closed within the answer")


def at_most(most: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same pieces. Raises ``TooMuch`` instead of the one with which they have more than ``most`` bytes."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise TooMuch("the answer is too large")
        yield piece


def counted(grow: Growing, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same pieces; ``grow`` is told of each before it is kept."""
    for piece in pieces:
        if len(piece) >= UNCOUNTED:
            grow(len(piece))
        yield piece


def _unpacked(content: bytes, headers: Headers, most: int, grow: Growing) -> bytes:
    """Raises ``TooMuch`` when little content holds more than ``most`` bytes, before they are unpacked."""
    coding = headers.get("content-encoding")
    if not coding:
        return content
    packed = HTTPResponse(io.BytesIO(content), {"content-encoding": coding}, preload_content=False)
    try:
        return b"".join(counted(grow, at_most(most, iter(lambda: packed.read(_PIECE), b""))))
    except (OSError, ValueError, DecodeError) as error:
        raise CutOff(str(error), error) from error
