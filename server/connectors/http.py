"""The one way out: sends requests of one connection to that connection's own address, and to no other place.

It names what went wrong in sentences and classes (see ``base.Outlet``); it must not know any app, retry a write, or
log or repeat a secret. An adapter of ``requests`` is used without its session (see ``wire``): no cookies, no
environment, no hooks, and connections that are kept alive and shared by threads.
"""

from __future__ import annotations

import json as json_text
import re
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, BinaryIO, Final
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

import requests
import truststore
from requests.utils import requote_uri
from urllib3 import BaseHTTPResponse, Timeout
from urllib3 import exceptions as lower

from server.connectors import troubles
from server.connectors.answer import CutOff, Growing, TooMuch, at_most, counted
from server.connectors.base import Shape
from server.connectors.bounds import Bounds
from server.connectors.causes import broke, why
from server.connectors.deadline import Deadline
from server.connectors.dial import Contact, Gate, Ledger
from server.connectors.echoes import without_secrets
from server.connectors.multipart import Multipart, size_of
from server.connectors.pace import Pace
from server.connectors.paths import astray
from server.connectors.reach import Reach
from server.connectors.reply import Reply, moment_of
from server.connectors.room import ROOM, Held, NoRoom
from server.connectors.wire import Adapter, Unsendable
from server.domain.errors import EgressDenied, LockstepError, NotThatApp, PutRight, Transient

_CHUNK: Final = 64 * 1024
_JUST_NOW: Final = 5.0
"""Seconds: an older answer to a thread says less of the app's clock than what others have heard since."""
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_MOST_MOVES: Final = 5
_READS: Final = frozenset({"GET", "HEAD"})
_PORTS: Final = {"http": 80, "https": 443}
_OK, _MULTIPLE = 200, 300
_BAD_REQUEST, _ITS_OWN_FAULT = 400, 500
_ABOUT_US: Final = frozenset({401, 403, 429})
"""Refusals of our account or our pace, wherever in the app they are met."""
_JSON: Final = "application/json"
_KEPT_TRUST: Final = 64
_CLEAN: Final = re.compile(r"[A-Za-z0-9/?&=._~+:,;@!$'()*-]*")
"""A path and query that need no quoting."""


