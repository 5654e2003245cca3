"""The main job on one machine: an appliance, two real trackers and an integration both ways, in the foreground.

Everything is made through the interfaces that people use (control, panel API), and every step looks before it
makes: a demonstration that was interrupted anywhere goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import click
from pydantic import BaseModel, ConfigDict

from appliance.agent import Agent, running_agent
from appliance.config import DataFolder, Wishes, load, save
from appliance.control.client import START_JOB, Client
from appliance.control.messages import ChangeReach, CreateCluster, CreateTenant
from appliance.demo.compare import PRIORITY_PAIRS, STATUS_PAIRS
from appliance.demo.rest import Visit
from appliance.demo.trackers import Tracker, Trackers, start_trackers
from appliance.demote import let_go
from appliance.errors import ApplianceError, ExitCode
from appliance.operations.check_demo import Verdict, check
from appliance.operations.connect_demo import End, connect
from appliance.operations.follow_demo import Follower, run_until_quiet, told
from appliance.panel import Panel
from appliance.progress import Bar

CLUSTER, TENANT, LOGIN = "cluster1", "tenant1", "admin"
INTEGRATION = "Help desk and Engineering"
NEWS_SECONDS = 0.5
WISHES = Wishes(other_ports=True)


class Kept(BaseModel):
    """``agent/demo.json`` (0600): the administrator's password, so that a second start can sign in."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    password: str


class Interrupted(Exception):
    """Raised in the main thread by SIGINT and SIGTERM."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What is asked for. ``say`` receives lines for people."""

    data: Path
    say: Callable[[str], None]
    check: bool = False
    console: bool = False


def demonstrate(wish: Demonstration) -> Verdict | None:
    """Run the demonstration until Ctrl-C, or until it has checked itself (its verdict then).

    Raises ``ApplianceError``. Whatever was started is stopped again.
    """
    with _interruptible(), contextlib.suppress(Interrupted):
        began = time.monotonic()
        agent = Agent(wish.data, WISHES)
        with _stopped_in_peace(wish), running_agent(agent), ThreadPoolExecutor(max_workers=1) as aside:
            coming = aside.submit(start_trackers, agent.folder, wish.say)
            try:
                trackers = _bring_up(agent, coming.result, wish)
                return _show(agent, trackers, wish, began)
            finally:
                # Also when we are interrupted while they are still coming up.
                with contextlib.suppress(ApplianceError):
                    coming.result().stop()
    return None


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        # Once is enough: a second Ctrl-C must not cut the clean stop short.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _stopped_in_peace(wish: Demonstration) -> Iterator[None]:
    try:
        yield
    except Interrupted:
        wish.say("Everything has stopped. Start again with the same command; it goes on from here.")
        raise


def _bring_up(agent: Agent, trackers: Callable[[], Trackers], wish: Demonstration) -> Trackers:
    with Client.of(agent.folder.root) as client:
        wish.say("Starting the database, the gateway and the cluster ...")
        client.await_job(client.job(START_JOB))
        status = client.status()
        if not any(cluster.name == CLUSTER for cluster in status.clusters):
            client.await_job(client.create_cluster(CreateCluster(name=CLUSTER)))
        made = next(cluster for cluster in client.status().clusters if cluster.name == CLUSTER)
        if not any(tenant.name == TENANT for tenant in made.tenants):
            request = CreateTenant(
                name=TENANT,
                title="Demonstration",
                admin_login=LOGIN,
                admin_email="admin@example.org",
                admin_password=_password(agent.folder),
            )
            client.await_job(client.create_tenant(CLUSTER, request))
    return trackers()


def _password(folder: DataFolder) -> str:
    place = folder.agent / "demo.json"
    try:
        return load(place, Kept).password
    except FileNotFoundError:
        kept = Kept(password=secrets.token_urlsafe(12))
        save(place, kept)
        return kept.password


def _sign_in(agent: Agent) -> Panel:
    panel = Panel(f"{TENANT}.{CLUSTER}.{agent.site.options.base_domain}", agent.site.options.http_port)
    panel.sign_in(LOGIN, _password(agent.folder))
    return panel


def _show(agent: Agent, trackers: Trackers, wish: Demonstration, began: float) -> Verdict | None:
    _let_trackers_be_reached(agent, trackers)
    panel = _sign_in(agent)
    window: subprocess.Popen[bytes] | None = None
    try:
        values = {"status": STATUS_PAIRS, "priority": PRIORITY_PAIRS}
        integration = connect(panel, _end(trackers.helpdesk), _end(trackers.engineering), INTEGRATION, values)
        _bring_in_step(panel, integration, trackers)
        if wish.check:
            return check(panel, integration, trackers, wish.say)
        wish.say(_welcome(agent, trackers, panel, time.monotonic() - began))
        window = _offer_console(agent, wish)
        follower = Follower(panel, integration)
        follower.skip()
        for hold in panel.get("holds"):
            wish.say(f"Held back: {hold['item_key']} ({hold['reason']})")
        wish.say("Edit either side in the browser; each change is shown here. Ctrl-C ends everything.")
        _follow(agent, trackers, follower, wish)
    finally:
        panel.close()
        if window is not None:
            window.terminate()  # what we opened ends with us; a kill -9 of ours leaves a window that says so
    return None


