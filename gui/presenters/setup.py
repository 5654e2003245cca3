"""The first-run set-up: what was filled in, what is wrong with it, what it comes to; it must not look at disks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit

from gui.machine import Folder, Port

LEAST_PASSWORD = 15
_NAME = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOGIN = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
_LAST_PORT = 65535
_LONGEST_DOMAIN = 180
"""Room for TENANT.CLUSTER. in front within the 253 characters of a DNS name is more than this needs."""


@dataclass(frozen=True, slots=True)
class SetupForm:
    """All fields as they stand in the window, untouched."""

    data: str
    https_port: str = "8443"
    http_port: str = "8080"
    base_domain: str = "localhost"
    database: Literal["embedded", "external"] = "embedded"
    dsn: str = ""
    dsn_password: str = field(default="", repr=False)
    cluster: str = "cluster1"
    tenant: str = "tenant1"
    title: str = ""
    login: str = "admin"
    email: str = ""
    password: str = field(default="", repr=False)
    again: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at this computer found for the form: the folder, and each port that was asked about."""

    data: str = ""
    folder: Folder | None = None
    ports: tuple[tuple[int, Port], ...] = ()

    def port(self, number: int) -> Port | None:
        """What is known of port ``number``; None if it was not looked at."""
        return dict(self.ports).get(number)


def problems(form: SetupForm, found: Found) -> dict[str, str]:
    """Every field that is wrong, by its name in ``SetupForm``, with the sentence to show below it."""
    said = {
        "data": _folder(form, found),
        "https_port": _port(form.https_port, found),
        "http_port": _port(form.http_port, found) or _same(form),
        "base_domain": domain_problem(form.base_domain),
        "dsn": dsn_problem(form.dsn) if form.database == "external" else "",
        "cluster": name_problem(form.cluster),
        "tenant": name_problem(form.tenant),
        "login": login_problem(form.login),
        "email": email_problem(form.email),
        "password": password_problem(form.password, form.login, form.tenant),
        "again": "" if form.password == form.again else "The two passwords differ.",
    }
    return {name: sentence for name, sentence in said.items() if sentence}


def _folder(form: SetupForm, found: Found) -> str:
    path = form.data.strip()
    if not path:
        return "Choose where the appliance keeps its data."
    if found.data != path:
        return ""
    return {
        Folder.FOREIGN: "This folder holds other files. Choose an empty or a new one.",
        Folder.NOT_WRITABLE: "This account may not write here. Choose another folder, or ask for the right to.",
        Folder.NOT_A_FOLDER: "This is a file. Choose a folder.",
    }.get(found.folder or Folder.EMPTY, "")


def folder_note(form: SetupForm, found: Found) -> str:
    """What to say below the folder when nothing is wrong with it."""
    if found.data != form.data.strip():
        return "Everything is kept below this folder; removing it removes the appliance."
    return {
        Folder.OURS: "An appliance lives here already; it will be started and completed.",
        Folder.NEW: "The folder will be made.",
        Folder.EMPTY: "The folder is empty and writable.",
    }.get(found.folder or Folder.FOREIGN, "")


def port_number(text: str) -> int | None:
    """The port that ``text`` names, None if it names none."""
    try:
        number = int(text.strip())
    except ValueError:
        return None
    return number if 1 <= number <= _LAST_PORT else None


def _port(text: str, found: Found) -> str:
    number = port_number(text)
    if number is None:
        return f"A port is a number from 1 to {_LAST_PORT}."
    # An appliance that runs already holds its own ports.
    state = None if found.folder is Folder.OURS else found.port(number)
    if state is Port.TAKEN:
        return f"Another program uses port {number}. Choose another one."
    if state is Port.FORBIDDEN:
        return f"This account may not use port {number}. Choose one above 1023."
    return ""


def _same(form: SetupForm) -> str:
    same = port_number(form.http_port) == port_number(form.https_port)
    return "http and https need two different ports." if same else ""


def domain_problem(text: str) -> str:
    """What is wrong with a base domain such as ``localhost`` or ``sync.example.com``; empty if nothing."""
    domain = text.strip()
    if not domain:
        return "Name the domain below which the clusters get their subdomains."
    if domain != domain.lower():
        return "Write the domain in small letters."
    if len(domain) > _LONGEST_DOMAIN or not all(_LABEL.fullmatch(part) for part in domain.split(".")):
        return "A domain has letters, digits and hyphens between dots, such as sync.example.com."
    if domain.rsplit(".", 1)[-1].isdigit():
        return "This is an address, not a domain: subdomains need a name, such as sync.example.com."
    return ""


def name_problem(text: str) -> str:
    """What is wrong with the name of a cluster or tenant; empty if nothing."""
    if _NAME.fullmatch(text):
        return ""
    return "2 to 40 small letters, digits and hyphens, beginning with a letter: it becomes a subdomain."


def login_problem(text: str) -> str:
    """What is wrong with a login; empty if nothing."""
    return "" if _LOGIN.fullmatch(text) else "Letters, digits and . _ @ + - without spaces, at most 64."


def email_problem(text: str) -> str:
    """What is wrong with an e-mail address, which may be left out; empty if nothing."""
    if not text.strip():
        return ""
    local, _, domain = text.strip().rpartition("@")
    return (
        "" if local and " " not in text.strip() and domain_problem(domain.lower()) == "" else "Not an e-mail address."
    )


def password_problem(password: str, login: str, tenant: str) -> str:
    """What is wrong with the administrator's password; empty if nothing."""
    if len(password) < LEAST_PASSWORD:
        return f"At least {LEAST_PASSWORD} characters; a few random words are easy to remember."
    if password.strip().lower() in {login.lower() * n for n in range(1, 9)} | {tenant.lower() * n for n in range(1, 9)}:
        return "Too easy to guess from the names."
    if len(set(password)) < 5:  # noqa: PLR2004 - "aaaabbbbcccc"
        return "Too few different characters."
    return ""


def dsn_problem(dsn: str) -> str:
    """What is wrong with the address of an external PostgreSQL, written without its password; empty if nothing."""
    text = dsn.strip()
    example = "postgresql://owner@db.example.com:5432/lockstep"
    if not text:
        return f"Name the database, such as {example}"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return f"This address cannot be read; it looks like {example}"
    if parts.scheme not in {"postgresql", "postgres"}:
        return f"An address of PostgreSQL begins with postgresql://, such as {example}"
    if not parts.hostname or not parts.username:
        return f"The login and the host are missing; it looks like {example}"
    if not parts.path.strip("/"):
        return f"The name of the database is missing; it looks like {example}"
    if parts.password is not None:
        return "Write the password into its own field below, where nobody can read it."
    return ""


def full_dsn(dsn: str, password: str) -> str:
    """The address with the password in it, as PostgreSQL's own library reads it. Never show or log the result."""
    parts = urlsplit(dsn.strip())
    if not password:
        return urlunsplit(parts)
    user, _, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(scheme="postgresql", netloc=f"{user}:{quote(password, safe='')}@{place}"))


def tenant_address(form: SetupForm) -> str:
    """The address under which the first tenant will be reached."""
    return f"https://{form.tenant}.{form.cluster}.{form.base_domain.strip()}:{form.https_port.strip()}"
