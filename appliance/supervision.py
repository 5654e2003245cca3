"""Keeps members running: one thread a member looks after its start, health, restarts and end.

It must not know what a member is. A member that dies is started again after a pause that doubles from half a
second to half a minute, with a random part so that members do not restart in step.
"""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from appliance.control.messages import Health, MemberStatus
from appliance.errors import ApplianceError, ExitCode
from appliance.members.member import Member
from appliance.members.process import Running

LOOK_SECONDS = 0.3
"""How often it is seen whether a member still lives."""
HEALTH_SECONDS = 3.0
"""How often a running member is asked for its health; one that starts is asked at every look."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
WELL_SECONDS = 60.0
"""After so long in good health the pause begins small again."""


def pause_before(failures: int, chance: Callable[[], float] = random.random) -> float:
    """Seconds to wait before start number ``failures`` + 1; between half and all of the doubled pause."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
    return longest * (0.5 + 0.5 * chance())


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """What a keeper knows of its member now."""

    health: Health = Health.STOPPED
    message: str = ""
    restarts: int = 0
    since: datetime | None = None
    code: ExitCode = ExitCode.FAILED
    """Why it is in ``BACKOFF``; a cause that only a person can remove is told from one that may pass."""


LASTING = frozenset({ExitCode.DATA_FOLDER, ExitCode.PORT_IN_USE, ExitCode.USAGE})
"""Causes that another attempt does not remove."""