def _let_trackers_be_reached(agent: Agent, trackers: Trackers) -> None:
    """List the trackers for the cluster: they stand on this machine, which is closed to connections else."""
    places = tuple(urlsplit(one.url).netloc for one in (trackers.helpdesk, trackers.engineering))
    with Client.of(agent.folder.root) as client:
        client.change_reach(CLUSTER, ChangeReach(add=places))


def _bring_in_step(panel: Panel, integration: str, trackers: Trackers) -> None:
    bar = Bar(sys.stderr, "Bringing both in step")
    expected = None if panel.get("overview")["counts"]["pairs"] else _items_to_read(trackers)

    def seen(done: int, total: int | None, phase: str) -> None:
        whole = total or expected
        bar.show(done, max(done, whole) if whole else None, phase)

    try:
        run_until_quiet(panel, integration, seen)
    finally:
        bar.end()


def _items_to_read(trackers: Trackers) -> int:
    """What a backfill reads: the left side, then the right side with the twins it has got meanwhile."""
    numbers = []
    for tracker in (trackers.helpdesk, trackers.engineering):
        with Visit(tracker, tracker.integration) as visit:
            numbers.append(len(visit.members(tracker.item_class, "id", verbose=1)))
    return 2 * numbers[0] + numbers[1]


def _end(tracker: Tracker) -> End:
    account = tracker.integration
    settings = {"url": tracker.url, "login": account.login, "password": account.password}
    return End(tracker.title, "roundup", settings, frozenset({"password"}), tracker.item_class)


def _welcome(agent: Agent, trackers: Trackers, panel: Panel, seconds: float) -> str:
    pairs = panel.get("overview")["counts"]["pairs"]
    lines = [
        "",
        f"Both trackers are in step: {pairs} pairs ({seconds:.0f} s since the start).",
        f"  panel        {agent.site.cluster_url(CLUSTER, TENANT)}",
        f"               {agent.site.loopback_url(CLUSTER, TENANT)}   (this machine, without TLS)",
        f"               login {LOGIN}, password {_password(agent.folder)}",
    ]
    for tracker in (trackers.helpdesk, trackers.engineering):
        person = tracker.people[0]
        lines.append(f"  {tracker.title.ljust(11)}  {tracker.url}   login {person.login}, password {person.password}")
    return "\n".join([*lines, ""])


def _offer_console(agent: Agent, wish: Demonstration) -> subprocess.Popen[bytes] | None:
    """Open the console if that was asked for and there is a display; the window's process."""
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    command = f"lockstep console --data {agent.folder.root}"
    if not wish.console:
        if display:
            wish.say(f"The desktop console: {command} (or start with --console)")
        return None
    if not display:
        wish.say("There is no display here, so the desktop console is not opened.")
        return None
    return subprocess.Popen(
        [sys.executable, "-m", "gui", "--data", str(agent.folder.root)],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _follow(agent: Agent, trackers: Trackers, follower: Follower, wish: Demonstration) -> None:
    pause = threading.Event()
    troubled = False
    dead: tuple[str, ...] = ()
    while agent.failure is None:
        if trackers.dead() != dead:
            dead = trackers.dead()
            if dead:
                wish.say(f"{' and '.join(dead)} ended by itself. Start again with the same command to bring it back.")
        try:
            for line in follower.news():
                wish.say(told(line))
            troubled = False
        except ApplianceError as error:
            # The web process may be on its way back; it is told once and looked at again.
            if not troubled:
                wish.say(error.message)
            troubled = True
        pause.wait(NEWS_SECONDS)


def run(data: Path, *, check_itself: bool, console: bool) -> tuple[ExitCode, Verdict | None]:
    """Run the demonstration for the command line: the exit code, and the verdict when it checked itself."""

    def say(line: str) -> None:
        click.echo(line, err=check_itself)

    let_go(data, ["demo", *(["--check"] if check_itself else []), *(["--console"] if console else [])], WISHES)
    verdict = demonstrate(Demonstration(data, say, check_itself, console))
    if verdict is not None:
        return (ExitCode.OK if verdict.equal else ExitCode.UNEQUAL), verdict
    # A check that was interrupted has proved nothing.
    return (ExitCode.FAILED if check_itself else ExitCode.OK), None
