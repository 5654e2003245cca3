"""A small disk of its own, which a test can fill: real "no space left", and only for what lies on it. Needs root."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AT_ONCE = 1 << 16


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A folder on a file system of that size, in memory; gone at the end."""
    place = Path(tempfile.mkdtemp(prefix="lockstep-small-disk-"))
    _as_root("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(place))
    try:
        yield place
    finally:
        _as_root("umount", "--lazy", str(place))
        place.rmdir()


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """Until the end of the context, nothing more fits on that disk."""
    filler = place / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            while file.write(b"x" * _AT_ONCE):
                pass
    except OSError:
        yield
    finally:
        filler.unlink()


def _as_root(*command: str) -> None:
    subprocess.run([*(() if os.geteuid() == 0 else ("sudo", "-n")), *command], check=True)
