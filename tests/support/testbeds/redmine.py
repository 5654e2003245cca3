"""A real Redmine (Debian's package) on loopback, seeded and thrown away; it must not use the machine's own."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.testbeds import debian, place

PACKAGES = ("redmine", "redmine-sqlite", "puma")
_APP = Path("/usr/share/redmine")
_SEED = Path(__file__).parent / "redmine_seed.rb"
_DATABASE = "redmine.sqlite3"
_SAY = "File.write('{}', JSON.dump(said))\n"
_UP = "../" * 8
"""Redmine looks for its instance below its own folder; this climbs out of it."""

KEYS = {
    "admin": "1" * 40,
    "sync": "2" * 40,
    "alice": "3" * 40,
    "bob": "4" * 40,
}
"""API keys by login. ``sync`` and ``alice`` see private notes, ``bob`` does not. A loopback bed has no secrets."""


@dataclass(frozen=True, slots=True)
class Redmine:
    """A running Redmine. ``project`` is its main project's number, ``second`` another's."""

    url: str
    folder: Path
    project: str = "1"
    second: str = "2"
    keys: dict[str, str] = field(default_factory=lambda: dict(KEYS))

    def headers(self, login: str = "sync") -> dict[str, str]:
        """What a request of that user carries."""
        return {"X-Redmine-API-Key": self.keys[login]}


def install() -> None:
    """Install Debian's packages, as root; nothing to do when they are there."""
    answers = ("redmine redmine/instances/default/dbconfig-install boolean false",)
    debian.install(PACKAGES, answers, repair=debian.give_gems_their_folders)


def why_not() -> str:
    """Why Redmine cannot be run here, empty when it can."""
    lacking = debian.missing(PACKAGES)
    return f"these Debian packages are not installed: {', '.join(lacking)} (make test installs them)" if lacking else ""


@contextmanager
def running(folder: Path, *, text_format: str = "textile", threads: int = 1) -> Iterator[Redmine]:
    """A Redmine of its own in ``folder`` (kept there between starts) on a free port.

    ``text_format`` is textile, markdown or common_mark. More than one thread makes SQLite refuse some writes with
    500, as a busy server might.
    """
    folder = _laid_out(folder)
    port = free_port()
    _set(folder / _DATABASE, {"host_name": f"127.0.0.1:{port}", "text_formatting": text_format})
    url = f"http://127.0.0.1:{port}"
    command = (
        "puma",
        "--quiet",
        "-e",
        "production",
        "-t",
        f"1:{threads}",
        "-b",
        f"tcp://127.0.0.1:{port}",
        "config.ru",
    )
    bed = Redmine(url, folder)
    environment = _environment(folder) | {"PWD": str(_APP)}
    with place.serving(command, environment, folder, f"{url}/users/current.json", bed.headers("admin")):
        yield bed


def told(folder: Path, script: str, given: object) -> Any:
    """What a Ruby script says within a Redmine of its own in ``folder``, whose pages nobody asks for.

    The script finds ``given`` as ``GIVEN``; the last thing in it is what it says. Both are such as JSON has.
    """
    folder = _laid_out(folder)
    program, asked, said = (folder / name for name in ("script.rb", "given.json", "said.json"))
    program.write_text(f"GIVEN = JSON.parse(File.read('{asked}'))\nsaid = begin\n{script}\nend\n" + _SAY.format(said))
    asked.write_text(json.dumps(given))
    command = ("bundle", "exec", "rails", "runner", str(program))
    place.run_to_end(command, _environment(folder), folder / "log/script.log", _APP)
    return json.loads(said.read_text())


def _laid_out(folder: Path) -> Path:
    """The folder with a seeded Redmine's files and database in it."""
    source = place.template("redmine", _SEED.read_text() + "1", _build)
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    if not (folder / _DATABASE).exists():
        shutil.copy2(source / _DATABASE, folder / _DATABASE)
    _configure(folder)
    return folder


def _environment(folder: Path) -> dict[str, str]:
    instance = _UP + str(folder).lstrip("/")
    return {"RAILS_ENV": "production", "REDMINE_INSTANCE": instance, "SCHEMA": "/dev/null"}


def _configure(folder: Path) -> None:
    for name in ("config", "files", "log", "tmp", "public/plugin_assets"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "config/database.yml").write_text(
        f"production:\n  adapter: sqlite3\n  database: {folder / _DATABASE}\n  encoding: utf8\n  timeout: 10000\n"
    )
    # No mail leaves.
    (folder / "config/configuration.yml").write_text("default:\n  email_delivery:\n    delivery_method: :test\n")
    (folder / "config/secret_key.txt").write_text("0123456789abcdef0123456789abcdef\n")


def _build(folder: Path) -> None:
    debian.give_gems_their_folders()
    _configure(folder)
    environment = _environment(folder)
    log = folder / "log/build.log"
    place.run_to_end(("bundle", "exec", "rake", "db:migrate"), environment, log, _APP)
    keys = {f"{login.upper()}_KEY": key for login, key in KEYS.items()}
    place.run_to_end(("bundle", "exec", "rails", "runner", str(_SEED)), environment | keys, log, _APP)
    with sqlite3.connect(folder / _DATABASE) as database:
        # Reads go on during a write; the mode stays with the file.
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _set(database_file: Path, settings: dict[str, str]) -> None:
    database = sqlite3.connect(database_file)
    with database:
        for name, value in settings.items():
            database.execute("DELETE FROM settings WHERE name = ?", (name,))
            database.execute(
                "INSERT INTO settings(name, value, updated_on) VALUES (?, ?, datetime('now'))", (name, value)
            )
    database.close()