class HttpOutlet:
    """The way out of one connection. Safe to use from several threads at once; close it when done.

    ``base_url``: the app's address, path included. ``proxy``: address of an HTTP proxy, or empty. ``ca_pem``:
    further authorities to trust besides the operating system's, as PEM text. ``verify``: False trusts any
    certificate. ``parallel``: how many connections are kept. Timeouts are in seconds: ``connect_timeout`` until the
    connection stands, ``read_timeout`` between two pieces of an answer; ``bounds``: how long all of it may take, and
    how large an answer may be; ``hold`` counts what is held of them. ``reach`` says where connections may lead (None:
    anywhere; for no tenant's), ``ledger`` is told where they do. ``pace`` is asked before every request, and
    ``before_write`` when all that a write waits for is there and it leaves next; what they raise stops it. Raises
    ``PutRight`` for unusable settings.
    """

    def __init__(
        self,
        base_url: str,
        *,
        proxy: str = "",
        ca_pem: str = "",
        verify: bool = True,
        parallel: int = 32,
        connect_timeout: float = 10.0,
        read_timeout: float = 60.0,
        bounds: Bounds = Bounds(),  # noqa: B008 - a value that nobody can change
        hold: Callable[[], Held] = partial(ROOM.of, ""),  # noqa: B008 - nothing is held yet
        reach: Callable[[], Reach] | None = None,
        ledger: Ledger | None = None,
        before_write: Callable[[], None] | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.base_url = base_url.strip().rstrip("/")
        parts = _split(self.base_url)
        self._host, self._port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        self._origin, self._path = _origin(parts), parts.path
        tls = _trust(ca_pem, verify=verify)
        self._gate = Gate(reach, ledger)
        self._adapter = Adapter(self._origin, proxy, tls, parallel, self._leave, bounds.answer, self._gate)
        self._bounds, self._hold = bounds, hold
        self._timeout = Timeout(connect=min(connect_timeout, bounds.seconds), read=min(read_timeout, bounds.seconds))
        self._ledger = ledger
        self._before_write = before_write
        self._pace = pace
        self._last_date = ""
        self._clock: tuple[str, datetime | None] = ("", None)
        self._own = threading.local()

    @property
    def server_time(self) -> datetime | None:
        """The ``Date`` of the last answer to the calling thread (to any, if that was not just now), in UTC."""
        date, at = getattr(self._own, "date", ("", 0.0))
        if not date or time.monotonic() - at > _JUST_NOW:
            date = self._last_date
        known = self._clock
        if known[0] != date:
            known = self._clock = (date, moment_of(date))
        return known[1]

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Iterable[tuple[str, str]] | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object | None = None,
        data: bytes | BinaryIO | Iterable[bytes] | None = None,
        files: Mapping[str, tuple[str, BinaryIO | bytes, str]] | None = None,
        accept: tuple[int, ...] = (),
        shape: Shape | None = None,
    ) -> Reply:
        """Send one request and read its whole answer; see ``base.Outlet.request`` for the errors.

        ``path`` is below ``base_url`` or an absolute URL of the same origin. One of ``json``, ``data`` and
        ``files`` (name -> file name, content, media type; an empty file name makes a plain form field) is the body.
        A body with a known size is sent with it, any other in chunks. A read whose kept-alive connection had
        died is sent once more.
        """
        body, kind = _body(json, data, files)
        usual = {"Accept": _JSON, "Content-Type": kind} if kind else {"Accept": _JSON}
        at_once, write = body is None or isinstance(body, bytes), method not in _READS
        asked = _over(usual, headers)
        held = self._hold()
        with self._room_found(write=write), Deadline(self._bounds.seconds) as deadline:

            def grow(size: int) -> None:
                deadline.extend(held.grow(size))  # to wait for others of ours is no fault of the app's

            target = self._target(path, params)
            response = self._send(method, target, asked, body, deadline, grow, at_once=at_once)
            content = response.data if at_once else self._read(response, deadline, grow, write=write)
        well = _OK <= response.status < _MULTIPLE
        if well or response.status in accept:
            content = without_secrets(content, asked)
            reply = Reply(self._origin, response.status, response.headers, content, write, asked, held)
            if well and method != "HEAD" and asked.get("Accept") == _JSON:
                reply.judge(shape)
            return reply
        raise self._refused(response, content, asked, write=write)

    def stream(self, path: str, *, headers: Mapping[str, str] | None = None) -> Iterator[bytes]:
        """GET in chunks of at most 64 KiB. Raises before the first chunk as ``request`` does; ``Transient`` within."""
        asked = _over({"Accept": "*/*", "Accept-Encoding": "identity"}, headers)
        with ExitStack() as under_way:
            deadline = under_way.enter_context(Deadline(self._bounds.seconds))
            target = self._target(path, None)
            response = self._send("GET", target, asked, None, deadline, _uncounted, at_once=False)
            chunks = self._chunks(response, self._bounds.file, deadline, write=False)
            if not _OK <= response.status < _MULTIPLE:
                raise self._refused(response, next(chunks, b""), asked, write=False)
            under_way.pop_all()  # its time ends with the last chunk
            return chunks

    def close(self) -> None:
        """Close idle sockets."""
        self._adapter.close()

    def _refused(
        self, response: BaseHTTPResponse, content: bytes, asked: Mapping[str, str], *, write: bool
    ) -> LockstepError:
        """What the app says no with, as an error for people."""
        return troubles.refused(self._origin, response.status, response.headers, content, write=write, sent=asked)

    def _chunks(self, response: BaseHTTPResponse, most: int, deadline: Deadline, *, write: bool) -> Iterator[bytes]:
        """An answer's body, of at most so many bytes. Each that came gives the rest a little more time."""
        try:
            for chunk in at_most(most, response.stream(_CHUNK, decode_content=True)):
                deadline.extend(len(chunk) / self._bounds.file_rate)
                yield chunk
            if deadline.expired:
                raise lower.ProtocolError("shut down")
        except TooMuch as error:
            raise troubles.too_large(self._origin, most, write=write) from error
        except lower.HTTPError as error:
            if deadline.expired:
                raise troubles.late(self._origin, self._bounds.seconds, write=write) from error
            raise troubles.cut_off(self._origin, error, write=write) from error
        finally:
            deadline.end()
            response.close()

    def _read(self, response: BaseHTTPResponse, deadline: Deadline, grow: Growing, *, write: bool) -> bytes:
        return b"".join(counted(grow, self._chunks(response, self._bounds.answer, deadline, write=write)))

    @contextmanager
    def _room_found(self, *, write: bool) -> Iterator[None]:
        """Whoever finds no room for an answer, or no memory at all, is told so, and nobody else is."""
        try:
            yield
        except NoRoom as error:
            raise troubles.no_room(self._origin, never=error.never, write=write) from None
        except MemoryError:
            raise troubles.no_room(self._origin, never=False, write=write) from None

    def _target(self, path: str, params: Iterable[tuple[str, str]] | Mapping[str, str] | None) -> str:
        """Path and query to ask the app for. Raises ``EgressDenied`` when ``path`` leads elsewhere.

        What begins with a slash cannot: the host of an address ends there, and ours stands in front of it. Nor does
        it step to the resource of another path: what came from outside is one segment by then (``paths.segment``).
        """
        if astray(path):
            raise EgressDenied(f"{path!r} leads out of its own place, so nothing was sent to {self._origin}.")
        if path.startswith("/"):
            target = self._path + path
        else:
            target = self._allowed(path if path.startswith(("http://", "https://")) else self.base_url + path)
        if _CLEAN.fullmatch(target) is None:
            target = requote_uri(target).partition("#")[0]
        if params:
            pairs = list(params.items() if isinstance(params, Mapping) else params)
            target = f"{target}{'&' if '?' in target else '?'}{urlencode(pairs)}"
        return target

    def _send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Any,
        deadline: Deadline,
        grow: Growing,
        *,
        at_once: bool,
    ) -> BaseHTTPResponse:
        """Send, following redirects of reads within the origin.

        Raises ``NotThatApp`` where such a way ends in a refusal: that is of the place it led to, a log-in page mostly.
        It says nothing of what was asked for, least of all that it is gone.
        """
        url = ""
        for _ in range(_MOST_MOVES + 1):
            response = self._exchange(method, target, headers, body, deadline, grow, at_once=at_once)
            moved = response.headers.get("Location") if response.status in _MOVED else None
            if moved is None:
                if url and _BAD_REQUEST <= response.status < _ITS_OWN_FAULT and response.status not in _ABOUT_US:
                    response.close()
                    shown = troubles.place_of(url, headers)
                    raise troubles.spoilt(troubles.led_astray(self._origin, shown, response.status))
                return response
            response.close()
            url = requote_uri(urljoin(self._origin + target, moved))
            if method not in _READS:
                with suppress(EgressDenied):
                    self._allowed(url, moved=True)
                raise troubles.sent_on(self._origin, troubles.place_of(url, headers))
            target = self._allowed(url, moved=True)
        shown = troubles.place_of(url, headers)
        circles = f"{self._origin} redirects in circles ({shown}). Check the address of the connection."
        raise troubles.spoilt(NotThatApp(circles))

    def _exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Any,
        deadline: Deadline,
        grow: Growing,
        *,
        at_once: bool,
    ) -> BaseHTTPResponse:
        """Send one request to the connection's own address, whatever ``target`` is, and read the answer's head.

        ``at_once``: read its body too.
        """
        write = method not in _READS
        size = (0 if write else None) if body is None else size_of(body)
        framing = {} if size is None else {"Content-Length": str(size)}
        if self._pace is not None:
            begun = time.monotonic()
            self._pace.before()
            deadline.extend(time.monotonic() - begun)  # to wait for our own turn is no fault of the app's
        for last_try in (False, True):
            try:
                response = self._adapter.exchange(
                    method, target, {**headers, **framing}, body, self._timeout, deadline, grow, at_once=at_once
                )
            except (lower.HTTPError, requests.RequestException, OSError, Unsendable) as error:
                if not (write or last_try or deadline.expired) and broke(error):
                    continue
                raise self._told(error, deadline, write=write) from error
            if at_once and deadline.expired:  # what was shut down may look as if it had come to its end
                raise troubles.late(self._origin, self._bounds.seconds, write=write)
            self._last_date = date = response.headers.get("Date", "")
            self._own.date = date, time.monotonic()
            if self._pace is not None:
                self._pace.after(response.status, response.headers)
            return response
        raise Transient(f"{self._origin} drops every connection. It will be tried again.")

    def _told(self, error: Exception, deadline: Deadline, *, write: bool) -> LockstepError:
        """What kept the answer away, as an error for people."""
        if isinstance(error, Unsendable):
            return troubles.unsendable(self._origin)
        if isinstance(error, TooMuch):
            return troubles.too_large(self._origin, self._bounds.answer, write=write)
        if deadline.expired:
            return troubles.late(self._origin, self._bounds.seconds, write=write)
        if isinstance(error, CutOff):
            return troubles.cut_off(self._origin, error, write=write)
        if isinstance(error, requests.exceptions.InvalidURL | lower.LocationParseError):
            return troubles.no_address(self._origin)
        return troubles.unreached(self._at(), *why(error), write=write)

    def _leave(self, method: str) -> None:
        if self._before_write is not None and method not in _READS:
            self._before_write()

    def _at(self) -> troubles.Target:
        return troubles.Target(self._origin, self._host, self._port, self._gate, proxied=self._adapter.proxied)

    def _allowed(self, url: str, *, moved: bool = False) -> str:
        """The target of an address that is the connection's own. Raises ``EgressDenied`` before anything is sent."""
        try:
            parts = urlsplit(url)
            origin, host, port = _origin(parts), parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError as error:
            raise EgressDenied(f"{url!r} is no address that anything could be sent to.") from error
        if origin == self._origin:
            return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if self._ledger is not None:
            self._ledger(Contact(host, port), refused=True)
        why = f"{self._origin} redirects there" if moved else f"the connection is for {self._origin}"
        denied = EgressDenied(
            f"Nothing was sent to {origin}: {why}, and a connection only talks to its own address. If that is the "
            "app's right address, put it into the connection."
        )
        raise troubles.spoilt(denied) if moved else denied


