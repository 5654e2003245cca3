"""A real Request Tracker (Debian's package) on loopback, seeded and thrown away; it must not use the machine's own."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.testbeds import debian, place

PACKAGES = ("msmtp-mta", "request-tracker5", "rt5-standalone", "rt5-db-sqlite")
_SERVER = "/usr/share/request-tracker5/libexec/rt-server"
_SEED = Path(__file__).parent / "request_tracker_seed.pl"
_DATABASE = "rt.sqlite3"
_CREDENTIALS = "credentials.json"
API = "/REST/2.0"


@dataclass(frozen=True, slots=True)
class RequestTracker:
    """A running RT. ``queue`` is its main queue's number, ``second`` another's, ``bare`` one without custom
    fields, ``approvals`` one with a workflow of its own.

    ``tokens`` by login: ``sync``, ``alice`` and ``bob`` work on tickets, ``root`` may do everything.
    """

    url: str
    folder: Path
    tokens: dict[str, str]
    queue: str
    second: str
    bare: str
    approvals: str

    @property
    def api(self) -> str:
        """Where its REST interface is."""
        return self.url + API

    def headers(self, login: str = "sync") -> dict[str, str]:
        """What a request of that user carries."""
        return {"Authorization": f"token {self.tokens[login]}"}


def install() -> None:
    """Install Debian's packages, as root; nothing to do when they are there."""
    # The smallest mailer satisfies RT's dependency; RT is told below to send no mail anyway.
    debian.install(PACKAGES, ("request-tracker5 request-tracker5/dbconfig-install boolean false",))


def why_not() -> str:
    """Why RT cannot be run here, empty when it can."""
    lacking = debian.missing(PACKAGES)
    return f"these Debian packages are not installed: {', '.join(lacking)} (make test installs them)" if lacking else ""


@contextmanager
def running(folder: Path, *, workers: int = 2) -> Iterator[RequestTracker]:
    """An RT of its own in ``folder`` (kept there between starts) on a free port."""
    source = place.template("request_tracker", _SEED.read_text() + "2", _build)
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    if not (folder / _DATABASE).exists():
        shutil.copy2(source / _CREDENTIALS, folder / _CREDENTIALS)
        shutil.copy2(source / _DATABASE, folder / _DATABASE)
    port = free_port()
    _configure(folder, port)
    seeded = json.loads((folder / _CREDENTIALS).read_text())
    bed = RequestTracker(f"http://127.0.0.1:{port}", folder, seeded["tokens"], **seeded["queues"])
    command = (
        _SERVER,
        "--server",
        "Starlet",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--max-workers",
        str(workers),
    )
    with place.serving(command, _environment(folder), folder, f"{bed.api}/rt", bed.headers("root")):
        yield bed


def _environment(folder: Path) -> dict[str, str]:
    # RT reads the machine-wide snippets unless it is given a folder of its own for them.
    return {"RT_SITE_CONFIG": str(folder / "RT_SiteConfig.pm"), "RT_SITE_CONFIG_DIR": str(folder / "site.d")}


def _configure(folder: Path, port: int) -> None:
    for name in ("site.d", "log", "mail", "mason", "sessions"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "RT_SiteConfig.pm").write_text(
        f"""
Set($rtname, 'testbed');
Set($Organization, 'example.test');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebPath, '');
Set($Timezone, 'UTC');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder / _DATABASE}');
Set($CorrespondAddress, 'rt\\@example.test');
Set($CommentAddress, 'rt-comment\\@example.test');
Set($MailCommand, 'mbox');       # mail goes to files here, none leaves
Set($BcryptCost, 4);             # each request's token is checked with it; a bed has no secrets
Set($HTMLFormatter, 'core');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set(%Lifecycles, approval => {{
    type => 'ticket',
    initial => ['draft'], active => ['review'], inactive => ['approved'],
    defaults => {{ on_create => 'draft' }},
    transitions => {{ '' => ['draft'], draft => ['review'], review => ['draft', 'approved'], approved => [] }},
    actions => ['draft -> review' => {{ label => 'Review' }}, 'review -> approved' => {{ label => 'Approve' }},
                'review -> draft' => {{ label => 'Back' }}],
}});
$RT::VarPath = '{folder / "mail"}';
$RT::MasonDataDir = '{folder / "mason"}';
$RT::MasonSessionDir = '{folder / "sessions"}';
1;
"""
    )


def _build(folder: Path) -> None:
    _configure(folder, 80)
    environment = _environment(folder)
    password = folder / "root-password"
    password.write_text("testbed-root\n")
    made = ("rt-setup-database-5", "--action", "init", "--root-password-file", str(password), "--skip-create")
    place.run_to_end(made, environment, folder / "log/build.log")
    seeding = ("perl", str(_SEED), str(folder / _CREDENTIALS))
    place.run_to_end(seeding, environment, folder / "log/seed.log")
    with sqlite3.connect(folder / _DATABASE) as database:
        # Reads go on during a write; the mode stays with the file.
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
