"""Lets go of root before an agent opens its folder, its ports or its log; it must not start anything else.

As root it looks that the data folder is nobody else's, gives the appliance an account of its own, hands the folder over
to it, and goes on as that account with the same process: the next program begins without root, without capabilities and
without what was open. A ``kill -9`` before that leaves an account and a folder that the next start takes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

import appliance
from appliance.config import DataFolder, Options, Wishes, find_data_folder, load_options, require_space, told_plainly
from appliance.control.client import read_control_file
from appliance.errors import ApplianceError, ExitCode
from appliance.members.postgres_place import moved_home
from appliance.members.process import find_left, left_names
from appliance.system.linux import lock, port_owner, require_port
from appliance.system.linux_account import Account, account_for, account_name, former_owners, name_of
from appliance.system.linux_folder import hand_over, owner_of, refuse_swappable
from appliance.system.linux_rights import NET_BIND_SERVICE, confine, let_go_of_root, needs_right
from appliance.system.linux_view import open_ways

_KEPT = ("PATH", "TZ", "TMPDIR", "LANG", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "NO_COLOR")
_KEPT_KINDS = ("LC_", "PIP_", "QT_", "SSL_CERT_")
"""Of a person's session: what an agent and the demonstration need, and nothing that may hold a secret of theirs."""


def agent_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What an agent gets of the session that starts it, and what it needs to find the product."""
    kept = {name: value for name, value in environment.items() if name in _KEPT or name.startswith(_KEPT_KINDS)}
    return {**kept, "PYTHONPATH": str(Path(appliance.__file__).parent.parent)}


def let_go(data: Path, words: Sequence[str], wishes: Wishes) -> None:
    """Return as an ordinary account that gains no right any more; as root, become the appliance's own one first.

    In the latter case this does not return: ``lockstep WORDS --data DATA`` begins anew in its place, with the same
    process id. Raises ``ApplianceError`` when root could be let go of for no account, or the folder is not sure.
    """
    if os.geteuid() != 0:
        confine()
        return
    account = _prepare(data)
    ports = _public_ports(data, account, wishes)
    open_ways(account, [data, *_programs()])
    let_go_of_root(account, frozenset({NET_BIND_SERVICE}) if any(map(needs_right, ports)) else frozenset())
    os.chdir("/")
    command = [sys.executable, "-m", "appliance", *words, "--data", str(data)]
    os.execve(command[0], command, {**agent_environment(), "HOME": "/nonexistent"})  # noqa: S606 - it is our own


def _prepare(data: Path) -> Account:
    """The appliance's account, to which the data folder belongs from now on."""
    refuse_swappable(data)
    owner = owner_of(data)
    if owner not in {None, 0} and name_of(owner or 0) != account_name(data):
        raise ApplianceError(
            f"{data} belongs to {name_of(owner or 0)}, and Lockstep was started as root. Start it as that account, or "
            f"choose another folder with --data. If it was moved here, give it to root first: chown -hR root: {data}",
            ExitCode.DATA_FOLDER,
        )
    folder = find_data_folder(data) or DataFolder(data)
    account = account_for(data)
    if owner == account.uid:
        return account
    with told_plainly(data):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_space(data)
        _take_over(folder, account)
    return account


def _take_over(folder: DataFolder, account: Account) -> None:
    """Hand a new folder, or one that an older version used as root, to the account. Nothing of ours works on it."""
    former = former_owners()
    held = lock_folder(folder) if folder.agent.is_dir() else None
    try:
        _end_left(folder, former)
        moved = moved_home(folder)
        if moved is not None:
            hand_over(moved, account, former)
        hand_over(folder.root, account, former)
    finally:
        if held is not None:
            os.close(held)


def _end_left(folder: DataFolder, former: frozenset[int]) -> None:
    """End what an older agent left running as root or nobody: the account could not look after it."""
    if not folder.members.is_dir():
        return
    for name in {"postgres", "gateway", *left_names(folder)}:
        left = find_left(folder, name)
        with contextlib.suppress(psutil.Error):
            if left is not None and left.process.uids().real in former:
                left.end((signal.SIGINT if name == "postgres" else signal.SIGTERM, 60.0))


def lock_folder(folder: DataFolder) -> int:
    """Lock the folder for one agent. Raises ``ApplianceError`` (ALREADY_RUNNING) when another has it."""
    with told_plainly(folder.lock):
        held = lock(folder.lock)
    if held is None:
        other = read_control_file(folder.root)
        raise ApplianceError(
            f"Lockstep runs already with its data in {folder.root}{f' (pid {other.pid})' if other else ''}. "
            f"Look at it with: lockstep status --data {folder.root}, "
            f"or end it with: lockstep stop --data {folder.root}",
            ExitCode.ALREADY_RUNNING,
        )
    return held


def _public_ports(data: Path, account: Account, wishes: Wishes) -> tuple[int, int]:
    """The two public ports. Raises ``ApplianceError`` for one that is taken: only root sees by whom."""
    options = wishes.applied(load_options(DataFolder(data)) or Options())
    host = "127.0.0.1" if options.base_domain == "localhost" else ""
    public = (("--https-port", options.https_port, host), ("--http-port", options.http_port, "127.0.0.1"))
    for option, port, address in public:
        if not wishes.other_ports and port_owner(port) not in {None, account.uid}:
            require_port(port, option, address)
    return options.https_port, options.http_port


def _programs() -> list[Path]:
    """The folders that the product needs to run: the interpreter, its packages, itself."""
    places = [sys.prefix, sys.base_prefix, str(Path(appliance.__file__).parent.parent), *sys.path]
    return [Path(place).absolute() for place in dict.fromkeys(places) if place and Path(place).is_dir()]
