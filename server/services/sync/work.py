"""What every step of a pass is given: the integration, its two ends, its run; it must not do any step itself."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from server import faults
from server.connectors.base import Connector
from server.connectors.pace import Caller
from server.connectors.room import Held
from server.domain.errors import Gone, Unreadable
from server.domain.item import Head, Item, Side
from server.domain.lineage import Maker, maker_of
from server.domain.operation import Operation
from server.domain.pair import Pair
from server.domain.rules import Precedence
from server.engine.guard import Harm
from server.engine.mapping import CompiledType
from server.engine.mapping import Mapping as Compiled
from server.services.pacing import NO_LIMIT
from server.services.scope import TenantScope
from server.services.sync.stumble import Stumbled
from server.store import lease, requests, runs
from server.store.pairs import Lately
from server.store.requests import Request


@dataclass(frozen=True, slots=True)
class End:
    """One end of an integration at work."""

    side: Side
    name: str
    connection: str
    connector: Connector


@dataclass(frozen=True, slots=True)
class Beside:
    """Another integration of the tenant. ``ends``: each end's app (its kind and address) and container."""

    integration: str
    name: str
    ends: Mapping[Side, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Again:
    """A person wants items looked at again: both sides of a pair, whatever the first one says.

    ``hard``: every mapped field of ``side`` (None: of the pair's origin) counts as changed.
    """

    hard: bool = False
    side: Side | None = None


@dataclass(slots=True)
class Run:
    """How far this pass has come. A run is written down only once there is something to tell.

    ``trigger`` says why: ``poll``, or the kind of the request that it answers.
    """

    trigger: str
    id: str | None = None
    phase: str = ""
    done: int = 0
    total: int | None = None
    uncounted: str = ""
    """Whose items are not in ``total`` yet, by name: their feed has not begun."""
    counts: Counter[str] = field(default_factory=Counter)
    cancelled: bool = False
    message: str = ""
    """What there is to say of a run that came through."""
    harm: Harm = field(default_factory=Harm)
    """What this pass has ended and overwritten so far, for the guard."""
    troubled: bool = False
    """Something was held back or failed: the run ends as ``partial``."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Operations by kind: of a dry run those that it would have carried out, else those that count against a cap."""
    people: set[str] = field(default_factory=set)
    """Who stands in a user field of an item that a dry run would have written."""


@dataclass(slots=True)
class Revisits:
    """When the next round of each integration is, by the pass's clock, and how far the others' turn has come."""

    due: dict[str, float] = field(default_factory=dict)
    place: dict[str, Lately] = field(default_factory=dict)
    compared: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The version of each integration, and the two shapes, that were held against what was shown when it was saved."""


@dataclass(frozen=True, slots=True)
class Work:
    """An integration, opened. ``epoch`` is the lease under which every commit of this pass is made.

    ``request`` is what a person asked for, None for a poll; ``dry``: nothing is written to an app, and to the database
    only what would have been done. ``cap``: what the first run may do at most, by kind of operation (None: no cap).
    ``caller.share`` says what the requests at hand are for; ``turn``: how many
    items are worked before others have theirs.
    ``version`` is the document's; ``align``: whose value counts where two were never in step (None: by each field's
    policy).
    """

    scope: TenantScope
    integration: str
    name: str
    mapping: Compiled
    left: End
    right: End
    pool: Executor
    epoch: int
    run: Run
    stopping: Callable[[], bool]
    request: Request | None = None
    dry: bool = False
    cap: Mapping[str, int] | None = None
    caller: Caller = field(default_factory=Caller)
    turn: int = NO_LIMIT
    version: int = 0
    shown: Mapping[str, Any] | None = None
    """What both apps showed when the document was saved (None: that was not kept)."""
    align: Precedence | None = None
    again: Again | None = None
    released: bool = False
    """A person has looked and lets this run pass the guard."""
    clock: Callable[[], float] = time.monotonic
    unknown_since: dict[str, float] = field(default_factory=dict)
    """When this process first looked for an unconfirmed create in vain, by ``clock`` and the operation's id."""
    wait: Callable[[float], object] = time.sleep
    stumbled: Stumbled = field(default_factory=Stumbled)
    waited_for: Callable[[], bool] = lambda: False
    """Whether anybody else wants a turn, or this pass is wanted no more: then it stops after the page at hand."""
    others_wait: Callable[[], bool] = lambda: False
    """The first half of that, which asks no database."""
    made: set[tuple[Side, str]] = field(default_factory=set)
    """The items that this pass has made."""
    making: set[int] = field(default_factory=set)
    """What this process has said of twins that are being made, and not taken back: see ``makings``."""
    began: dict[Side, datetime] = field(default_factory=dict)
    """The apps' own times when this process looked first at what is made in their containers."""
    revisits: Revisits = field(default_factory=Revisits)
    apps: Mapping[Side, str] = field(default_factory=dict)
    """The apps of the two ends, as in ``Beside``."""
    beside: tuple[Beside, ...] = ()
    app_clocks: dict[Side, tuple[datetime, float]] = field(default_factory=dict)
    """What each app's own clock showed last, where it tells, and when that was, by a clock that never jumps."""

    def end(self, side: Side) -> End:
        """One end."""
        return self.left if side is Side.LEFT else self.right

    def at_once(self, most: int) -> int:
        """How many items a page has: ``most``, or fewer where an app is slow or pages took too much memory."""
        return max(1, min(most, self.turn))

    @property
    def maker(self) -> Maker:
        """Who makes the twins of this integration, as their correlation ids say it."""
        return maker_of(self.scope.id, self.integration)

    def app_clock(self, side: Side) -> datetime | None:
        """What the app's own clock shows by now, going by its last answer; None: it did not tell."""
        known = self.app_clocks.get(side)
        return None if known is None else known[0] + timedelta(seconds=time.monotonic() - known[1])

    def ids(self) -> Iterator[str]:
        """Fresh random ids."""
        while True:
            yield str(uuid4())

    def begin_run(self) -> str:
        """The id of this pass's run, written down now if it was not yet. Raises ``Fenced``."""
        if self.run.id is None:
            with self.scope.transaction() as tx:
                lease.check_fence(tx, self.epoch)
                self.run.id = runs.begin(tx, self.integration, self.run.trigger)
                if self.request is not None:
                    requests.begun(tx, self.request.id, self.run.id)
            faults.reach("run.begun")
        return self.run.id


