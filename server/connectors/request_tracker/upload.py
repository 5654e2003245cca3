"""A message with one file as RT takes it, given out piece by piece; it must not hold the file.

As a form RT damages quotation marks in a file's name and refuses a file without bytes; as JSON it takes each
character of the name for a byte. So the name goes as JSON, each byte of its UTF-8 as a character.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import BinaryIO

_PIECE = 57 * 1024
"""A multiple of three, so that the base64 of each piece stands alone."""


class Upload:
    """The JSON body of a request with an empty message and one attached file of ``size`` bytes."""

    content_type = "application/json"

    def __init__(self, name: str, content_type: str, content: BinaryIO, size: int) -> None:
        named = {"FileName": name.encode().decode("latin-1"), "FileType": content_type}
        self._head = f'{{"Attachments":[{json.dumps(named)[:-1]}, "FileContent":"'.encode()
        self._tail = b'"}]}'
        self._content = content
        self._size = size

    def __len__(self) -> int:
        """Bytes in all; RT's server wants to know them beforehand."""
        # RT insists on some base64; padding alone stands for no bytes.
        return len(self._head) + ((self._size + 2) // 3 * 4 or 1) + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        """Head, the file in base64, tail."""
        yield self._head
        held = b""
        while piece := self._content.read(_PIECE):
            held += piece
            whole = len(held) - len(held) % 3
            yield base64.b64encode(held[:whole])
            held = held[whole:]
        yield base64.b64encode(held) if self._size else b"="
        yield self._tail
