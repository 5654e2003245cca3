"""Finds where a secret lies in clear: in files, in what the system shows of processes; it must not judge."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil

_LOOK_SECONDS = 0.02


@dataclass(slots=True)
class Planted:
    """Secrets by name. ``places``: files (below the data folder) where each must be in clear."""

    secrets: dict[str, str] = field(default_factory=dict)
    places: dict[str, frozenset[str]] = field(default_factory=dict)

    def plant(self, name: str, secret: str, *places: str) -> str:
        """Remember a secret; the secret."""
        assert len(secret) >= 8, f"{name} is too short to be told from chance"
        self.secrets[name], self.places[name] = secret, frozenset(places)
        return secret

    def found(self, where: str, content: bytes) -> list[str]:
        """What of it is in the content, however it was written there, and must not be."""
        return [
            f"{name} in {where}"
            for name, secret in self.secrets.items()
            if where not in self.places[name] and any(form in content for form in forms(secret))
        ]


def forms(secret: str) -> set[bytes]:
    """How a secret may be written and still be read."""
    raw = secret.encode()
    encoded = {quote(secret, safe="").encode(), raw.hex().encode(), secret.encode("utf-16-le")}
    return {raw, *encoded, base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"=")}


_NOTHING = re.compile(rb"\0{64,}")


def files_below(data: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the folder, by its place in it, without its empty pages; one of several that are the same."""
    seen: set[int] = set()
    for path in sorted(data.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = _NOTHING.sub(b"\0", path.read_bytes())
            if path.suffix in {".json", ".log"} or hash(content) not in seen:
                seen.add(hash(content))
                yield path.relative_to(data).as_posix(), content


@dataclass(slots=True)
class Shown:
    """What the system showed of the processes below a few roots: their arguments and variables."""

    lines: set[bytes] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def look(self, marks: tuple[bytes, ...]) -> None:
        """Look at every process whose arguments or variables name one of the marks."""
        for pid in psutil.pids():
            for kind in ("cmdline", "environ"):
                try:
                    said = Path(f"/proc/{pid}/{kind}").read_bytes()
                except OSError:
                    continue
                if any(mark in said for mark in marks):
                    self.lines.add(said)
                    self.names.add(kind)


@contextmanager
def shown_meanwhile(*marks: str) -> Iterator[Shown]:
    """All that is shown until the end of the context of processes that have to do with one of the marks."""
    shown, over = Shown(), threading.Event()
    wanted = tuple(mark.encode() for mark in marks)

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            shown.look(wanted)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        over.set()
        thread.join()
        shown.look(wanted)
