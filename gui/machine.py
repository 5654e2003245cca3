"""Looks at this computer for the set-up: folders, ports, a database; it changes nothing and knows no Qt.

Every function may take seconds (a network folder, a firewall), so pages call them in a task.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import platformdirs
import psycopg

from gui.errors import Trouble

MARKER = "lockstep.json"
LEAST_POSTGRES = 150000
_CONNECT_SECONDS = 6
_TRIES = 40


class Folder(StrEnum):
    """What lies where the data is to be kept."""

    NEW = "new"
    EMPTY = "empty"
    OURS = "ours"
    FOREIGN = "foreign"
    NOT_WRITABLE = "not writable"
    NOT_A_FOLDER = "not a folder"


class Port(StrEnum):
    """Whether a port can be listened on."""

    FREE = "free"
    TAKEN = "taken"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What an external PostgreSQL said: its version as people write it, and where we are connected to."""

    version: str
    database: str
    user: str
    encrypted: bool


def usual_data_folder() -> Path:
    """Where the appliance's data lies when nobody says; the same place that the ``lockstep`` command takes."""
    named = os.environ.get("LOCKSTEP_DATA")
    if named:
        return Path(named)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/lockstep")
    return Path(platformdirs.user_data_dir("lockstep"))


def look_at_folder(path: Path) -> Folder:
    """Say whether ``path`` can hold the appliance's data. Raises nothing: what cannot be read is NOT_WRITABLE."""
    try:
        if path.exists() and not path.is_dir():
            return Folder.NOT_A_FOLDER
        if not path.exists():
            above = next(p for p in path.absolute().parents if p.exists())
            return Folder.NEW if above.is_dir() and os.access(above, os.W_OK | os.X_OK) else Folder.NOT_WRITABLE
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            return Folder.NOT_WRITABLE
        if is_ours(path):
            return Folder.OURS
        with os.scandir(path) as entries:
            return Folder.FOREIGN if any(entries) else Folder.EMPTY
    except OSError:
        return Folder.NOT_WRITABLE


def is_ours(path: Path) -> bool:
    """Whether ``path`` carries the mark of a Lockstep appliance."""
    try:
        marker = json.loads((path / MARKER).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(marker, dict) and marker.get("product") == "lockstep"


def look_at_port(port: int) -> Port:
    """Say whether ``port`` can be listened on now, by trying. Somebody may take it a moment later."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - the gateway listens on all addresses too
        except OSError as error:
            return Port.FORBIDDEN if error.errno in {errno.EACCES, errno.EPERM} else Port.TAKEN
    return Port.FREE


def free_port_from(port: int, taken: frozenset[int] = frozenset()) -> int:
    """The first port from ``port`` on that is free and not in ``taken``; ``port`` itself if none of the next is."""
    near = (number for number in range(port, min(port + _TRIES, 65535)) if number not in taken)
    return next((number for number in near if look_at_port(number) is Port.FREE), port)


def try_database(dsn: str) -> DatabaseFacts:
    """Connect to the external PostgreSQL as its owner and check what the appliance needs of it.

    Raises ``Trouble`` with the exact reason; the password is in none of its sentences.
    """
    try:
        with psycopg.connect(dsn, connect_timeout=_CONNECT_SECONDS, application_name="lockstep-console") as connection:
            number = connection.info.server_version
            row = connection.execute(
                "SELECT current_database(), current_user, rolcreaterole OR rolsuper, "
                "has_database_privilege(current_database(), 'CREATE'), "
                "EXISTS (SELECT 1 FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) "
                "FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        raise Trouble(_told(error)) from error
    if row is None:
        raise Trouble("PostgreSQL answered, but does not say who we are. Ask its administrator for an owner login.")
    version = f"{number // 10000}.{number % 10000}"
    if number < LEAST_POSTGRES:
        raise Trouble(f"This is PostgreSQL {version}; Lockstep needs 15 or newer.")
    database, user, makes_roles, makes_schemas, encrypted = row
    if not makes_roles:
        raise Trouble(
            f"The login {user} may not create roles, and each tenant gets its own. Run as an administrator of "
            f'PostgreSQL: ALTER ROLE "{user}" CREATEROLE'
        )
    if not makes_schemas:
        raise Trouble(
            f"The login {user} may not create schemas in {database}. Run as an administrator of PostgreSQL: "
            f'ALTER DATABASE "{database}" OWNER TO "{user}"'
        )
    return DatabaseFacts(version, str(database), str(user), bool(encrypted))


def _told(error: psycopg.Error) -> str:
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    first = first.removeprefix("connection failed: ")
    text = first.lower()
    if "password authentication failed" in text or "no password supplied" in text:
        return "PostgreSQL refused the login. Check the user name and the password."
    if "does not exist" in text and "database" in text:
        return f"{first.rpartition('FATAL:')[2].strip().capitalize()}. Create it first, owned by this login."
    if "does not support ssl" in text:
        return "This PostgreSQL does not encrypt. Have it do so, or add ?sslmode=disable to the address."
    if "certificate" in text:
        return (
            "This PostgreSQL does not prove that it is the one of that name. Add ?sslrootcert=FILE with the authority "
            "of its certificate, or a weaker sslmode, to the address."
        )
    if "connection refused" in text:
        return "Nothing answers at this address. Check host and port, and that PostgreSQL accepts network connections."
    if "timeout" in text:
        return f"No answer within {_CONNECT_SECONDS} seconds. Check host and port, and the firewall between."
    if "name or service not known" in text or "resolve" in text:
        return "The host's name cannot be resolved. Check its spelling."
    return f"PostgreSQL could not be used: {first.rstrip('.')}. Check the address."
