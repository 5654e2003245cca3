"""Looks at what really runs and lies there: whose it is, and what it may do; it changes nothing.

The other half of the doctor. It asks the system and not our own records, so it also finds what somebody changed.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from appliance.config import DataFolder
from appliance.control.messages import Check
from appliance.system.linux_account import name_of
from appliance.system.linux_folder import owner_of
from appliance.system.linux_rights import NET_BIND_SERVICE, Rights, rights_of

if TYPE_CHECKING:
    from appliance.site import Site

_GATEWAYS = 1 << NET_BIND_SERVICE
"""What the gateway may do besides, and nobody else: listen on ports that the system keeps for root."""


def examine_rights(site: Site) -> Iterator[Check]:
    """Whether the agent and each running member, with its children, is as it should be."""
    ours = os.geteuid()
    yield _check("agent", [os.getpid()], ours, _GATEWAYS)
    for keeper in site.supervision.all():
        pid = keeper.status().pid
        if pid is not None:
            allowed = _GATEWAYS if keeper.member.name == "gateway" else 0
            yield _check(keeper.member.name, [pid, *_children(pid)], ours, allowed)


def _children(pid: int) -> list[int]:
    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


def _check(name: str, pids: list[int], account: int, allowed: int) -> Check:
    found = [(pid, rights) for pid in pids if (rights := rights_of(pid)) is not None]
    wrong = [f"{fault} (pid {pid})" for pid, rights in found for fault in faults(rights, account, allowed)]
    lent = any(rights.permitted for _, rights in found)
    more = "with the right to ports of root alone" if lent else "without further rights"
    well = f"runs as {name_of(account)}, {more}"
    return Check(
        name=f"{name} rights",
        ok=not wrong,
        found="; ".join(wrong) or well,
        advice="Stop Lockstep and start it again; it never starts anything like this." if wrong else "",
    )


def faults(rights: Rights, account: int, allowed: int = 0) -> Iterator[str]:
    """What a process of ours should not be or be able to do. ``allowed``: capabilities that it may hold."""
    if 0 in rights.uids:
        yield "it is root"
    elif set(rights.uids) != {account}:
        yield f"it runs as {name_of(next(uid for uid in rights.uids if uid != account))}"
    if 0 in rights.gids or 0 in rights.groups:
        yield "it is of root's group"
    if (rights.permitted | rights.effective | rights.inheritable | rights.ambient) & ~allowed:
        yield "it holds capabilities"
    if not rights.no_new_privs:
        yield "it may gain rights from programs that it starts"
    if rights.cores:
        yield "it writes its memory to disk when it crashes"


def examine_folder(folder: DataFolder) -> Iterator[Check]:
    """Whether all of the data folder is its owner's, and what is secret is closed to everybody else."""
    owner = owner_of(folder.root)
    strange = next((path for path in _everything(folder) if owner_of(path) not in {owner, None}), None)
    root = owner == 0
    yield Check(
        name="data's owner",
        ok=strange is None and not root,
        found=(
            f"{strange} is {name_of(owner_of(strange) or 0)}'s"
            if strange is not None
            else f"all is {name_of(owner or 0)}'s"
        ),
        advice=(
            f"Stop Lockstep, then run: chown -hR {name_of(owner or 0)}: {folder.root}"
            if strange is not None
            else "An older version left this. The next start gives it to an account of its own."
            if root
            else ""
        ),
    )
    loose = next((path for path in _private(folder) if _mode(path) & 0o077), None)
    yield Check(
        name="secrets",
        ok=loose is None,
        found="readable by the owner alone" if loose is None else f"{loose} is open to others",
        advice="" if loose is None else f"Run: chmod go= {loose}",
    )


def _everything(folder: DataFolder) -> Iterator[Path]:
    """All files and folders but those of the demonstration's trackers, which are thousands. No link is followed."""
    for place in (folder.root, folder.postgres.resolve()):
        for top, folders, files in os.walk(place):
            with contextlib.suppress(ValueError):
                folders.remove("demo")
            yield from (Path(top) / name for name in (*folders, *files))


def _private(folder: DataFolder) -> Iterator[Path]:
    yield folder.root
    yield from (folder.keys, *folder.keys.iterdir())
    yield from (folder.agent, *folder.agent.iterdir())
    yield from (folder.logs, *folder.logs.iterdir())
    yield folder.clusters
    for place in folder.clusters.iterdir():
        yield from (place, *place.iterdir())
    data = folder.postgres.resolve() / "data"
    if data.is_dir():
        yield from (data, data / "pg_hba.conf", data / "postgresql.conf")


def _mode(path: Path) -> int:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return 0
    return 0 if stat.S_ISLNK(found.st_mode) else stat.S_IMODE(found.st_mode)
