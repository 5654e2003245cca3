"""What a process may do on Linux beyond its account, looked at and given up; it must not know whose process it is.

``no_new_privs`` stays for ever and goes on to every child: no program that it starts gains a right by being setuid or
by capabilities of its file. Capabilities are those of a thread; a child begins with those of the thread that starts it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import ApplianceError
from appliance.system.linux_account import Account

NET_BIND_SERVICE = 10
"""The right to listen on a port that the system keeps for root."""
_LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")
_UNPRIVILEGED_PORTS = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
# Numbers of linux/prctl.h and linux/capability.h.
_KEEPCAPS, _CAPBSET_DROP, _NO_NEW_PRIVS, _AMBIENT = 8, 24, 38, 47
_AMBIENT_RAISE, _AMBIENT_CLEAR = 2, 4
_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Half(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


@dataclass(frozen=True, slots=True)
class Rights:
    """What a process may do. ``uids``: real, effective, saved, of files; the capabilities are sets of bits."""

    uids: tuple[int, ...]
    gids: tuple[int, ...]
    groups: tuple[int, ...]
    inheritable: int
    permitted: int
    effective: int
    bounding: int
    ambient: int
    no_new_privs: bool
    cores: bool
    """Whether its memory is written to disk when it crashes."""


def rights_of(pid: int) -> Rights | None:
    """What the process ``pid`` may do; None if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
        limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    told = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    core = next((line.split()[4] for line in limits if line.startswith("Max core file size")), "unlimited")

    def numbers(name: str) -> tuple[int, ...]:
        return tuple(int(part) for part in told.get(name, ()))

    def bits(name: str) -> int:
        return int((told.get(name) or ["0"])[0], 16)

    return Rights(
        uids=numbers("Uid"),
        gids=numbers("Gid"),
        groups=numbers("Groups"),
        inheritable=bits("CapInh"),
        permitted=bits("CapPrm"),
        effective=bits("CapEff"),
        bounding=bits("CapBnd"),
        ambient=bits("CapAmb"),
        no_new_privs=told.get("NoNewPrivs") == ["1"],
        cores=core != "0",
    )


def needs_right(port: int) -> bool:
    """Whether the system keeps ``port`` for root."""
    try:
        return port < int(_UNPRIVILEGED_PORTS.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return port < 1024  # noqa: PLR2004 - what Linux begins with


def confine() -> None:
    """From now on neither we nor what we start gain a right, write a core, or make a file that others may read.

    Of what a start as root left us (see ``let_go_of_root``) no child gets anything, unless it is lent to it.
    """
    _prctl("no_new_privs could not be set", _NO_NEW_PRIVS, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    if _libc.prctl(_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0) == 0:
        with contextlib.suppress(OSError):
            kept = _permitted()
            _capset(kept, kept, 0)


def open_as_many_files_as_allowed() -> None:
    """From now on we and what we start may have as many files and connections open as this account may at most."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def let_go_of_root(account: Account, kept: frozenset[int] = frozenset()) -> None:
    """Become ``account`` for good, without groups, and without capabilities but ``kept``. We are root, on one thread.

    ``kept`` outlives the next program that is started (as *ambient* ones). Raises ``ApplianceError``: then we are still
    root, or half of it, and the caller ends.
    """
    bits = sum(1 << one for one in kept)
    try:
        _drop_bounding(kept)
        _prctl("capabilities could not be kept", _KEEPCAPS, 1 if kept else 0)
        os.setgroups([])
        os.setresgid(account.gid, account.gid, account.gid)
        os.setresuid(account.uid, account.uid, account.uid)
        _capset(bits, bits, bits)
        for one in kept:
            _prctl("a capability could not be kept", _AMBIENT, _AMBIENT_RAISE, one)
    except OSError as error:
        raise ApplianceError(
            f"Lockstep does not run as root, and could not become its account {account.name}: {error.strerror}. Give "
            "it the capabilities SETUID, SETGID and SETPCAP, or start it as an ordinary account."
        ) from error
    with contextlib.suppress(OSError):
        os.setuid(0)
        raise ApplianceError(f"The account {account.name} could become root again; nothing was started.")
    confine_before_exec()


def confine_before_exec() -> None:
    """``no_new_privs`` alone: the program that comes next begins with it."""
    _prctl("no_new_privs could not be set", _NO_NEW_PRIVS, 1)


@contextlib.contextmanager
def port_right_lent() -> Iterator[None]:
    """What this thread starts within the context may listen on ports of root, if we may ourselves."""
    bit = 1 << NET_BIND_SERVICE
    kept = _permitted()
    if not kept & bit:
        yield
        return
    _capset(kept, kept, bit)
    try:
        _prctl("the right to the gateway's port could not be lent", _AMBIENT, _AMBIENT_RAISE, NET_BIND_SERVICE)
        yield
    finally:
        _libc.prctl(_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
        _capset(kept, kept, 0)


def _drop_bounding(kept: frozenset[int]) -> None:
    last = int(_LAST_CAPABILITY.read_text(encoding="ascii"))
    for one in range(last + 1):
        if one in kept or _libc.prctl(_CAPBSET_DROP, one, 0, 0, 0) == 0:
            continue
        # Where even root may not drop it: with no_new_privs nobody gets what is left there.
        if ctypes.get_errno() not in {errno.EPERM, errno.EINVAL}:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _prctl(failed: str, *numbers: int) -> None:
    if _libc.prctl(*(ctypes.c_ulong(number) for number in (*numbers, 0, 0, 0, 0)[:5])) != 0:
        raise OSError(ctypes.get_errno(), f"{failed}: {os.strerror(ctypes.get_errno())}")


def _capset(effective: int, permitted: int, inheritable: int) -> None:
    halves = (_Half * 2)(
        *(
            _Half(effective >> shift & 0xFFFFFFFF, permitted >> shift & 0xFFFFFFFF, inheritable >> shift & 0xFFFFFFFF)
            for shift in (0, 32)
        )
    )
    if _libc.capset(ctypes.byref(_Header(_VERSION_3, 0)), halves) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _permitted() -> int:
    """The permitted capabilities of this thread."""
    halves = (_Half * 2)()
    if _libc.capget(ctypes.byref(_Header(_VERSION_3, 0)), halves) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(halves[0].permitted) | int(halves[1].permitted) << 32
