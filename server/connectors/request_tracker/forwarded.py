"""Puts a mail within a mail together again, as a file: RT keeps its parts and their headers, not its bytes.

It must not hold the file: the parts come one after the other, what people wrote as it is and the rest as base64, so
that the length is known beforehand.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from server.connectors.request_tracker.parts import MAIL, Part
from server.domain.media import media_type

_LINE: Final = 76
_BYTES_A_LINE: Final = _LINE // 4 * 3
_OURS: Final = ("content-transfer-encoding:", "content-length:", "x-rt-")
"""Headers that are about how RT got the part, or keeps it."""

Piece = bytes | Part
"""A bit of the file: bytes as they are, or the content of a part."""


def pieces(part: Part, headers: Mapping[str, str]) -> Iterator[Piece]:
    """The file in pieces: a mail within a mail, or a part with all that is in it. ``headers`` by the parts' numbers."""
    if part.content_type == MAIL and part.parts:
        for one in part.parts:
            yield from _entity(one, headers)
    else:
        yield from _entity(part, headers)


def length(of: Iterable[Piece], sizes: Callable[[Part], int]) -> int:
    """How many bytes the file has."""
    total = 0
    for one in of:
        if isinstance(one, bytes):
            total += len(one)
        else:
            total += sizes(one) if one.is_text else _in_base64(sizes(one))
    return total


def written(of: Iterable[Piece], content: Callable[[Part], Iterable[bytes]]) -> Iterator[bytes]:
    """The file's bytes."""
    for one in of:
        if isinstance(one, bytes):
            yield one
        elif one.is_text:
            yield from content(one)
        else:
            yield from _encoded(content(one))


def _entity(part: Part, headers: Mapping[str, str]) -> Iterator[Piece]:
    kept = [line for line in _unfolded(headers.get(part.id, "")) if not line.casefold().startswith(_OURS)]
    boundary = f"=_part_{part.id}"
    if part.holds:
        kept = [line for line in kept if not line.casefold().startswith("content-type:")]
        kept.append(f'Content-Type: {media_type(part.content_type, "multipart/mixed")}; boundary="{boundary}"')
    elif part.content_type != MAIL:
        kept.append(f"Content-Transfer-Encoding: {'8bit' if part.is_text else 'base64'}")
    yield ("\n".join(kept) + "\n\n").encode()
    if part.holds:
        for one in part.parts:
            yield f"--{boundary}\n".encode()
            yield from _entity(one, headers)
            yield b"\n"
        yield f"--{boundary}--\n".encode()
    elif part.content_type == MAIL and part.parts:
        for one in part.parts:
            yield from _entity(one, headers)
    else:
        yield part


def _unfolded(headers: str) -> list[str]:
    """The header lines, those that go on in the next line with it."""
    found: list[str] = []
    for line in headers.replace("\r\n", "\n").split("\n"):
        if line[:1] in (" ", "\t") and found:
            found[-1] += f"\n{line}"
        elif line.strip():
            found.append(line)
    return found


def _in_base64(size: int) -> int:
    return (size + 2) // 3 * 4 + -(-size // _BYTES_A_LINE)


def _encoded(content: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in content:
        held += piece
        whole = len(held) - len(held) % _BYTES_A_LINE
        yield _in_lines(held[:whole])
        held = held[whole:]
    yield _in_lines(held)


def _in_lines(content: bytes) -> bytes:
    starts = range(0, len(content), _BYTES_A_LINE)
    return b"".join(base64.b64encode(content[at : at + _BYTES_A_LINE]) + b"\n" for at in starts)
