"""The accounts of the system that appliances run as, one each; it must not start anything as one of them.

The name follows from the place of the data folder, so two appliances of one host have two accounts, and a start that
was cut off finds the account that it made.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import ApplianceError, ExitCode

FORMER = ("root", "nobody", "lockstep")
"""Whom files of an appliance belong to that an older version of ours started as root."""
_HOME, _SHELL = "/nonexistent", "/usr/sbin/nologin"
_BUSY = 10
"""``useradd``: somebody else changes the list of accounts just now."""
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the system."""

    name: str
    uid: int
    gid: int


def account_name(data: Path) -> str:
    """The name of the account of the appliance whose data lies in ``data``."""
    return f"lockstep-{hashlib.sha256(os.fsencode(os.path.realpath(data))).hexdigest()[:12]}"


def find_account(name: str) -> Account | None:
    """The account of that name, None if there is none."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def name_of(uid: int) -> str:
    """What an account is called, its number where nobody knows."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"account {uid}"


def former_owners() -> frozenset[int]:
    """The numbers of ``FORMER``."""
    return frozenset(found.uid for name in FORMER if (found := find_account(name)) is not None) | {0}


def account_for(data: Path) -> Account:
    """The account of the appliance in ``data``, made if it is not there. We are root.

    Raises ``ApplianceError`` when it cannot be made, or is no account that one lets go of root for.
    """
    name = account_name(data)
    found = find_account(name)
    if found is None:
        _make(name)
        found = find_account(name)
    if found is None:
        raise _not_made(name, "it was made, and the system does not know it")
    if found.uid == 0 or found.gid == 0:
        raise ApplianceError(
            f"The account {name} is root by another name, and Lockstep does not run as root. Remove it: userdel {name}"
        )
    return found


def _make(name: str) -> None:
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise _not_made(name, "this system has no useradd")
    words = ["--system", "--user-group", "--no-create-home", "--home-dir", _HOME, "--shell", _SHELL]
    said = ""
    for _ in range(_TRIES):
        done = subprocess.run(
            [program, *words, "--comment", "Lockstep appliance", name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode == 0 or find_account(name) is not None:
            return
        said = (done.stderr.strip() or f"useradd ended with code {done.returncode}").splitlines()[-1]
        if done.returncode not in {1, _BUSY}:  # the list is locked; the program waits by itself before it says so
            break
    raise _not_made(name, said)


def _not_made(name: str, why: str) -> ApplianceError:
    return ApplianceError(
        f"Lockstep does not run as root, and its account {name} could not be made: {why}. Make it with: useradd "
        f"--system --user-group --no-create-home --shell {_SHELL} {name}; or start Lockstep as an ordinary account.",
        ExitCode.FAILED,
    )