@dataclass(slots=True)
class Look:
    """One item on its way through a page: what is known of it, and what became of it.

    ``item`` is the item of ``side``, ``twin`` the one on the other side. ``failure`` ends its way.
    """

    side: Side
    item_id: str
    head: Head | None = None
    pair: Pair | None = None
    type: CompiledType | None = None
    item: Item | None = None
    twin: Item | None = None
    failure: Exception | None = None
    open: tuple[Operation, ...] = ()
    """Operations of an earlier pass whose outcome is unknown."""
    asked_at: float = 0.0
    """When the app was asked, by ``Work.clock``, what an unconfirmed create of the twin has made."""
    held: bool = False
    """It was held before this pass, and has its times: a pass has fewer tries for it."""
    afresh: bool = False
    """It was refused, and what that rests on may be otherwise now: everything is tried once more."""
    again: bool = False
    """It stumbled in this very pass: another failure counts as no further attempt."""
    copied: bool = False
    """A person copied an item of ours, with the correlation id in it: that says nothing of where this one is from."""
    root: int | None = None
    """The number of its original (None: nobody has asked)."""
    kin: str = ""
    """Why it is not copied although it has no twin here: a sentence that names the item that it would double."""
    deleted: Side | None = None
    """Where a deletion of ours, whose answer was lost, did take the item; or somebody has merged it meanwhile."""
    room: Held | None = None
    """What its items take in memory, where that is much."""
    merged: dict[Side, str] = field(default_factory=dict)
    """Into which items the two were merged, by side."""

    @property
    def is_gone(self) -> bool:
        """Whether the item or its twin was deleted."""
        return isinstance(self.failure, Gone)

    @property
    def key(self) -> str:
        """What people call the item."""
        if self.item is not None:
            return self.item.key
        if self.pair is None and isinstance(self.failure, Unreadable):
            return self.failure.item
        return (self.pair.on(self.side).key if self.pair else "") or self.item_id
