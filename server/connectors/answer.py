"""One whole answer read from a connection, of no more bytes than are taken; it must not take half of one for whole.

``httptools`` (the parser of Node) reads HTTP. What is told beside the body, and how it is packed, counts too.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from httptools import HttpParserError, HttpResponseParser
from urllib3 import HTTPResponse
from urllib3.exceptions import DecodeError, ProtocolError

from server.connectors.room import UNCOUNTED

Growing = Callable[[int], object]
"""Told how many bytes more an answer holds; what it raises ends the answer."""

_PIECE: Final = 64 * 1024
_LONGEST_HEAD: Final = 256 * 1024
_MOST_FRAMES: Final = 2
"""So many times of what an answer may have goes over the wire for it: in small chunks the frames are most of it."""
_OK: Final = 200


class CutOff(ProtocolError):
    """The answer had begun and did not come whole."""


class TooMuch(ProtocolError):
    """The answer has more bytes than are taken."""


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


def read(sock: Any, method: str, most: int, grow: Growing) -> tuple[Whole, bool]:
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
