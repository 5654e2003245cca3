"""How large an answer may become and how long it may take: the bounds of one connection's requests.

They are counted as bytes come in, never believed from what an answer says of itself. It must not send or read anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """``seconds``: a whole request, from the name look-up to the answer's last byte. ``answer``: bytes, unpacked.

    ``file``: bytes of a file. A file may take ``seconds``, and one more for each ``file_rate`` bytes that came.
    """

    seconds: float = 120.0
    answer: int = 32 * MEGABYTE
    file: int = 4096 * MEGABYTE
    file_rate: int = 16 * 1024
