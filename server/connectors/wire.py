"""Whole requests and whole answers on one connection, in as few steps as HTTP/1.1 allows.

Connections of ``urllib3`` whose requests are sent at once and whose answers are read at once; the library still opens,
secures, tunnels, pools and drops them. It must not choose where to connect, send anything twice, or read an answer
that is incomplete as if it were whole. What is streamed goes the library's own way.
"""

from __future__ import annotations

import io
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import DecodeError, ProtocolError

_AGENT: Final = "Lockstep"
_PIECE: Final = 64 * 1024
_LONGEST_HEAD: Final = 256 * 1024
_NO_BODY: Final = frozenset({204, 304})
_OK: Final = 200
_HEAD: Final = re.compile(r"[A-Z]+ [!-~]+ HTTP/1\.1(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\0]*)*")
"""What may be sent before the body: a line each, of characters that HTTP can carry."""
_STATUS: Final = re.compile(r"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: .*)?")
_BEGUN: Final = re.compile(rb"HTTP/1\.[01] [1-5][0-9][0-9]")
_END: Final = re.compile(rb"\r?\n\r?\n")
_FOLD: Final = re.compile(r"\n[ \t]+")
_HEX: Final = re.compile(rb"[0-9A-Fa-f]+")


class CutOff(ProtocolError):
    """The answer had begun and did not come whole."""


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

    sock: Any
    timeout: Any
    _asked: str | None = None

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **more: Any) -> None:
        if not more.get("preload_content", True):
            self._asked = None
            super().request(method, url, body, headers, **more)  # type: ignore[misc]  # the library's connection
            return
        self._asked = method
        text = "\r\n".join([f"{method} {url} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()]])
        if text.count("\n") != len(headers) or _HEAD.fullmatch(text) is None:
            raise ValueError("the path or a header holds a character that HTTP cannot carry")
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]  # the library's connection
        self.sock.settimeout(self.timeout)
        self.sock.sendall(text.encode("latin-1") + b"\r\n\r\n" + (body or b""))

    def getresponse(self) -> Any:
        method, self._asked = self._asked, None
        if method is None:
            return super().getresponse()  # type: ignore[misc]  # the library's connection
        self.sock.settimeout(self.timeout)
        answer, kept = _read(self.sock, method)
        if not kept:
            self.close()  # type: ignore[attr-defined]  # the library's connection
        return answer


class Plain(_AtOnce, HTTPConnection):
    """A connection without TLS."""


class Secure(_AtOnce, HTTPSConnection):
    """A connection with TLS."""


class PlainPool(HTTPConnectionPool):
    """Connections without TLS to one address."""

    ConnectionCls = Plain


class SecurePool(HTTPSConnectionPool):
    """Connections with TLS to one address."""

    ConnectionCls = Secure


_POOLS: Final = {"http": PlainPool, "https": SecurePool}


class Adapter(HTTPAdapter):
    """The connections to one ``origin``, over ``proxy`` if it is not empty; at most ``parallel`` are kept.

    It trusts what ``tls`` trusts, where the library's would add authorities of its own.
    """

    def __init__(self, origin: str, proxy: str, tls: ssl.SSLContext, parallel: int) -> None:
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
        self, method: str, target: str, headers: Mapping[str, str], body: Any, timeout: Timeout, *, at_once: bool
    ) -> BaseHTTPResponse:
        """Send one request to the origin. ``at_once``: its body is whole (or None), and so shall the answer's be.

        Raises ``CutOff``, what ``urllib3`` raises, and what ``requests`` raises about a proxy's address.
        """
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
        pool = self.get_connection_with_tls_context(root, verify=True, proxies=self._proxies)
        front = self.request_url(root, self._proxies).removesuffix("/")
        host = urlsplit(str(root.url)).netloc
        self._way = (pool, front, {"Host": host, "User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate"})
        return self._way


