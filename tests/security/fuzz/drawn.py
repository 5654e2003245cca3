"""Draws what nobody should send: texts, JSON, and JSON that was something once; it must not send it."""

from __future__ import annotations

import json
import random
from typing import Any

ODD_TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\r\nX-Injected: 1", "../../users/1", "..%2f..%2f", "http://[", "//[::1",
    "%", "%zz", "%00", "'", "' or 1=1 --", '"; drop table users; --', "{{7*7}}", "${jndi:ldap://x}", "\t", "\\",
    "<script>alert(1)</script>", "💩" * 50, "ł", "\u202e", "A" * 5000, "9" * 400, "-1", "0", "1e999", "NaN", "null",
    "2026-02-30", "9999-12-31T23:59:60Z", "00000000-0000-0000-0000-000000000000", "Bearer x", "127.1", "0x7f.1", "[]",
)  # fmt: skip
_LONGEST = 200_000
_ODD_NUMBERS = (0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**30, 0.1, 1e308, -0.0)


def at_random(seed: object) -> random.Random:
    """What draws, the same from the same seed."""
    return random.Random(str(seed))  # noqa: S311 - nothing is kept secret with it


def text(draw: random.Random) -> str:
    """A text, odd or of any characters."""
    if draw.random() < 0.6:
        return draw.choice(ODD_TEXTS)
    return "".join(
        chr(draw.choice((draw.randrange(32, 127), draw.randrange(0x110000)))) for _ in range(draw.randrange(40))
    )


def value(draw: random.Random, depth: int = 0) -> Any:
    """Anything that JSON can say."""
    kind = draw.randrange(8 if depth < 4 else 5)
    if kind <= 1:
        return text(draw)
    if kind == 2:
        return draw.choice(_ODD_NUMBERS)
    if kind <= 4:
        return draw.choice((None, True, False, [], {}))
    if kind == 5:
        return [value(draw, depth + 1) for _ in range(draw.randrange(5))]
    if kind == 6:
        return {text(draw): value(draw, depth + 1) for _ in range(draw.randrange(5))}
    return draw.choice((deep(draw), [0] * draw.randrange(2000)))


def deep(draw: random.Random) -> Any:
    """Lists in lists."""
    found: Any = 1
    for _ in range(draw.choice((5, 99, 101, 300))):
        found = [found] if draw.random() < 0.5 else {"a": found}
    return found


def spoilt(draw: random.Random, whole: Any, share: float = 0.15) -> Any:
    """What was JSON of a right shape, with some of it missing, doubled or something else."""
    if draw.random() < share:
        return draw.choice((None, value(draw), [whole], {"data": whole}, str(whole)[:200]))
    if isinstance(whole, dict):
        kept = {name: spoilt(draw, one, share) for name, one in whole.items() if draw.random() > share / 3}
        return kept | ({text(draw): value(draw)} if draw.random() < share / 3 else {})
    if isinstance(whole, list):
        several = [spoilt(draw, one, share) for one in whole if draw.random() > share / 3]
        return several * draw.choice((1, 1, 1, 2)) if len(several) < 500 else several
    return whole


def dumped(draw: random.Random, whole: Any) -> bytes:
    """The JSON as bytes, which are not always whole, nor always UTF-8."""
    content = json.dumps(whole, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")
    return torn(draw, content) if draw.random() < 0.15 else content


def torn(draw: random.Random, whole: bytes) -> bytes:
    """Bytes of which some are missing, turned, or others."""
    content = bytearray(whole or b"x")
    for _ in range(draw.randrange(1, 6)):
        at = draw.randrange(len(content) + 1)
        match draw.randrange(4):
            case 0:
                del content[at:]
            case 1:
                content[at:at] = draw.randbytes(draw.randrange(1, 30))
            case 2:
                content[at : at + 1] = bytes([draw.randrange(256)])
            case _:
                content[at:at] = content[: draw.randrange(len(content) + 1)]
        content = content[:_LONGEST] or bytearray(b"x")
    return bytes(content)
