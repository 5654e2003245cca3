"""The desk of a tenant's thread: what wants to be worked, and each pass from its opening to its outcome.

A pass never raises but ``Fenced``: whatever else stops it becomes a sentence on the integration, and a time to try
again.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from server import faults
from server.connectors.pace import Share
from server.domain.errors import (
    Conflicting,
    CredentialsRefused,
    Fenced,
    LockstepError,
    NeedsRelease,
    PutRight,
    Slowed,
    Transient,
    Unavailable,
    Unreachable,
)
from server.domain.integration import Document, IntegrationState
from server.domain.item import Side
from server.services import sealing
from server.services.pacing import Paces
from server.services.scope import TenantScope
from server.services.sync import company, feed, left_out, makings
from server.services.sync.beside import apps_of, beside
from server.services.sync.ends import Ends
from server.services.sync.refusal import account_refused, forbids
from server.services.sync.routes import ROUTES, SHARES_OF, is_dry
from server.services.sync.wanted import Wanted, arrange
from server.services.sync.weight import Pages, TooMuchAtOnce
from server.services.sync.work import Revisits, Run, Work
from server.store import audit, connections, holds, integrations, lease, requests, runs, scans
from server.store.connections import Connection
from server.store.integrations import Integration
from server.store.requests import RELEASED, Request
from server.store.tenants import SyncState, ThreadState

_NEWS_SECONDS = 10.0
_CUT_OFF = "The run was interrupted; it is taken up again."
_RELEASED_MEANWHILE = "A person has released the integration meanwhile; the released run goes on."
_RESTART_SECONDS = 2.0
"""After so long a pass comes back that lost our own database: it is asked again, and no app is spared by waiting."""
_SEAL_SECONDS = 10.0
"""So often, and after each rest, it is looked whether comments are to be sealed or opened: a pass asks little."""
_SCAN_AGAIN_SECONDS = 3600.0
"""A scan that does not come through is asked for again after that long."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A pass that came through. ``next_hold``: seconds until a held item is due (None: none is)."""

    next_hold: float | None
    items: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A pass that was stopped by ``reason``; ``retry_after`` is in seconds, when the app said so.

    ``slowed``: no app failed, a connection rests for so long or our own database restarts.
    """

    reason: str
    retry_after: float | None = None
    slowed: bool = False


@dataclass(slots=True)
class Pass:
    """One pass under way: ``step`` takes it a page further. ``share``: what its next page is for."""

    desk: Desk
    wanted: Wanted
    pool: Executor
    work: Work | None = None
    _steps: Iterator[object] | None = None
    _cut_off: bool = False
    share: Share = field(init=False)
    began: float | None = None
    """When it took its first step, on a clock that never jumps."""

    def __post_init__(self) -> None:
        self.share = SHARES_OF.get(self.wanted.trigger, Share.LIVE)

    @property
    def name(self) -> str:
        """Its place in the schedule."""
        return self.wanted.name

    @property
    def busy(self) -> bool:
        """Whether it has found anything to do (a quiet pass is no news)."""
        return self.work is not None and self.work.run.id is not None

    def step(self) -> Finished | Broken | None:
        """Go a page further; None while there is more. Raises ``Fenced`` only."""
        log = self.desk.scope.log.bind(integration=self.wanted.row.name)
        caller = self.desk.paces.caller
        caller.share = self.share
        try:
            if self._steps is None:
                self.began = time.monotonic()
                self.work = self.desk.begin(self.wanted, self.pool)
                self._steps = ROUTES[self.work.run.trigger](self.work)
            elif not self.desk.still_wanted(self.wanted):
                self._steps = iter(())
                self._cut_off = True
            else:
                self.desk.heed_windows(self.wanted)
            if next(self._steps, None) is not None:
                return None
            return self._finish(self.work)
        except Fenced:
            raise
        except LockstepError as error:
            log.warning("the pass was stopped", reason=error.message, cause=repr(error.__cause__))
            return self._break(error)
        except MemoryError:
            log.error("there was no memory left for the pass")  # noqa: TRY400 - where it ran out says nothing
            return self._break(Unavailable("The sync process has no memory left for this pass; it is taken up again."))
        except Exception as error:
            log.exception("the pass failed in an unforeseen way")
            return self._break(LockstepError(f"Something unforeseen went wrong ({error}); the log has the details."))
        finally:
            self.share = caller.share

    def _finish(self, work: Work | None) -> Finished:
        if work is None:
            raise TypeError("a pass is begun before it is finished")
        stopped = self.desk.stopping()
        again = work.request is not None and (self._cut_off or stopped)
        feed.finish(work, _CUT_OFF if again else None, again=again, cut_off=self._cut_off, stopped=stopped)
        if not self.wanted.part and not self._cut_off and not work.run.message:
            self.desk.well(self.wanted)
        if self.wanted.trigger == "poll" and self.wanted.timetable.set_times:
            self.desk.keep_time(self.wanted)
        with self.desk.scope.reading() as tx:
            next_hold = holds.next_due(tx, self.wanted.row.id)
        return Finished(next_hold, work.run.done)

    def _break(self, error: LockstepError) -> Broken:
        message = error.message
        if isinstance(error, CredentialsRefused) or forbids(error):
            message = self.desk.pause_refused(self.wanted, error)
        if isinstance(error, PutRight | Conflicting):
            self.desk.ends.forget()
        if isinstance(error, TooMuchAtOnce):
            self.desk.pages.narrow(self.wanted.row.id)
            traceback.clear_frames(error.__traceback__)  # else its items might be held until somebody collects them
        if isinstance(error, NeedsRelease) and not self.desk.stop(self.wanted, message):
            return self._give_way()
        passing = isinstance(error, Transient | Unavailable)
        with suppress(LockstepError):  # the database may be what is out of reach; the thread says so then
            if isinstance(error, Slowed) and (self.work is None or self.work.run.id is None):
                pass  # nothing was begun, so there is nothing to tell of but the connection's pause
            elif self.work is not None:
                feed.finish(self.work, message, again=passing)
            elif not passing:
                self.desk.refuse(self.wanted, message)
            self.desk.trouble(self.wanted, message)
        if isinstance(error, Unreachable):
            return Broken(message, _RESTART_SECONDS, slowed=True)
        wait = error.retry_after if isinstance(error, Transient) else None
        return Broken(message, wait, slowed=isinstance(error, Slowed))

    def _give_way(self) -> Broken:
        """A person has released the integration, or changed it, meanwhile: what stopped this pass counts no more."""
        if self.work is not None and self.work.run.id is not None:
            with suppress(LockstepError):  # as in a break
                feed.finish(self.work, None, again=self.work.request is not None, cut_off=True)
        return Broken(_RELEASED_MEANWHILE, _RESTART_SECONDS, slowed=True)


@dataclass(slots=True)
class Desk:
    """Everything a tenant's thread keeps between passes.

    ``stopping`` says that it was told to end. ``before_write`` is called before anything is written to an app, and
    raises ``Fenced`` when the tenant may be another's by now. ``paces`` holds how fast each connection is asked.
    ``waited_for`` says whether anything else wants a turn.
    """

    scope: TenantScope
    epoch: int
    holder: str
    stopping: Callable[[], bool]
    before_write: Callable[[], None] | None = None
    paces: Paces = field(default_factory=Paces)
    waited_for: Callable[[], bool] = lambda: False
    ends: Ends = field(init=False)
    _opened: bool = False
    _scans: dict[tuple[str, int], float] = field(default_factory=dict)
    _unknown_since: dict[str, float] = field(default_factory=dict)
    _revisits: Revisits = field(default_factory=Revisits)
    _making: dict[str, set[int]] = field(default_factory=dict)
    _began: dict[str, dict[Side, datetime]] = field(default_factory=dict)
    _said: tuple[str, str, float, float] | None = None
    """What was said last, when, and when the next pass was to be then."""
    _seal_seen: float = -math.inf
    """When it was last looked whether the seal of private comments was switched."""
    pages: Pages = field(default_factory=Pages)
    _learned: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """Under which version and since when what was refused of an integration was compared with what its apps have."""
    _tenant: tuple[Sequence[Integration], Mapping[str, Connection]] = ((), {})
    """All integrations and connections of the tenant, as they were when somebody last asked what is wanted."""

    def __post_init__(self) -> None:
        self.ends = Ends(self.scope, self.before_write, self.paces)

    def open(self) -> None:
        """Shut out every earlier holder and end the runs that a killed process left. Raises ``Fenced``."""
        if self._opened:
            return
        with self.scope.transaction() as tx:
            lease.raise_fence(tx, self.epoch)
            for row in integrations.every(tx):
                runs.close_abandoned(tx, row.id)
        sealing.finish(self.scope)
        self._making = makings.take_over(self.scope, self.epoch)
        faults.reach("fence.raised")
        self._opened = True

    def rest(self, seconds: float) -> None:
        """Nothing is to be done for so long: let go of what would be read again anyway."""
        self._tenant, self._seal_seen = ((), {}), -math.inf
        self.ends.rest(seconds)

    def close(self) -> None:
        """Let go of the apps."""
        self.ends.close()

    def wanted(self) -> list[Wanted]:
        """The integrations that run, what apps told of them, and the runs that were asked for."""
        with self.scope.reading() as tx:
            looks = time.monotonic() >= self._seal_seen + _SEAL_SECONDS
            sealed = not looks or sealing.is_through(tx)
            rows = integrations.every(tx)
            ends = {one.id: one for one in connections.every(tx)} if rows else {}
        if not sealed:
            sealing.finish(self.scope)
        if looks:
            self._seal_seen = time.monotonic()
        self._tenant = rows, ends
        due = [row for row in rows if row.state is IntegrationState.RUNNING and self._scan_is_due(row)]
        if due:
            with self.scope.transaction() as tx:
                lease.check_fence(tx, self.epoch)
                for row in due:
                    requests.ask(tx, row.id, "scan", {}, "the schedule")
        asked: Sequence[Request] = ()
        if due or any(row.run_requested for row in rows):
            with self.scope.reading() as tx:
                asked = requests.waiting(tx)
        return arrange(rows, ends, asked)

    def next_scan(self) -> float:
        """Seconds until the next full scan of an integration that runs; only a look at the tenant asks for one."""
        running = {(row.id, row.version) for row in self._tenant[0] if row.state is IntegrationState.RUNNING}
        return min((at for one, at in self._scans.items() if one in running), default=math.inf) - time.monotonic()

    def _scan_is_due(self, row: Integration) -> bool:
        """Whether the integration's next full scan has come; the database is asked only when it may have."""
        hours, now = row.document.scan_hours, time.monotonic()
        if not hours or now < self._scans.get((row.id, row.version), 0.0):
            return False
        with self.scope.reading() as tx:
            seconds = scans.seconds_until_due(tx, row.id, hours)
        self._scans[row.id, row.version] = now + (seconds if seconds > 0 else _SCAN_AGAIN_SECONDS)
        return seconds <= 0

    def start(self, wanted: Wanted, pool: Executor) -> Pass:
        """A pass that has not taken its first step."""
        return Pass(self, wanted, pool)

    def begin(self, wanted: Wanted, pool: Executor) -> Work:
        """Open the integration. Raises what opening raises."""
        trigger = wanted.trigger
        pool = self.paces.pool(pool)
        mapping, left, right = self.ends.mapping(_document(wanted), wanted.connections, pool)
        work = Work(
            self.scope,
            wanted.row.id,
            wanted.row.name,
            mapping,
            left,
            right,
            pool,
            self.epoch,
            Run(trigger),
            self.stopping,
            wanted.request,
            is_dry(wanted.request),
            wanted.row.cap,
            self.paces.caller,
            self.pages.size(wanted.row.id, self.paces.items_a_turn(left.connection, right.connection)),
            wanted.row.version,
            wanted.row.shown,
            released=wanted.request is not None and bool(wanted.request.argument.get(RELEASED)),
            unknown_since=self._unknown_since,
            revisits=self._revisits,
            waited_for=lambda: self.waited_for() or not self.goes_on(wanted),
            others_wait=self.waited_for,
            began=self._began.setdefault(wanted.row.id, {}),
            making=self._making.setdefault(wanted.row.id, set()),
            apps=apps_of(_document(wanted), self._tenant[1]),
            beside=beside(wanted.row.id, *self._tenant),
        )
        if wanted.request is not None:
            work.begin_run()
        learned = (wanted.row.version, *self.ends.learned_at(_document(wanted)))
        if not work.dry and self._learned.get(work.integration) != learned:
            company.tell(work, wanted.row.shared)
            left_out.try_anew(work)
            self._learned[work.integration] = learned
        return work

    def refuse(self, wanted: Wanted, message: str) -> None:
        """Answer a request that could not even begin with a run that says why."""
        if wanted.request is None:
            return
        with self.scope.transaction() as tx:
            lease.check_fence(tx, self.epoch)
            run_id = runs.begin(tx, wanted.row.id, wanted.request.kind)
            runs.finish(tx, run_id, "failed", message, {})
            requests.answered(tx, wanted.request.id)

    def still_wanted(self, wanted: Wanted) -> bool:
        """Whether the integration is as it was when the pass began (not paused, changed or deleted since)."""
        with self.scope.reading() as tx:
            return integrations.token(tx, wanted.row.id, at_rest=wanted.request is not None) == wanted.token

    def goes_on(self, wanted: Wanted) -> bool:
        """Whether the pass may take another page: nothing has changed since, and no maintenance window has begun."""
        now = datetime.now(UTC)
        return wanted.timetable.opens(now) <= now and self.still_wanted(wanted)

    def heed_windows(self, wanted: Wanted) -> None:
        """Raises ``Slowed`` when a maintenance window has begun: the pass goes on when it is over."""
        now = datetime.now(UTC)
        opens = wanted.timetable.opens(now)
        if opens > now:
            raise Slowed(
                f"A maintenance window has begun; the rest follows at {opens:%H:%M} UTC.", (opens - now).total_seconds()
            )

    def keep_time(self, wanted: Wanted) -> None:
        """Record that a set time was kept."""
        with self.scope.transaction() as tx:
            lease.check_fence(tx, self.epoch)
            integrations.worked(tx, wanted.row.id)

    def well(self, wanted: Wanted) -> None:
        """Take back what was said to be wrong, if anything was."""
        if wanted.row.problem:
            self._say(wanted, "")

    def trouble(self, wanted: Wanted, message: str) -> None:
        """Say what is wrong with the integration."""
        if wanted.row.problem != message:
            self._say(wanted, message)

    def pause_refused(self, wanted: Wanted, error: LockstepError) -> str:
        """Pause the connection whose app refuses our account, with one alert; a sentence that names it.

        A kill before the commit leaves the connection as it was; the next pass is refused again and comes here.
        """
        for end in self.ends.opened(wanted.row.document):
            refusal = account_refused(end)
            if refusal is not None:
                message = f"{end.name} refuses the account of this connection: {refusal}"
                with self.scope.transaction() as tx:
                    lease.check_fence(tx, self.epoch)
                    if connections.pause(tx, end.connection, message):
                        audit.add(tx, "Lockstep", "connection paused", end.name, {"reason": message})
                return message
        return error.message

    def stop(self, wanted: Wanted, message: str) -> bool:
        """Pause the integration, with the reason, until a person has looked at it; False where one has already.

        Who released it meant what this pass has met: it was released since the pass began, or the run that may go
        beyond has not come through yet. Both are looked at under the row that a release changes, so that neither comes
        between; and no commit pauses it without saying why.
        """
        row = wanted.row.id
        with self.scope.transaction() as tx:
            lease.check_fence(tx, self.epoch)
            integrations.hold_still(tx, row)
            if integrations.token(tx, row, at_rest=wanted.request is not None) != wanted.token:
                return False
            mine = wanted.request.id if wanted.request is not None else None
            if any(one.argument.get(RELEASED) and one.id != mine for one in requests.of_integration(tx, row)):
                return False
            integrations.pause(tx, row)
            integrations.say(tx, row, message)
        return True

    def say(self, state: ThreadState, message: str, next_pass: float | None) -> None:
        """Tell the cluster how the tenant's thread is; ``next_pass`` is in seconds from now.

        The same news is repeated every few seconds at most: a quiet pass writes nothing else, and shall not here.
        """
        now = time.monotonic()
        due = now + (next_pass or 0.0)
        if self._said is not None and self._said[:2] == (state, message):
            at, said = self._said[2:]
            if now - at < _NEWS_SECONDS and abs(due - said) < _NEWS_SECONDS:
                return
        self._said = (state, message, now, due)
        moment = datetime.now(UTC)
        after = moment + timedelta(seconds=next_pass) if next_pass is not None else None
        with suppress(LockstepError):  # the next news comes soon; what is wrong then is in the log
            self.scope.say(SyncState(state, message, self.holder, moment if state == "idle" else None, after))

    def _say(self, wanted: Wanted, message: str) -> None:
        with self.scope.transaction() as tx:
            lease.check_fence(tx, self.epoch)
            integrations.say(tx, wanted.row.id, message)


def _document(wanted: Wanted) -> Document:
    """The integration's document, or the one that a preview was asked for before it is saved."""
    asked = wanted.request.argument.get("document") if wanted.request is not None else None
    return wanted.row.document if asked is None else integrations.document_of(asked)
