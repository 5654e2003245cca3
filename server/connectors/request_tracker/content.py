"""Takes a file's bytes out of RT's JSON as it arrives; it must not hold the whole file.

RT gives a file as one JSON object with the bytes in base64, broken into lines.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator

from server.domain.errors import NotThatApp, Transient

_START = re.compile(rb'"Content"\s*:\s*"')


def decoded(answer: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of the attachment that ``answer`` describes, in chunks.

    Raises ``Transient`` when the answer ends too early, so that half a file is never taken for a whole one.
    """
    text, found, ended = b"", False, False
    for chunk in answer:
        text += chunk
        if not found:
            match = _START.search(text)
            if match is None:
                continue
            found, text = True, text[match.end() :]
        if ended:
            continue
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


def _require_empty_file(text: bytes) -> None:
    """Make sure that an answer without content is about a file without bytes, and whole."""
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise Transient("Request Tracker stopped before a file began; it will be asked again.") from error
    if not isinstance(answer, dict) or "ContentType" not in answer:
        raise NotThatApp("What came back is not an attachment of Request Tracker.")


def _decode(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Transient("Request Tracker sent a damaged file; it will be asked again.") from error