class Keeper:
    """Looks after one member on a thread of its own."""

    def __init__(self, member: Member, log: Callable[[str], None]) -> None:
        self.member = member
        self._log = log
        self._changed = threading.Condition()
        self._wanted = False
        self._closing = False
        self._again = False
        self._state = State()
        self._running: Running | None = None
        self._code = ExitCode.FAILED
        self._thread = threading.Thread(target=self._keep, name=f"keeper {member.name}", daemon=True)
        self._thread.start()

    # What others ask of it

    def want(self, running: bool) -> None:  # noqa: FBT001 - the one thing there is to want
        """Say whether the member shall run. Returns at once."""
        with self._changed:
            self._wanted = running
            self._changed.notify_all()

    def restart(self) -> None:
        """End the member and start it again. Returns at once; ``await_ready`` waits."""
        with self._changed:
            self._wanted = True
            self._again = self._running is not None
            if self._again:
                self._state = dataclasses.replace(self._state, health=Health.STOPPING)
            self._changed.notify_all()

    def close(self) -> None:
        """End the member for good and wait until it is gone."""
        with self._changed:
            self._wanted, self._closing = False, True
            self._changed.notify_all()
        self._thread.join()

    def await_ready(self, seconds: float, say: Callable[[str], None] = lambda _: None) -> None:
        """Wait until the member runs well. ``say`` hears what it is at.

        Raises ``ApplianceError`` when it died more than twice meanwhile, is not wanted any more, or the time is up. A
        member that may take as long as it takes (the database, after a crash) may die a few times more: what a killed
        server left holds its memory and its lock for a while.
        """
        deaths = 2 if self.member.patience is not None else 5
        deadline, heard = time.monotonic() + seconds, ""
        restarts = self.state.restarts
        while True:
            state = self.state
            if state.message != heard:
                heard = state.message
                if heard:
                    say(heard)
            if state.health is Health.RUNNING:
                return
            if state.health is Health.BACKOFF and state.code in LASTING:
                raise ApplianceError(state.message, state.code)
            if state.restarts > restarts + deaths or not self._wanted or time.monotonic() > deadline:
                reason = state.message or f"it is {state.health.value}"
                raise ApplianceError(
                    f"{self.member.name} does not come up: {reason.rstrip('.')}. See: lockstep logs {self.member.name}",
                    ExitCode.FAILED,
                )
            with self._changed:
                self._changed.wait_for(lambda seen=state: self._state is not seen, LOOK_SECONDS)  # type: ignore[misc]

    def await_stopped(self, seconds: float) -> None:
        """Wait until the member is gone. Raises ``ApplianceError`` when it is not in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._state.health is Health.STOPPED, seconds):
                raise ApplianceError(f"{self.member.name} did not end within {seconds:.0f} seconds.")

    @property
    def state(self) -> State:
        """What is known now."""
        with self._changed:
            return self._state

    def status(self) -> MemberStatus:
        """The member as the control interface shows it."""
        with self._changed:
            state, running = self._state, self._running
        usage = running.usage() if running is not None else None
        return MemberStatus(
            name=self.member.name,
            health=state.health,
            pid=running.pid if running is not None else None,
            port=self.member.port,
            cpu_percent=usage.cpu_percent if usage else 0.0,
            memory_bytes=usage.memory_bytes if usage else 0,
            restarts=state.restarts,
            since=state.since,
            message=state.message,
        )

    # The thread

    def _enter(
        self,
        health: Health,
        message: str = "",
        restarts: int | None = None,
        code: ExitCode = ExitCode.FAILED,
    ) -> None:
        with self._changed:
            before = self._state
            moved = before.health is not health
            self._state = State(
                health,
                message,
                before.restarts if restarts is None else restarts,
                datetime.now(UTC) if moved else before.since,
                code,
            )
            self._changed.notify_all()
        if moved:
            self._log(f"{self.member.name}: {health.value}{f', {message}' if message else ''}")

    def _say(self, message: str) -> None:
        self._enter(Health.STARTING, message)

    def _leave_wanted(self) -> bool:
        return not self._wanted or self._again or self._closing

    def _keep(self) -> None:
        failures = 0
        while True:
            self._code = ExitCode.FAILED
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._closing)
                if self._closing:
                    return
                self._again = False
            lived, reason = self._one_life()
            if reason is None:
                failures = 0
                self._enter(Health.STOPPED)
                continue
            failures = 1 if lived > WELL_SECONDS else failures + 1
            pause = pause_before(failures)
            self._enter(Health.BACKOFF, reason, self.state.restarts + 1, self._code)
            with self._changed:
                self._changed.wait_for(self._leave_wanted, pause)
                stop = not self._wanted
            if stop:
                self._enter(Health.STOPPED)

    def _one_life(self) -> tuple[float, str | None]:
        """Start the member and look after it until it ends: seconds it lived, and why if nobody wanted that."""
        self._enter(Health.STARTING)
        try:
            self.member.prepare(self._say)
            running = self.member.start(self._say)
        except ApplianceError as error:
            self._code = error.code
            return 0.0, error.message
        except Exception as error:  # noqa: BLE001 - a keeper must survive whatever a member does
            return 0.0, f"{type(error).__name__}: {error}"
        born = time.monotonic()
        with self._changed:
            self._running = running
        reason = self._watch(running)
        if reason is None or running.alive():
            self._enter(Health.STOPPING, reason or "")
            self.member.stop(running)
        with self._changed:
            self._running = None
        return time.monotonic() - born, reason

    def _watch(self, running: Running) -> str | None:
        asked, well_at, ever = 0.0, time.monotonic(), False
        while True:
            if not running.alive():
                return running.exit_sentence()
            now = time.monotonic()
            if not ever or now - asked >= HEALTH_SECONDS:
                finding = self.member.health(running)
                asked = now
                if finding.ready:
                    ever, well_at = True, now
                    self._enter(Health.RUNNING)
                else:
                    self._enter(Health.UNHEALTHY if ever else Health.STARTING, finding.message)
                    well_at = now if finding.awaits else well_at
                    patience = self.member.patience
                    if patience is not None and now - well_at > patience:
                        return f"it did not answer for {patience:.0f} seconds"
            with self._changed:
                # One that starts is looked at often, so that the start is not slower than it must be.
                if self._changed.wait_for(self._leave_wanted, LOOK_SECONDS if ever else 0.1):
                    return None


class Supervision:
    """All keepers of one appliance, in the order in which they were added."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._keepers: dict[str, Keeper] = {}
        self._closed = False

    def refuse_more(self) -> None:
        """From now on no member is added: everything is about to end."""
        with self._lock:
            self._closed = True

    def add(self, member: Member) -> Keeper:
        """Look after ``member`` from now on; it is not started yet."""
        with self._lock:
            if self._closed:
                raise ApplianceError("Lockstep is stopping.", ExitCode.NOT_RUNNING)
            keeper = Keeper(member, self._log)
            self._keepers[member.name] = keeper
        return keeper

    def get(self, name: str) -> Keeper:
        """The keeper of ``name``. Raises ``ApplianceError`` (NOT_FOUND)."""
        with self._lock:
            keeper = self._keepers.get(name)
            known = ", ".join(self._keepers) or "none"
        if keeper is None:
            raise ApplianceError(f"There is no member {name}. There are: {known}.", ExitCode.NOT_FOUND)
        return keeper

    def all(self) -> tuple[Keeper, ...]:
        """All keepers."""
        with self._lock:
            return tuple(self._keepers.values())

    def remove(self, names: Iterable[str]) -> None:
        """End these members at the same time and forget them."""
        with self._lock:
            gone = [self._keepers.pop(name) for name in names if name in self._keepers]
        for keeper in gone:
            keeper.want(running=False)
        for keeper in gone:
            keeper.close()
