"""What a process sees of the disk: opens a way through closed folders for itself and its children alone.

Programs and data may lie below a folder that is closed to everybody but root, such as ``/root``. Its rights are not
ours to change. So the process gets a view of its own, in which an empty folder covers the closed one and holds what is
needed at the place where it was, and nothing else. The view ends with the last process that has it; a ``kill -9``
leaves none.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from appliance.errors import ApplianceError, ExitCode
from appliance.system.linux_account import Account

# Numbers of linux/sched.h and linux/mount.h.
_NEW_VIEW = 0x00020000
_NOSUID, _NODEV, _NOEXEC = 2, 4, 8
_BIND, _REC, _SLAVE = 4096, 16384, 1 << 19
_libc = ctypes.CDLL(None, use_errno=True)


def closed_parent(path: Path, account: Account) -> Path | None:
    """The first folder on the way to ``path`` that ``account`` may not enter; None if the way is free."""
    for folder in reversed(path.absolute().parents):
        try:
            found = folder.stat()
        except FileNotFoundError:
            return None
        if not _may(found, account, stat.S_IXUSR):
            return folder
    return None


def _may(found: os.stat_result, account: Account, wanted: int) -> bool:
    """Whether the account has the rights that an owner would have by ``wanted``."""
    if found.st_uid == account.uid:
        needed = wanted
    elif found.st_gid == account.gid:
        needed = wanted >> 3
    else:
        needed = wanted >> 6
    return found.st_mode & needed == needed


def open_ways(account: Account, needed: Iterable[Path]) -> None:
    """Let ``account`` come to each of ``needed`` (folders, absolute), for this process and what it starts from now on.

    Nothing happens where the ways are free. We are root, on one thread. Raises ``ApplianceError`` when the system does
    not allow us a view of our own, or a folder itself is closed to the account.
    """
    folders = sorted({Path(os.path.realpath(one)) for one in needed})
    for folder in folders:
        if not _may(folder.stat(), account, stat.S_IRUSR | stat.S_IXUSR):
            raise _closed(folder, account)
    behind = {one: closed for one in folders if (closed := closed_parent(one, account)) is not None}
    if not behind:
        return
    try:
        _cover(behind)
    except OSError as error:
        first, closed = next(iter(behind.items()))
        raise ApplianceError(
            f"Lockstep does not run as root. Its account {account.name} may not enter {closed}, where {first} lies, "
            f"and a way of its own was not allowed ({error.strerror}). Put Lockstep and its data where everybody may "
            f"pass, such as /opt and /srv, or run: chmod o+x {closed}",
            ExitCode.DATA_FOLDER,
        ) from error
    for folder in folders:
        closed = closed_parent(folder, account)
        if closed is not None:
            raise _closed(closed, account)


def _closed(folder: Path, account: Account) -> ApplianceError:
    return ApplianceError(
        f"Lockstep does not run as root, and its account {account.name} may not read {folder}. "
        f"Run: chmod -R go+rX {folder}, or install Lockstep where everybody may read it, such as /opt.",
        ExitCode.DATA_FOLDER,
    )


def _cover(behind: dict[Path, Path]) -> None:
    """Cover the closed folders (the values) and bind what is needed of them (the keys) into what covers them."""
    _must(_libc.unshare(_NEW_VIEW))
    _mount("none", "/", "", _REC | _SLAVE)
    handles = {one: os.open(one, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC) for one in behind}
    covered: list[Path] = []
    for closed in sorted(set(behind.values())):
        if not any(one in closed.parents for one in covered):
            _mount("tmpfs", str(closed), "tmpfs", _NOSUID | _NODEV | _NOEXEC, "mode=0711,size=1m,nr_inodes=4096")
            covered.append(closed)
    bound: list[Path] = []
    for one, handle in handles.items():
        if not any(other in one.parents for other in bound):
            for folder in (*reversed(one.parents), one):
                if not folder.exists():
                    folder.mkdir()
                    folder.chmod(0o711)
            _mount(f"/proc/self/fd/{handle}", str(one), "", _BIND | _REC)
            bound.append(one)
        os.close(handle)


def _mount(what: str, place: str, kind: str, flags: int, options: str = "") -> None:
    words = (what.encode(), os.fsencode(place), kind.encode() or None)
    _must(_libc.mount(*words, ctypes.c_ulong(flags), options.encode() or None))


def _must(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