class _Incoming:
    """The bytes of one answer as they come in."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.rest = b""
        self.over = False

    def head(self) -> bytes:
        """Up to the empty line."""
        while (end := _END.search(self.rest)) is None:
            if len(self.rest) > _LONGEST_HEAD:
                raise ProtocolError("the answer's head does not end")
            piece = self._sock.recv(_PIECE)
            if not piece:
                if _BEGUN.match(self.rest):
                    raise CutOff("the connection was closed within the headers")
                raise ConnectionResetError("the connection was closed without an answer")
            self.rest += piece
        found, self.rest = self.rest[: end.start()], self.rest[end.end() :]
        return found

    def exactly(self, size: int) -> bytes:
        pieces, have = [self.rest], len(self.rest)
        while have < size:
            pieces.append(self._more())
            have += len(pieces[-1])
        whole = b"".join(pieces) if len(pieces) > 1 else self.rest
        self.rest = whole[size:]
        return whole[:size]

    def line(self) -> bytes:
        while (end := self.rest.find(b"\n")) < 0:
            if len(self.rest) > _PIECE:
                raise CutOff("a line of the answer does not end")
            self.rest += self._more()
        found, self.rest = self.rest[:end].rstrip(b"\r"), self.rest[end + 1 :]
        return found

    def chunks(self) -> bytes:
        """Pieces with their sizes, up to the empty one. What an app fails to send after that one is not missed."""
        pieces = []
        while size := self._chunk_size():
            pieces.append(self.exactly(size))
            if self.line():
                raise CutOff("a piece of the answer is longer than it says")
        with suppress(CutOff):
            while self.line():
                pass
        return b"".join(pieces)

    def everything(self) -> bytes:
        """Up to the end of the connection."""
        pieces, self.rest, self.over = [self.rest], b"", True
        while piece := self._sock.recv(_PIECE):
            pieces.append(piece)
        return b"".join(pieces)

    def _chunk_size(self) -> int:
        said = self.line().partition(b";")[0].strip()
        if _HEX.fullmatch(said) is None:
            raise CutOff("a piece of the answer does not tell its size")
        return int(said, 16)

    def _more(self) -> bytes:
        piece: bytes = self._sock.recv(_PIECE)
        if not piece:
            self.over = True
            raise CutOff("the connection was closed within the answer")
        return piece


def _read(sock: Any, method: str) -> tuple[Whole, bool]:
    """The next answer to ``method``, and whether the connection can be used again."""
    incoming = _Incoming(sock)
    while (answer := _head(incoming.head())).status < _OK:
        pass
    try:
        answer.data = _body(incoming, answer, method)
    except (OSError, ValueError, DecodeError) as error:
        raise CutOff(str(error), error) from error
    says = answer.headers.get("connection", "").lower()
    stays = "keep-alive" in says if answer.version_string == "HTTP/1.0" else "close" not in says
    return answer, stays and not incoming.over and not incoming.rest


def _head(head: bytes) -> Whole:
    text = head.decode("latin-1").replace("\r\n", "\n")
    first, *lines = _FOLD.sub(" ", text).split("\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise ProtocolError("the answer is no HTTP")
    kept: dict[str, tuple[str, str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        lower, value = name.lower(), value.strip()
        before = kept.get(lower)
        kept[lower] = (name, value) if before is None else (before[0], f"{before[1]}, {value}")
    return Whole(f"HTTP/1.{status[1]}", int(status[2]), Headers(kept))


def _body(incoming: _Incoming, answer: Whole, method: str) -> bytes:
    if method == "HEAD" or answer.status in _NO_BODY:
        return b""
    headers = answer.headers
    length, sent_in = headers.get("content-length"), headers.get("transfer-encoding", "").lower()
    if sent_in == "chunked":
        content = incoming.chunks()
    elif sent_in:
        raise CutOff(f"the answer is sent in a way that nobody asked for ({sent_in})")
    elif length is None:
        content = incoming.everything()
    elif length.isdecimal():
        content = incoming.exactly(int(length))
    else:
        raise CutOff(f"the answer does not tell its length ({length})")
    coding = headers.get("content-encoding")
    if not coding:
        return content
    decoded: bytes = HTTPResponse(io.BytesIO(content), {"content-encoding": coding}).data
    return decoded
