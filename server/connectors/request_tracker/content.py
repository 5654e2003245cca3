"""Takes a file's bytes out of RT's JSON as it arrives; it must not hold the whole file.

RT gives a file as one JSON object with the bytes in base64, broken into lines.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

from server.domain import json_text
from server.domain.errors import NotThatApp, Transient

_START = re.compile(rb'"Content"\s*:\s*"')
_LONGEST_BEFORE = 1024 * 1024
"""Bytes that may stand before the file's own: what is told of it."""


def decoded(answer: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of the attachment that ``answer`` describes, in chunks.

    Raises ``Transient`` when the answer ends too early, so that half a file is never taken for a whole one.
    """
    text, found, ended = b"", False, False
    for chunk in answer:
        if ended:
            continue  # what is told after the file
        text += chunk
        if not found:
            match = _START.search(text)
            if match is None:
                _require_beginning(text)
                continue
            found, text = True, text[match.end() :]
        body, quote, _ = text.partition(b'"')
        ended = bool(quote)
        clean = body.replace(b"\\n", b"").replace(b"\\r", b"").replace(b"\\/", b"/")
        # A backslash at the very end may be half of a line break; it waits for the next chunk.
        usable = len(clean) - len(clean) % 4 if not clean.endswith(b"\\") else (len(clean) - 1) // 4 * 4
        yield _decode(clean[:usable])
        text = clean[usable:]
        if ended and text:
            yield _decode(text)
    if found and not ended:
        raise Transient("Request Tracker stopped in the middle of a file; it will be asked again.")
    if not found:
        _require_empty_file(text)


def _require_beginning(text: bytes) -> None:
    """Make sure that what came so far can be what stands before a file."""
    if len(text) > _LONGEST_BEFORE:
        raise NotThatApp("What came back is not an attachment of Request Tracker: no file begins in it.")


def _require_empty_file(text: bytes) -> None:
    """Make sure that an answer without content is about a file without bytes, and whole."""
    try:
        answer = json_text.read(text)
    except ValueError as error:
        raise Transient("Request Tracker stopped before a file began; it will be asked again.") from error
    if not isinstance(answer, dict) or "ContentType" not in answer:
        raise NotThatApp("What came back is not an attachment of Request Tracker.")


def _decode(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Transient("Request Tracker sent a damaged file; it will be asked again.") from error
