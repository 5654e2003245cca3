"""Makes, starts and stops the two real Roundup trackers of the demonstration; it must not know what is synced.

Everything lies below ``demo/`` in the data folder: ``venv`` (Roundup in an interpreter of its own), ``helpdesk`` and
``engineering``. An environment counts when the checksum of its requirements was written into it, which comes last; a
tracker is made beside its place and moved there when it is whole. So what a ``kill -9`` leaves is made anew by the
next start. The serving processes end when we end, however we end; the next start waits for the end of any that still
does, or ends it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from appliance.config import DataFolder, read_json, require_space, told_plainly, write_private
from appliance.errors import ApplianceError
from appliance.members.process import Running, find_left, forget, start_process

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE.parents[1] / "requirements" / "roundup.txt"
READY_SECONDS = 30.0
LEAVING_SECONDS = 5.0
"""How long a tracker of a start that was killed may take to notice."""
HASTE = 0.05
PEOPLE_PASSWORD = "demo"  # noqa: S105 - people try both trackers with it; they listen on loopback and hold seed data


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account in both trackers."""

    login: str
    name: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What one tracker shall be: its name, its template and the ports it would like."""

    name: str
    title: str
    template: str
    item_class: str
    port: int
    seed: int


@dataclass(frozen=True, slots=True)
class Tracker:
    """A running tracker. ``url`` has no slash at its end and may have another port at the next start."""

    name: str
    title: str
    template: str
    url: str
    item_class: str
    folder: Path
    integration: Person
    admin: Person
    people: tuple[Person, ...]


PLANS = (
    Plan("helpdesk", "Help desk", "classic", "issue", 8801, 20),
    Plan("engineering", "Engineering", "devel", "bug", 8802, 11),
)
PEOPLE = tuple(
    Person(login, name, f"{login}@example.test", PEOPLE_PASSWORD)
    for login, name in (
        ("alice", "Alice Lindström"),
        ("bob", "Bob Müller"),
        ("chloe", "Chloé Dubois"),
        ("dragana", "Dragana Đorđević"),
        ("nikos", "Νίκος Παπαδόπουλος"),
        ("yuki", "佐藤 由紀"),
    )
)


class Trackers:
    """The two running trackers; leaving the context stops them."""

    def __init__(self, helpdesk: Tracker, engineering: Tracker, folder: DataFolder, running: Sequence[Running]) -> None:
        self.helpdesk = helpdesk
        self.engineering = engineering
        self._folder = folder
        self._running = tuple(running)

    def dead(self) -> tuple[str, ...]:
        """The titles of those that do not run any more."""
        both = (self.helpdesk, self.engineering)
        return tuple(one.title for one, running in zip(both, self._running, strict=True) if not running.alive())

    def stop(self) -> None:
        """End both and wait until they are gone."""
        for running in self._running:
            running.send(signal.SIGTERM)
        for plan, running in zip(PLANS, self._running, strict=True):
            running.end((signal.SIGTERM, LEAVING_SECONDS))
            forget(self._folder, _member(plan))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def start_trackers(
    folder: DataFolder,
    say: Callable[[str], None] = lambda _: None,
    requirements: Path = REQUIREMENTS,
) -> Trackers:
    """Start both trackers, made and filled first if they are not there yet.

    ``say`` hears what takes time. ``requirements``: the file that pip installs Roundup from. Raises
    ``ApplianceError`` when Roundup cannot be installed, or a tracker cannot be made or does not come up.
    """
    home = folder.root / "demo"
    with told_plainly(home):
        home.mkdir(mode=0o700, exist_ok=True)
    python = _environment(home / "venv", requirements, say)
    running: list[Running] = []
    try:
        with ThreadPoolExecutor(max_workers=len(PLANS)) as pool:
            waits = [pool.submit(_start, folder, plan, python, running, say) for plan in PLANS]
            helpdesk, engineering = [wait.result() for wait in waits]
    except BaseException:
        for one in running:
            one.end((signal.SIGTERM, LEAVING_SECONDS))
        raise
    order = [next(one for one in running if one.pid == tracker[1]) for tracker in (helpdesk, engineering)]
    return Trackers(helpdesk[0], engineering[0], folder, order)


def _environment(venv: Path, requirements: Path, say: Callable[[str], None]) -> Path:
    """The interpreter that has Roundup, made when the requirements are new."""
    python, marker = venv / "bin" / "python", venv / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    with contextlib.suppress(OSError):
        if marker.read_text(encoding="ascii").strip() == wanted and python.exists():
            return python
    say("installing Roundup, once")
    require_space(venv.parent)
    shutil.rmtree(venv, ignore_errors=True)
    failed = "Roundup could not be installed with pip"
    _run([sys.executable, "-m", "venv", "--without-pip", str(venv)], failed)
    # Our own pip works on the other environment: putting one into it would take longer than all the rest.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--quiet"]
    _run([*pip, "--no-compile", "--require-hashes", "--requirement", str(requirements)], failed)
    write_private(marker, f"{wanted}\n")
    return python


def _start(
    folder: DataFolder, plan: Plan, python: Path, running: list[Running], say: Callable[[str], None]
) -> tuple[Tracker, int]:
    """Start one tracker; it and its process id. Every process started is in ``running``, whatever happens."""
    place = folder.root / "demo" / plan.name
    _end_left(folder, plan)
    if not place.exists():
        say(f"filling the {plan.title.lower()} tracker, once")
        _make(place, plan, python)
    one = start_process(
        folder,
        _member(plan),
        [str(python), "-I", str(HERE / "serve.py"), str(place), *map(str, _ports(place, plan))],
        place=place,
        environment={"PYTHONUNBUFFERED": "1"},
        hold_stdin=True,
    )
    running.append(one)
    url = _await(one, place, plan, folder)
    accounts = json.loads((place / "accounts.json").read_text(encoding="utf-8"))
    return Tracker(
        plan.name,
        plan.title,
        plan.template,
        url,
        plan.item_class,
        place,
        integration=Person(**accounts["integration"]),
        admin=Person(**accounts["admin"]),
        people=PEOPLE,
    ), one.pid


def _member(plan: Plan) -> str:
    return f"demo/{plan.name}"


def _end_left(folder: DataFolder, plan: Plan) -> None:
    left = find_left(folder, _member(plan))
    if left is not None and not left.wait(LEAVING_SECONDS):
        left.end((signal.SIGTERM, LEAVING_SECONDS))
    forget(folder, _member(plan))


def _ports(place: Path, plan: Plan) -> list[int]:
    """The port of the last time, so that addresses that people kept stay right, then the usual one."""
    served = read_json(place / "served.json") or {}
    last = served.get("port")
    return [last, plan.port] if isinstance(last, int) else [plan.port]


def _make(place: Path, plan: Plan, python: Path) -> None:
    """Install, initialise and fill a tracker beside ``place``, then move it there."""
    require_space(place.parent)
    beside = place.with_name(f"{place.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    with told_plainly(place.parent):
        beside.mkdir(mode=0o700)
    admin = Person("admin", "Administrator", "admin@example.test", secrets.token_urlsafe(18))
    integration = Person("lockstep", "Lockstep", "lockstep@example.test", secrets.token_urlsafe(18))
    order = {
        "home": str(beside),
        "title": plan.title,
        "item_class": plan.item_class,
        "content": str(HERE / "content" / f"{plan.name}.txt"),
        "address": f"http://127.0.0.1:{plan.port}/",
        "now": datetime.now(UTC).isoformat(),
        "seed": plan.seed,
        "admin": _told(admin),
        "integration": _told(integration),
        "people": [_told(person) for person in PEOPLE],
    }
    failed = f"The {plan.title.lower()} tracker of the demonstration could not be made"
    _run([str(python.with_name("roundup-admin")), "-i", str(beside), "install", plan.template, "sqlite"], failed)
    _run([str(python), "-I", str(HERE / "seed.py")], failed, json.dumps(order))
    accounts = {"admin": _told(admin), "integration": _told(integration)}
    write_private(beside / "accounts.json", json.dumps(accounts, ensure_ascii=False) + "\n")
    beside.replace(place)


def _told(person: Person) -> dict[str, str]:
    return {"login": person.login, "name": person.name, "email": person.email, "password": person.password}


def _run(command: list[str], failed: str, told: str = "") -> None:
    """Run ``command`` with ``told`` on its input. Raises ``ApplianceError``: ``failed`` and its last words."""
    # A mailer's own debug setting would win over the tracker's; nothing else of the environment matters.
    environment = {name: value for name, value in os.environ.items() if name != "SENDMAILDEBUG"}
    try:
        done = subprocess.run(
            command, input=told, capture_output=True, text=True, encoding="utf-8", check=False, env=environment
        )
    except OSError as error:
        raise ApplianceError(f"{failed}: {error}.") from error
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise ApplianceError(f"{failed}: {words}")


def _await(running: Running, place: Path, plan: Plan, folder: DataFolder) -> str:
    """The address of a tracker as soon as it answers."""
    deadline = time.monotonic() + READY_SECONDS
    log = folder.log_of(_member(plan))
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < deadline:
            if not running.alive():
                raise ApplianceError(
                    f"The {plan.title.lower()} tracker does not start: {running.exit_sentence()}. See {log}"
                )
            served = read_json(place / "served.json") or {}
            if served.get("pid") == running.pid:
                url = f"http://127.0.0.1:{served['port']}"
                with contextlib.suppress(requests.RequestException):
                    if session.get(f"{url}/rest", timeout=5).status_code < 500:  # noqa: PLR2004 - it answers
                        return url
            time.sleep(HASTE)
    raise ApplianceError(f"The {plan.title.lower()} tracker did not answer within {READY_SECONDS:.0f} s. See {log}")
