"""The address of an external PostgreSQL: taken whole or refused, and verified unless somebody asked for less.

No sentence of this module repeats the address, because the password is in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from appliance.errors import ApplianceError, ExitCode

EXAMPLE = "postgresql://USER@HOST:PORT/DATABASE"
SAFE = "verify-full"
"""Encrypted, and the server proves that it is the one of that name."""
WEAKER = {
    "disable": "nothing on the way to it is encrypted",
    "allow": "what is on the way to it may not be encrypted, and it need not prove who it is",
    "prefer": "what is on the way to it may not be encrypted, and it need not prove who it is",
    "require": "it need not prove who it is",
    "verify-ca": "any server with a certificate of the same authority passes for it",
}
_NEEDED = ("host", "dbname", "user", "password")
_KEPT = (
    "hostaddr", "port", "sslmode", "sslrootcert", "sslcrl", "sslcrldir", "sslcert", "sslkey", "sslsni",
    "ssl_min_protocol_version", "ssl_max_protocol_version", "sslnegotiation", "channel_binding", "gssencmode",
    "require_auth", "load_balance_hosts", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
    "tcp_user_timeout",
)  # fmt: skip
"""What an address may say besides. Every login of the cluster uses it, so what belongs to one login is not among it."""
_FILES = ("sslrootcert", "sslcrl", "sslcrldir", "sslcert", "sslkey")
_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where systems keep the authorities that they trust. PostgreSQL's library, as its package has it, looks elsewhere."""
_LAST_PORT = 65535
_PASSWORD = re.compile(r"://[^/@]*:[^@]+@|password\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """An address that was taken apart. ``parts``: by libpq's names, never empty ones."""

    parts: dict[str, str]

    @property
    def text(self) -> str:
        """The whole of it in one line, with the password; what it leaves to us is in it."""
        return make_conninfo("", **self._complete())

    @property
    def sslmode(self) -> str:
        """How the connection is kept from others. One that an older version wrote down may not say."""
        return self.parts.get("sslmode", "prefer")

    @property
    def weakness(self) -> str:
        """What somebody on the way could do; empty where nothing."""
        return WEAKER.get(self.sslmode, "")

    def settings(self, control_role: str, control_password: str) -> dict[str, object]:
        """The ``database`` part of a settings file, for another login."""
        complete = self._complete()
        port = complete.get("port", "5432")
        own = {*_NEEDED, "port", "sslmode"}
        return {
            "host": complete["host"],
            "port": int(port) if port.isdecimal() else port,
            "name": complete["dbname"],
            "control_role": control_role,
            "control_password": control_password,
            "sslmode": self.sslmode,
            "options": {name: value for name, value in complete.items() if name not in own},
        }

    def _complete(self) -> dict[str, str]:
        if self.sslmode not in {"verify-ca", SAFE} or "sslrootcert" in self.parts:
            return self.parts
        return {**self.parts, "sslrootcert": _authorities()}


def _authorities() -> str:
    return next((place for place in _AUTHORITIES if Path(place).exists()), "system")


def names_password(text: str) -> bool:
    """Whether a password is written into the address, however it is written."""
    try:
        return bool(conninfo_to_dict(text).get("password")) or bool(_PASSWORD.search(text))
    except psycopg.Error:
        return bool(_PASSWORD.search(text))


def with_password(text: str, password: str) -> str:
    """The address with its password. Raises ``ApplianceError`` (USAGE) when it is none."""
    return make_conninfo("", **{**_taken_apart(text), "password": password})


def given_address(text: str) -> Address:
    """An address as a person gives it: nothing of it is left out, and what it does not say is safe.

    Raises ``ApplianceError`` (USAGE).
    """
    parts = _taken_apart(text)
    missing = [part for part in _NEEDED if not parts.get(part)]
    if missing == ["password"]:
        raise _refused("The password of the database is missing; it is asked for apart from the address.")
    if missing:
        raise _refused(f"The database address lacks {' and '.join(missing)}. Write it as {EXAMPLE}")
    strange = sorted(set(parts) - set(_NEEDED) - set(_KEPT))
    if strange:
        raise _refused(
            f"The database address says {' and '.join(strange)}, which Lockstep does not take over for all of its "
            f"logins. Leave it out. It takes: {', '.join(_KEPT)}."
        )
    parts["port"] = _ports(parts)
    for name in _FILES:
        _require_file(name, parts.get(name))
    parts.setdefault("sslmode", SAFE)
    return Address(parts)


def kept_address(text: str) -> Address:
    """An address as it was written down. Raises ``ApplianceError``."""
    return Address(_taken_apart(text))


def _taken_apart(text: str) -> dict[str, str]:
    try:
        return {name: str(value) for name, value in conninfo_to_dict(text).items() if str(value)}
    except psycopg.Error as error:
        # The reason would repeat the address, and with it the password.
        raise _refused(f"The database address is not a valid one. Write it as {EXAMPLE}") from error


def _ports(parts: dict[str, str]) -> str:
    hosts = parts["host"].split(",")
    ports = [port or "5432" for port in parts.get("port", "5432").split(",")]
    if not all(port.isdecimal() and 1 <= int(port) <= _LAST_PORT for port in ports):
        raise _refused(f"A port in the database address is not a number from 1 to {_LAST_PORT}.")
    if len(ports) not in {1, len(hosts)}:
        raise _refused(f"The database address names {len(hosts)} hosts and {len(ports)} ports. Name a port for each.")
    return ",".join(ports)


def _require_file(name: str, place: str | None) -> None:
    if place is None or (name == "sslrootcert" and place == "system"):
        return
    if not Path(place).is_absolute():
        raise _refused(f"{name} in the database address must be a whole path, such as /etc/ssl/database.crt.")
    try:
        with Path(place).open("rb"):
            pass
    except IsADirectoryError:
        return
    except OSError as error:
        raise _refused(
            f"{name} in the database address names {place}, which the account that Lockstep runs as cannot read "
            f"({error.strerror}). Put the file where it can."
        ) from error


def _refused(sentence: str) -> ApplianceError:
    return ApplianceError(sentence, ExitCode.USAGE)
