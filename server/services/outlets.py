"""The way out of one connection: only to the host its settings name, every contact counted; it sends nothing itself."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, TypeVar

from server.connectors.base import Setting, SettingKind
from server.connectors.bounds import MEGABYTE, Bounds
from server.connectors.dial import Contact
from server.connectors.http import HttpOutlet
from server.connectors.pace import Pace
from server.connectors.patience import Patience
from server.connectors.reply import Reply
from server.connectors.room import ROOM, Limits
from server.domain.errors import AppError, Slowed, Transient, Unavailable
from server.services.errand import Errand
from server.services.pacing import BURST, RATE
from server.services.scope import TenantScope
from server.store import egress

T = TypeVar("T")

SECONDS, MEGABYTES = "answer_seconds", "answer_megabytes"
"""The settings of every connection that bound an answer."""

NETWORK_SETTINGS = (
    Setting(
        "ca_pem",
        "Certificate of a further authority",
        SettingKind.TEXT,
        required=False,
        help="Only if the app's certificate comes from an authority that this machine does not know: the text that"
        " begins with -----BEGIN CERTIFICATE-----.",
    ),
    Setting(
        "proxy",
        "HTTP proxy",
        SettingKind.URL,
        required=False,
        help="Only if the app is reached through one, such as http://proxy.example.com:3128",
    ),
    Setting(
        RATE,
        "Requests a second",
        SettingKind.TEXT,
        required=False,
        help="At most so many in the long run, by everything that uses the connection together. Empty: as many as the"
        " app takes.",
    ),
    Setting(
        BURST,
        "Requests at once",
        SettingKind.TEXT,
        required=False,
        help="How many may follow each other directly after a rest; only with a number of requests a second.",
    ),
    Setting(
        SECONDS,
        "Longest answer, in seconds",
        SettingKind.TEXT,
        required=False,
        help="A request that is not answered in full by then is ended and tried again later. Empty: 120. A file may"
        " take longer, as long as it goes on coming.",
    ),
    Setting(
        MEGABYTES,
        "Largest answer, in MB",
        SettingKind.TEXT,
        required=False,
        help="What an app answers beyond this is not read. Empty: 32. Files are not meant.",
    ),
)
"""The settings that every connection has besides its app's own."""


def bounds_of(settings: Mapping[str, str]) -> Bounds:
    """How long an answer of the connection may take, and how large it may be."""
    usual = Bounds()
    seconds, megabytes = settings.get(SECONDS), settings.get(MEGABYTES)
    return Bounds(
        seconds=float(seconds) if seconds else usual.seconds,
        answer=int(float(megabytes) * MEGABYTE) if megabytes else usual.answer,
    )


NOT_SAVED = "00000000-0000-0000-0000-000000000000"
"""Stands for the connection in the record of contacts while settings are tried that are not saved."""

_WRITE_EVERY_SECONDS = 10.0
_TRIES = 4
_LEAST_SECONDS = 1.0
_READS = frozenset({"GET", "HEAD"})
_SERVER_ERRORS = 500
_FOR_ITS_PACE = frozenset({403, 429})
"""An app's ways to refuse a request for its pace; a ``Transient`` 403 is one (any other is a ``Rejected``)."""
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_PEM_LINE = 64


