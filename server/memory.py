"""This process's own memory: what it takes, when it is nearly too much, and how it is given back.

So one answer too many ends what it was read for, and not the process. It must not know who holds what.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1024 * 1024
_LOOK_SECONDS: Final = 1.0
_TIGHT: Final = 0.8
"""From this share of what it may take on, nobody is let in who holds much already."""
_WALL: Final = 1.25
"""At so many times of what it may take the system says no, and whoever asks for memory then fails."""
_WORTH_A_TRIM: Final = 24 * MEGABYTE
_STATM: Final = Path("/proc/self/statm")
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE_PIECE, _ARENAS = 256 * 1024, 4
_DATA_PAGES: Final = 5
"""Where ``statm`` tells what may be written to, stacks included."""


def taken() -> int:
    """How many bytes this process takes; 0 where the system does not tell."""
    return _pages()[0]


def settle_allocator() -> None:
    """Large pieces go back to the system as soon as they are free, and threads share few heaps (glibc only).

    By itself it learns to keep pieces of up to 32 MB after the first, and makes eight heaps for each core.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_PIECE)
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Hand free memory to the system."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


class Watch:
    """Looks once a second at what the process takes, of at most ``most`` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._after_trim = taken()

    @property
    def most(self) -> int:
        """What the process may take."""
        return self._most

    def run(self, stopping: threading.Event) -> None:
        """Look until ``stopping`` is set."""
        while not stopping.wait(_LOOK_SECONDS):
            with suppress(MemoryError, OSError):  # the next look finds more, or ends what is too much
                self.look()

    def begin(self, stopping: threading.Event) -> None:
        """The same in a thread of its own."""
        self.look()
        threading.Thread(target=self.run, args=(stopping,), name="memory", daemon=True).start()

    def look(self) -> None:
        """Give back what is free where that may be much, and set the last wall anew."""
        now, writable = _pages()
        if now - self._after_trim > _WORTH_A_TRIM:
            give_back()
            now, writable = _pages()
            self._after_trim = now
        self._after_trim = min(self._after_trim, now)
        _set_wall(writable + max(int(self._most * _WALL) - now, 0))

    def is_tight(self) -> bool:
        """Whether the process takes nearly what it may."""
        return taken() > self._most * _TIGHT


def _pages() -> tuple[int, int]:
    """Bytes that are really taken, and bytes that could be written to."""
    try:
        numbers = _STATM.read_bytes().split()
    except OSError:
        return 0, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return int(numbers[1]) * page, int(numbers[_DATA_PAGES]) * page


def _set_wall(writable: int) -> None:
    """Let the system refuse whatever would make it more. What is mapped and never touched counts there, so it moves."""
    if not sys.platform.startswith("linux"):
        return
    import resource  # noqa: PLC0415 - not on Windows

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (writable if hard < 0 else min(writable, hard), hard))


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL("libc.so.6")
        _ = library.malloc_trim, library.mallopt
    except (OSError, AttributeError):
        return None
    return library
