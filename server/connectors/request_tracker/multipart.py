"""A form with one file, given out piece by piece; it must not hold the file.

RT damages names that are not ASCII when a file comes as JSON; as a form it keeps them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import BinaryIO

_PIECE = 64 * 1024


class Multipart:
    """The body of a request with an empty message and one attached file of ``size`` bytes."""

    def __init__(self, name: str, content_type: str, content: BinaryIO, size: int) -> None:
        mark = f"lockstep-{secrets.token_hex(16)}"
        shown = name.replace("\\", "_").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        self.content_type = f"multipart/form-data; boundary={mark}"
        self._content = content
        self._size = size
        self._head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="JSON"\r\n\r\n{{}}\r\n'
            f'--{mark}\r\nContent-Disposition: form-data; name="Attachments"; filename="{shown}"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{mark}--\r\n".encode()

    def __len__(self) -> int:
        """Bytes in all; RT's server wants to know them beforehand."""
        return len(self._head) + self._size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        """Head, file, tail."""
        yield self._head
        while piece := self._content.read(_PIECE):
            yield piece
        yield self._tail
