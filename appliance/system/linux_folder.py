"""Whose a folder is, who could swap it, and how root hands it to an account; it must not know what lies in it.

Root follows no link here and hands over nothing that has another name outside: whoever could write in the folder before
must not come by a file of somebody else. The folder itself changes hands last, so a ``kill -9`` midway leaves one that
is still root's, and the next start goes through it again.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import ApplianceError, ExitCode
from appliance.system.linux_account import Account, name_of


def refuse_swappable(path: Path) -> None:
    """Raise ``ApplianceError`` (DATA_FOLDER) where anybody but root could put another folder in the place of ``path``.

    ``path`` is absolute, and need not be there yet; what is there of it is looked at.
    """
    if path.is_symlink():
        raise _refused(path, "is a link, and whoever may change the link decides where Lockstep writes")
    for folder in reversed(path.parents):
        _require_sure(folder)


def _require_sure(folder: Path) -> None:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    if found.st_uid != 0:
        raise _refused(folder, f"belongs to {name_of(found.st_uid)}, who could put another folder in its place")
    if stat.S_ISLNK(found.st_mode):
        real = Path(os.path.realpath(folder))
        for one in (*reversed(real.parents), real):
            _require_sure(one)
        return
    by_others = found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and found.st_gid != 0)
    if by_others and not found.st_mode & stat.S_ISVTX:
        raise _refused(folder, "may be written by others, who could put another folder in its place")


def _refused(place: Path, why: str) -> ApplianceError:
    return ApplianceError(
        f"Lockstep was started as root, and {place} {why}. Choose a folder with --data that only root can change (such "
        "as /var/lib/lockstep), or start Lockstep as an ordinary account.",
        ExitCode.DATA_FOLDER,
    )


def owner_of(path: Path) -> int | None:
    """The number of the account that the folder belongs to; None if it is not there. A link counts as itself."""
    try:
        return path.lstat().st_uid
    except FileNotFoundError:
        return None


def hand_over(top: Path, account: Account, former: frozenset[int]) -> None:
    """Make everything below ``top``, and then ``top``, the ``account``'s own, closed to everybody else.

    Only what belongs to ``former`` owners, or to the account already, is handed over. Raises ``ApplianceError``
    (DATA_FOLDER) before it touches a file of anybody else, or one that has another name outside of ``top``.
    """
    handle = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with _closed(handle):
        _require_ours(top, os.fstat(handle), account, former)
        names = Counter((found.st_dev, found.st_ino) for found in _walk(handle))
        _hand_over_within(_Handing(account, former, names), top, handle)
        _give(handle, os.fstat(handle), account)


@dataclass(frozen=True, slots=True)
class _Handing:
    """One hand-over: to whom, from whom, and how many names each file has within."""

    account: Account
    former: frozenset[int]
    names: Counter[tuple[int, int]]


def _hand_over_within(work: _Handing, folder: Path, handle: int) -> None:
    for name in os.listdir(handle):
        place = folder / name
        with _opened(name, handle) as entry:
            if entry is None:
                continue
            found = os.fstat(entry)
            _require_ours(place, found, work.account, work.former)
            if not stat.S_ISDIR(found.st_mode) and found.st_nlink > work.names[(found.st_dev, found.st_ino)]:
                raise _refused_file(place, "has another name outside of the folder")
            # First, so that a former owner puts nothing more into it.
            _give(entry, found, work.account)
            if stat.S_ISDIR(found.st_mode):
                inner = os.open(f"/proc/self/fd/{entry}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                with _closed(inner):
                    _hand_over_within(work, place, inner)


def _give(handle: int, found: os.stat_result, account: Account) -> None:
    """Change the owner of what ``handle`` is open on, whatever has its name by now."""
    place = f"/proc/self/fd/{handle}"
    os.chown(place, account.uid, account.gid)
    if not stat.S_ISLNK(found.st_mode):
        Path(place).chmod(stat.S_IMODE(found.st_mode) & 0o700)


def _walk(handle: int) -> Iterator[os.stat_result]:
    for name in os.listdir(handle):
        with contextlib.suppress(FileNotFoundError):
            found = os.stat(name, dir_fd=handle, follow_symlinks=False)
            yield found
            if stat.S_ISDIR(found.st_mode):
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
                with _closed(inner):
                    yield from _walk(inner)


def _require_ours(place: Path, found: os.stat_result, account: Account, former: frozenset[int]) -> None:
    if found.st_uid != account.uid and found.st_uid not in former:
        raise _refused_file(place, f"belongs to {name_of(found.st_uid)}")


def _refused_file(place: Path, why: str) -> ApplianceError:
    return ApplianceError(
        f"{place} {why}, so root does not hand it to the account of this appliance. If it is Lockstep's own, run: "
        f"chown -h root: {place}; else take it away, or choose another folder with --data.",
        ExitCode.DATA_FOLDER,
    )


@contextlib.contextmanager
def _closed(handle: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _opened(name: str, folder: int) -> Iterator[int | None]:
    """The entry itself, were it a link or a device; None if it is gone."""
    try:
        handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        yield None
        return
    with _closed(handle):
        yield handle