@dataclass(slots=True)
class Ledger:
    """Counts the contacts of one outlet and writes them down now and then, and at its end. Thread-safe.

    A kill loses at most the counts of the last seconds, never that a host was contacted at all: a host's first
    contact is written at once.
    """

    scope: TenantScope
    connection_id: str
    _counts: Counter[tuple[Contact, bool]] = field(default_factory=Counter)
    _known: set[Contact] = field(default_factory=set)
    _written_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, contact: Contact, *, refused: bool) -> None:
        """Count one contact."""
        with self._lock:
            self._counts[contact, refused] += 1
            soon = time.monotonic() - self._written_at < _WRITE_EVERY_SECONDS
            if soon and contact in self._known:
                return
            self._known.add(contact)
        self.write()

    def write(self) -> None:
        """Write down what was counted since. A database that does not answer leaves the counts for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            self._written_at = time.monotonic()
        if not counts:
            return
        try:
            with self.scope.transaction() as tx:
                for one in sorted({contact for contact, _ in counts}):
                    told, asked, kept = asdict(one), counts[one, False], counts[one, True]
                    egress.count(tx, told, self.connection_id, requests=asked, refused=kept)
        except Unavailable as error:
            self.scope.log.warning("contacts could not be written down yet", reason=error.message)
            with self._lock:
                self._counts.update(counts)


class CountedOutlet(HttpOutlet):
    """An outlet that keeps its connection's pace, and whose end writes the last counts down.

    What was refused for its pace, so not carried out, is sent again after a moment; so is, within its ``patience``, a
    read that met an error of the server or was answered with half an answer, a web page or what is not the app's.
    """

    ledger: Ledger
    pace: Pace | None
    patience: Patience
    errand: Errand | None = None
    give_back: Callable[[], None] | None = None

    def request(self, method: str, path: str, **given: Any) -> Reply:
        """Send one request, patiently."""
        self._still()
        data = given.get("data")
        once = given.get("files") is not None or not (data is None or isinstance(data, bytes))
        reads = method in _READS
        return self._patiently(
            lambda: super(CountedOutlet, self).request(method, path, **given), once=once, reads=reads
        )

    def stream(self, path: str, *, headers: Mapping[str, str] | None = None) -> Iterator[bytes]:
        """GET in chunks, begun again patiently."""
        self._still()
        return self._patiently(lambda: super(CountedOutlet, self).stream(path, headers=headers), once=False, reads=True)

    def close(self) -> None:
        """Close idle sockets, give the turn at the app back and write down what was counted."""
        super().close()
        if self.give_back is not None:
            self.give_back()
        self.ledger.write()

    def _still(self) -> None:
        if self.errand is not None:
            self.errand.still()

    def _patiently(self, send: Callable[[], T], *, once: bool, reads: bool) -> T:
        for attempt in count():
            try:
                answer = send()
            except Slowed:
                raise
            except AppError as error:
                if isinstance(error, Transient) and error.status is None and not error.spoilt and self.pace is not None:
                    self.pace.lost()
                if once or self.pace is None or not self._again(self.pace, attempt, error, reads=reads):
                    raise
            else:
                if reads:
                    self.patience.refill()
                return answer
        raise AssertionError

    def _again(self, pace: Pace, attempt: int, error: AppError, *, reads: bool) -> bool:
        """Wait until a request may be sent once more; False: it may not."""
        asked = error.retry_after if isinstance(error, Transient) else None
        if isinstance(error, Transient) and error.status in _FOR_ITS_PACE:
            return attempt + 1 < _TRIES and pace.again(attempt, asked)
        failed = isinstance(error, Transient) and (error.status or 0) >= _SERVER_ERRORS
        if not reads or not (failed or error.spoilt) or not self.patience.take(attempt):
            return False
        return pace.again(attempt, asked if asked is not None else 0.0)


def open_outlet(
    scope: TenantScope,
    connection_id: str | None,
    settings: Mapping[str, str],
    before_write: Callable[[], None] | None = None,
    pace: Pace | None = None,
    name: str = "",
) -> CountedOutlet:
    """An outlet for a connection's settings; ``connection_id`` None: they are not saved yet.

    ``before_write`` is called before each write leaves, and may stop it by raising; ``pace`` before each request;
    ``name``: what people call the app. Where a person waits it is one of the few that ask there at once, and has no
    longer than the person's errand. Raises ``PutRight``, and ``Busy`` where too many ask that app.
    """
    ledger = Ledger(replace(scope, errand=None), connection_id or NOT_SAVED)
    bounds, give_back = bounds_of(settings), None
    if scope.errand is not None:
        scope.errand.still()
        place = connection_id or _origin(settings.get("url", ""))
        give_back = scope.errand.turn(place, name or _origin(settings.get("url", "")))
        bounds = replace(bounds, seconds=max(min(bounds.seconds, scope.errand.left()), _LEAST_SECONDS))
    outlet = CountedOutlet(
        settings.get("url", ""),
        proxy=settings.get("proxy", ""),
        ca_pem=tidy_pem(settings.get("ca_pem", "")),
        bounds=bounds,
        hold=partial(ROOM.of, scope.id),
        reach=scope.reach,
        ledger=ledger,
        before_write=before_write,
        pace=pace,
    )
    outlet.ledger, outlet.pace, outlet.patience = ledger, pace, Patience()
    outlet.errand, outlet.give_back = scope.errand, give_back
    return outlet


def share_memory(most: int, patience: float, tight: Callable[[], bool]) -> None:
    """Of the ``most`` bytes that this process takes answers have a share, and each tenant's apps one of that.

    ``patience``: so many seconds one waits for room. ``tight``: whether the process has hardly any left.
    """
    ROOM.limits, ROOM.tight = Limits.within(most, patience), tight


def _origin(url: str) -> str:
    """The host and port of an address, for settings that have no name yet."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()


def tidy_pem(text: str) -> str:
    """Certificates as PEM wants them, whatever pasting did to their lines; empty when there is none."""
    tidy = []
    for body in _PEM.findall(text):
        letters = "".join(body.split())
        lines = [letters[start : start + _PEM_LINE] for start in range(0, len(letters), _PEM_LINE)]
        tidy += ["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"]
    return "\n".join(tidy) + "\n" if tidy else ""
