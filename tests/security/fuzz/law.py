"""What must hold of whatever is attacked: it lives, within its memory, says nothing secret, and serves others."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from tests.security.fuzz import drawn

MEGABYTE = 1024 * 1024
_LOOK_SECONDS = 0.25
_OURS = ("Traceback (most recent call last)", '"exception"', "panic:", "PANIC:", "terminated by signal 6")
"""What a log says where nobody foresaw what happened."""

_OF_THE_FAKE = "tests/support/fakeapp/connector.py"
"""The connector of the tests believes whatever its app says; what it stumbles over is no fault of the product's."""

Attack = Callable[[random.Random], str]
"""One hostile deed; a word for what it was answered."""


class Broken(AssertionError):
    """A law did not hold. The message tells the seed, so that the same is drawn again."""


@dataclass(slots=True)
class Watched:
    """A process that is attacked, the bytes that it may take, and the log that it writes."""

    name: str
    process: psutil.Process
    most: int
    log: Path
    peak: int = 0
    _from: int = 0

    def __post_init__(self) -> None:
        self._from = self.log.stat().st_size if self.log.exists() else 0

    def look(self) -> None:
        """Note what it takes now."""
        with suppress(psutil.NoSuchProcess):
            self.peak = max(self.peak, self.process.memory_info().rss)

    def faults(self, secrets: Sequence[str]) -> list[str]:
        """What does not hold of it."""
        found = []
        if not self.process.is_running() or self.process.status() == psutil.STATUS_ZOMBIE:
            found.append(f"{self.name} has ended")
        if self.peak > self.most:
            found.append(f"{self.name} took {self.peak // MEGABYTE} MB of {self.most // MEGABYTE}")
        lines = self.log.read_text(errors="replace")[self._from :].splitlines() if self.log.exists() else []
        said = "\n".join(one for one in lines if _OF_THE_FAKE not in one)
        found += [f"{self.name} logged {one!r}: …{_around(said, one)}…" for one in _OURS if one in said]
        found += [f"{self.name} logged the secret number {place}" for place, one in enumerate(secrets) if one in said]
        return found


def _around(said: str, one: str) -> str:
    at = said.index(one)
    return said[max(at - 300, 0) : at + 1500]


@dataclass(slots=True)
class Neighbour:
    """Somebody with whom all this has nothing to do: each visit is served, and within so many seconds."""

    name: str
    visit: Callable[[], None]
    patience: float = 15.0
    pause: float = 0.3
    served: int = 0
    slowest: float = 0.0
    failed: list[str] = field(default_factory=list)

    def live(self, over: threading.Event) -> None:
        """Visit until it is over."""
        while not over.is_set():
            begun = time.monotonic()
            try:
                self.visit()
                self.served += 1
            except Exception as error:  # noqa: BLE001 - whatever it was, somebody was not served
                self.failed.append(f"{type(error).__name__}: {error}"[:400])
            self.slowest = max(self.slowest, time.monotonic() - begun)
            over.wait(self.pause)

    def faults(self) -> list[str]:
        """What does not hold."""
        found = [f"{self.name} was not served: {self.failed[0]} ({len(self.failed)} times)"] if self.failed else []
        if self.slowest > self.patience:
            found.append(f"{self.name} waited {self.slowest:.1f} s")
        if not self.served:
            found.append(f"{self.name} was never served")
        return found


@dataclass(slots=True)
class Siege:
    """One part under attack. ``secrets``: what must stand in no log, and in no answer to who may not know it."""

    part: str
    watched: list[Watched]
    neighbours: list[Neighbour]
    secrets: list[str]
    answers: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _found: list[str] = field(default_factory=list)

    def run(self, attacks: Sequence[Attack], seconds: float, seed: int, hands: int = 4) -> None:
        """Let several hands attack until the time is over. Raises ``Broken``."""
        over, deadline = threading.Event(), time.monotonic() + seconds
        threads = [threading.Thread(target=one.live, args=(over,), daemon=True) for one in self.neighbours]
        threads += [
            threading.Thread(target=self._attack, args=(attacks, drawn.at_random(f"{seed} {hand}"), over), daemon=True)
            for hand in range(hands)
        ]
        for one in threads:
            one.start()
        while time.monotonic() < deadline and not self._found:
            for watched in self.watched:
                watched.look()
            over.wait(_LOOK_SECONDS)
        over.set()
        for one in threads:
            one.join(60)
            if one.is_alive():
                self._found.append(f"a hand of the attack, or a neighbour, waits for ever ({one.name})")
        found = [*self._found, *(fault for one in self.watched for fault in one.faults(self.secrets))]
        found += [fault for one in self.neighbours for fault in one.faults()]
        if not self.answers:
            found.append("nothing was attacked")
        if found:
            raise Broken(f"{self.part}, seed {seed}:\n" + "\n".join(found))

    def count(self, word: str) -> None:
        """Something was met."""
        with self._lock:
            self.answers[word] += 1

    def blame(self, what: str) -> None:
        """Something was seen that must not be."""
        self._found.append(what)

    def told(self) -> str:
        """What was met, and what it took."""
        common = ", ".join(f"{count} of {word}" for word, count in self.answers.most_common(12))
        took = ", ".join(f"{one.name} {one.peak // MEGABYTE} MB" for one in self.watched)
        served = ", ".join(f"{one.name} {one.served} times, slowest {one.slowest:.2f} s" for one in self.neighbours)
        return f"{self.part}: {self.answers.total()} attacks ({common}); {took}; {served}"

    def _attack(self, attacks: Sequence[Attack], draw: random.Random, over: threading.Event) -> None:
        while not over.is_set():
            attack = draw.choice(attacks)
            try:
                word = attack(draw)
            except (OSError, requests.RequestException) as error:
                word = type(error).__name__
            except Exception as error:  # noqa: BLE001 - a fault of the attack itself
                self.blame(f"{getattr(attack, '__name__', attack)} broke: {type(error).__name__}: {error}")
                return
            self.count(word)
