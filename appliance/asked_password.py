"""How the command line comes by the password of an external database: never by an argument or a variable.

Arguments are shown to every account of the machine, variables to all that runs as the same account.
"""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import click

from appliance.config import read_plain
from appliance.database_address import given_address, names_password, with_password
from appliance.errors import ApplianceError, ExitCode

_HOW = "give --password-file FILE or --password-stdin, or type it when you are asked for it"


def whole_address(database: str | None, *, password_stdin: bool, password_file: Path | None) -> str | None:
    """The address with its password, None without an address. Raises ``ApplianceError`` (USAGE)."""
    if database is None:
        if password_stdin or password_file is not None:
            raise ApplianceError("A password goes with --database; the embedded one needs none.", ExitCode.USAGE)
        return None
    if names_password(database):
        raise ApplianceError(
            "There is a password in --database, where every account of this machine can read it, so it is not taken. "
            f"Change that password; leave it out of the address, and {_HOW}.",
            ExitCode.USAGE,
        )
    given_address(with_password(database, "to come"))  # what is wrong with the rest is told before anybody is asked
    if password_stdin and password_file is not None:
        raise ApplianceError("Choose one of --password-stdin and --password-file.", ExitCode.USAGE)
    if password_stdin:
        password = sys.stdin.readline()
    elif password_file is not None:
        password = _first_line(password_file)
    elif sys.stdin.isatty():
        password = click.prompt("Password of the database", hide_input=True, err=True)
    else:
        raise ApplianceError(f"The password of the database is missing: {_HOW}.", ExitCode.USAGE)
    password = password.rstrip("\r\n")
    if not password:
        raise ApplianceError("The password of the database is empty.", ExitCode.USAGE)
    return with_password(database, password)


def _first_line(place: Path) -> str:
    try:
        loose = stat.S_IMODE(place.stat().st_mode) & 0o077
        if loose:
            raise ApplianceError(f"{place} may be read by others. Run: chmod go= {place}", ExitCode.USAGE)
        lines = read_plain(place.resolve()).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ApplianceError(f"The password cannot be read from {place}: {error}.", ExitCode.USAGE) from error
    return lines[0] if lines else ""