def _uncounted(_size: int) -> None:
    """Of what is handed on piece by piece nothing is held."""


def _over(usual: Mapping[str, str], own: Mapping[str, str] | None) -> dict[str, str]:
    """``own`` headers, and the usual ones that are not among them (names in any case)."""
    if not own:
        return dict(usual)
    named = {name.lower() for name in own}
    return {**{name: value for name, value in usual.items() if name.lower() not in named}, **own}


def _split(base_url: str) -> SplitResult:
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        parts, usable = urlsplit(""), False
    if not usable or parts.username is not None or parts.query or parts.fragment:
        raise PutRight(
            "The address of the app must look like https://tracker.example.com/path, without a login in it.",
            field="url",
        )
    return parts


def _origin(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = parts.port or _PORTS.get(parts.scheme, 0)
    shown = "" if port == _PORTS.get(parts.scheme) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


@lru_cache(maxsize=_KEPT_TRUST)
def _trust(ca_pem: str, *, verify: bool) -> ssl.SSLContext:
    """What connections with these settings trust, for all of them: each copy holds every authority of the system."""
    if not verify:
        warnings.simplefilter("ignore", lower.InsecureRequestWarning)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    trusting = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_pem.strip():
        try:
            trusting.load_verify_locations(cadata=ca_pem)
        except (ssl.SSLError, ValueError) as error:
            raise PutRight(
                "The certificate of the authority cannot be read; it must be text from “-----BEGIN CERTIFICATE-----” "
                "to “-----END CERTIFICATE-----”.",
                field="ca_pem",
            ) from error
    return trusting


def _body(
    json: object | None,
    data: bytes | BinaryIO | Iterable[bytes] | None,
    files: Mapping[str, tuple[str, BinaryIO | bytes, str]] | None,
) -> tuple[Any, str]:
    """The body to send and its media type."""
    if json is not None:
        return json_text.dumps(json, separators=(",", ":")).encode(), "application/json"
    if files is not None:
        form = Multipart(files)
        return form, form.content_type
    if data is not None and size_of(data) == 0:
        return b"", ""  # an empty stream would go out in chunks, which not every server reads
    return data, ""
