"""A form with files as a stream of known size; it must not hold a file in memory."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping, Sized
from typing import Any, BinaryIO

from server.domain.media import media_type

_PIECE = 64 * 1024


def size_of(body: Any) -> int | None:
    """How many bytes ``body`` will give from where it stands; None when it cannot tell."""
    if isinstance(body, Sized):
        return len(body)
    if hasattr(body, "seek") and hasattr(body, "tell"):
        try:
            here: int = body.tell()
            body.seek(0, io.SEEK_END)
            end: int = body.tell()
            body.seek(here)
        except (OSError, io.UnsupportedOperation):
            return None
        return end - here
    return None


class Multipart:
    """``multipart/form-data`` of parts (name -> file name, content, media type), read piece by piece.

    An empty file name makes a plain field. File names are sent as UTF-8, as browsers do; a media type that is none is
    not sent. A stream must be able to tell its size.
    """

    def __init__(self, parts: Mapping[str, tuple[str, BinaryIO | bytes, str]]) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._sources: list[BinaryIO] = []
        self._size = 0
        for name, (file_name, content, kind) in parts.items():
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
            if file_name:
                head += f'; filename="{_quoted(file_name)}"\r\nContent-Type: {media_type(kind)}'
            self._add(io.BytesIO(f"{head}\r\n\r\n".encode(errors="replace")))
            self._add(io.BytesIO(content) if isinstance(content, bytes) else content)
            self._add(io.BytesIO(b"\r\n"))
        self._add(io.BytesIO(f"--{boundary}--\r\n".encode()))

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most ``size``; empty at the end."""
        wanted = _PIECE if size < 0 else size
        while self._sources:
            piece = self._sources[0].read(wanted)
            if piece:
                return piece
            del self._sources[0]
        return b""

    def _add(self, source: BinaryIO) -> None:
        size = size_of(source)
        if size is None:
            raise TypeError("a part of a form must be able to tell its size")
        self._size += size
        self._sources.append(source)


def _quoted(text: str) -> str:
    """As the HTML standard has it: only what would break the line or end the name is escaped."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
