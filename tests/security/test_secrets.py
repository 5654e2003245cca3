"""No secret lies in clear where it need not: not in a log, a file, the list of processes, a message, or a core.

One whole run of the real appliance, with what succeeds and what fails: wrong passwords, an app that repeats what it was
sent, a statement that PostgreSQL refuses, web and database away. Then everything is searched for every secret.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import re
import signal
import struct
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
import requests
from psycopg import sql

from appliance.config import DataFolder, load_options
from appliance.control.client import Client
from appliance.control.messages import Verb
from appliance.members.postgres import Postgres
from server.domain.integration import Document, SideSettings
from server.domain.mapping import FieldMapping, TypeMapping
from server.services.cluster import Cluster
from server.settings import read_settings
from server.store import integrations
from tests.security.told import Planted, Shown, files_below, forms, shown_meanwhile
from tests.support.installation import ROOT, Installation, eventually, new_installation

pytestmark = [pytest.mark.postgres, pytest.mark.e2e]  # the whole product starts: not for test-fast
HOST = "anna.north.localhost"
PRIVATE = ("clusters/north/secrets.json", "clusters/north/settings.json")


class _Repeats(BaseHTTPRequestHandler):
    """An app that repeats all that it was sent in an error, as some do."""

    def _answer(self) -> None:
        body = f"{self.path}\n{self.headers}".encode()
        self.send_response(HTTPStatus.UNAUTHORIZED if "users" in self.path else HTTPStatus.INTERNAL_SERVER_ERROR)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names that the server calls

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def app_that_repeats() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Repeats)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class Visitor:
    """A browser at the gateway that keeps what it is given."""

    def __init__(self, installation: Installation) -> None:
        self.base = f"http://127.0.0.1:{installation.http_port}"
        self.headers = {"Host": f"{HOST}:{installation.http_port}"}
        self.said: list[str] = []

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        with requests.Session() as once:
            once.trust_env = False
            answer = once.request(
                method,
                f"{self.base}{path}",
                json=body,
                headers={**self.headers, **headers},
                timeout=60,
                allow_redirects=False,
            )
            while answer.status_code == HTTPStatus.ACCEPTED and "/answers/" in answer.headers.get("Location", ""):
                place = urlsplit(answer.headers["Location"]).path
                answer = once.get(f"{self.base}{place}", headers={**self.headers, **headers}, timeout=60)
        if path != "/api/v1/session" or not answer.ok:
            self.said.append(answer.text)  # the one answer that tells a token, to whom it belongs
        return answer

    def sign_in(self, login: str, password: str) -> tuple[str, str]:
        """The cookie and the CSRF token of a new session, which later requests carry."""
        answer = self.ask("POST", "/api/v1/session", {"login": login, "password": password})
        assert answer.ok, answer.text
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        csrf = str(answer.json()["csrf"])
        self.headers.update({"Cookie": cookie, "X-CSRF-Token": csrf})
        return cookie.partition("=")[2], csrf


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    (number,) = struct.unpack_from(">I", digest, digest[-1] & 15)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


class Run:
    """One run of the appliance, and what came of it."""

    def __init__(self, installation: Installation, shown: Shown) -> None:
        self.installation, self.shown = installation, shown
        self.folder = DataFolder(installation.data)
        self.planted = Planted()
        self.printed: list[str] = []

    def lockstep(self, *words: str, stdin: str = "") -> str:
        done = self.installation.lockstep(*words, stdin=stdin)
        assert done.code == 0, done.err
        self.printed += [done.out, done.err]
        return done.out

    # What happens

    def begin(self) -> None:
        done = self.installation.start()
        assert done.code == 0, done.err
        self.lockstep("cluster", "create", "north")
        self.lockstep("cluster", "reach", "north", "--add", "127.0.0.1")
        password = self.planted.plant("administrator's password", "Grüße von 7 Zebras!")
        self.lockstep("tenant", "create", "anna", "--password-stdin", stdin=f"{password}\n")
        self._plant_our_own()

    def _plant_our_own(self) -> None:
        plant, north = self.planted.plant, self.folder.cluster("north")
        plant("master key", (self.folder.keys / "master").read_text(), "keys/master")
        plant("superuser's password", (self.folder.keys / "postgres").read_text(), "keys/postgres")
        plant("control token", self.installation.control().token, "agent/control.json")
        kept = json.loads((north / "secrets.json").read_text())
        for name, secret in kept.items():
            if isinstance(secret, str):
                plant(name, secret, *PRIVATE, "gateway/caddy.json")
        # The owner signs in to make tenants alone; what runs all the time does not know it, nor does the gateway.
        self.planted.places["owner_password"] = frozenset({PRIVATE[0]})
        self.planted.places["control_password"] = frozenset(PRIVATE)
        self.planted.places["node_token"] = frozenset(PRIVATE)

    def work(self, app: str) -> Visitor:
        plant = self.planted.plant
        visitor = Visitor(self.installation)
        cookie, csrf = visitor.sign_in("admin", self.planted.secrets["administrator's password"])
        plant("session's cookie", cookie)
        plant("CSRF token", csrf)
        second = plant("viewer's password", "vier und zwanzig Elche")
        vera = visitor.ask("POST", "/api/v1/users", {"login": "vera", "role": "viewer", "password": second})
        self._second_factor(second)
        link = visitor.ask("POST", f"/api/v1/users/{vera.json()['user']['id']}/password-link")
        visitor.said.pop()
        self.reset = plant("link to choose a password", re.findall(r"[A-Za-z0-9_-]{20,}", link.json()["path"])[-1])
        visitor.ask("POST", "/api/v1/password", {"token": self.reset, "password": "kurz"})
        settings = {"url": app, "api_key": plant("app's key", "c0ffee" * 6)}
        trial = {"kind": "redmine", "settings": {**settings, "api_key": plant("tried key", "decade" * 6)}}
        visitor.ask("POST", "/api/v1/connections/test", trial)
        made = visitor.ask("POST", "/api/v1/connections", {"name": "one", "kind": "redmine", "settings": settings})
        self.connection = str(made.json()["id"])
        visitor.ask("POST", f"/api/v1/connections/{self.connection}/test", {})
        for kind in ("containers", "types?container=1", "users"):
            visitor.ask("GET", f"/api/v1/connections/{self.connection}/{kind}")
        token = visitor.ask("POST", "/api/v1/tokens", {"name": "script"})
        visitor.said.pop()
        self.token = plant("API token", str(token.json()["token"]))
        visitor.ask("GET", "/api/v1/session", Authorization=f"Bearer {self.token}")
        hook = visitor.ask("POST", f"/api/v1/connections/{self.connection}/webhook")
        visitor.said.pop()
        self.hook = urlsplit(hook.json()["url"]).path
        plant("webhook's secret", self.hook.rpartition("/")[2])
        visitor.ask("POST", self.hook, {"issue": {"id": 1}})
        link = urlsplit(self.installation.must("tenant", "open", "anna")["url"])
        self.link = f"{link.path}?{link.query}"
        plant("one-time token", parse_qs(link.query)["token"][0])
        entered = visitor.ask("GET", self.link)
        assert entered.status_code in {302, 303}
        plant("entered session's cookie", entered.headers["Set-Cookie"].partition(";")[0].partition("=")[2])
        return visitor

    def _second_factor(self, password: str) -> None:
        viewer, plant = Visitor(self.installation), self.planted.plant
        for name, secret in zip(("cookie", "CSRF token"), viewer.sign_in("vera", password), strict=True):
            plant(f"viewer's {name}", secret)
        made = viewer.ask("POST", "/api/v1/account/second-factor", {"current": password})
        factor = plant("second factor", str(made.json()["secret"]))
        codes = viewer.ask("POST", "/api/v1/account/second-factor/confirm", {"code": code_of(factor)})
        for number, code in enumerate(codes.json()["codes"]):
            plant(f"recovery code {number}", code)
        first = codes.json()["codes"][0]
        viewer.ask("POST", "/api/v1/session", {"login": "vera", "password": password, "code": first})

    def sync(self) -> None:
        """The sync process asks the app that repeats, and writes down what it says."""
        cluster = Cluster.open(read_settings(self.folder.cluster("north") / "settings.json"))
        try:
            scope = cluster.scope("anna")
            fields = (FieldMapping("subject", "subject"),)
            ends = (SideSettings(self.connection, "1"), SideSettings(self.connection, "2"))
            document = Document(*ends, (TypeMapping("1", "1", fields),), viewers_ask=True)
            with scope.transaction() as tx:
                self.integration = integrations.add(tx, "one", document, "test")
                integrations.start(tx, self.integration)
            with cluster.database.control() as control:
                login = control.exec_driver_sql("select role_name from control.tenants").scalar_one()
            assert login
            self.planted.plant("tenant's database password", scope.login.password)
        finally:
            cluster.database.close()

    def fail(self, visitor: Visitor) -> None:
        plant = self.planted.plant
        wrong = plant("wrong password", "not quite seven zebras")
        visitor.ask("POST", "/api/v1/session", {"login": "admin", "password": wrong})
        visitor.ask("POST", "/api/v1/session", {"login": "admin", "password": [wrong]})
        visitor.ask("POST", "/api/v1/session", {"login": "admin", "passwort": wrong})
        for name, header, before in (
            ("wrong cookie", "Cookie", "lockstep_session="),
            ("wrong CSRF token", "X-CSRF-Token", ""),
            ("wrong API token", "Authorization", "Bearer "),
        ):
            sent = plant(name, f"{name.replace(' ', '-')}-of-somebody")
            visitor.ask("POST", "/api/v1/users", {"login": "x", "role": "viewer"}, **{header: f"{before}{sent}"})
        visitor.ask("GET", self.link)
        visitor.ask("POST", f"/api/v1/hooks/{plant('wrong webhook', 'wrong-webhook-of-somebody')}", {})
        visitor.ask("GET", "/api/v1/explain?key=1")
        with self._refused("users", "sessions", "connections"):
            self._meet_refusals(visitor)

    def _meet_refusals(self, visitor: Visitor) -> None:
        plant, admin = self.planted.plant, self.planted.secrets["administrator's password"]
        answers = [
            visitor.ask("POST", "/api/v1/session", {"login": "admin", "password": admin}),
            visitor.ask("GET", f"/enter?token={plant('unused token', 'unused-token-of-somebody')}"),
            visitor.ask(
                "POST", "/api/v1/users",
                {"login": "w", "role": "viewer", "password": plant("unmade password", "elf Murmeltiere")},
            ),
            visitor.ask(
                "POST", "/api/v1/connections",
                {"name": "two", "kind": "redmine", "settings": {
                    "url": "http://127.0.0.1:9", "api_key": plant("unmade key", "facade" * 6)}},
            ),
        ]  # fmt: skip
        assert any(answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR for answer in answers)

    @contextlib.contextmanager
    def _refused(self, *tables: str) -> Iterator[None]:
        """PostgreSQL takes no row of these tables meanwhile, and says so with the row."""
        options = load_options(self.folder)
        assert options is not None
        postgres = Postgres(self.folder, options.postgres_port)
        with contextlib.closing(postgres.connect("lockstep_north")) as superuser:
            (schema,) = superuser.execute("select schema_name from control.tenants").fetchone() or ("",)

            def change(words: str) -> None:
                for table in tables:
                    place = sql.Identifier(str(schema), table)
                    superuser.execute(sql.SQL("alter table {} ").format(place) + sql.SQL(words))

            change("add constraint refused check (false) not valid")
            try:
                yield
            finally:
                change("drop constraint refused")

    def go_without(self, visitor: Visitor) -> None:
        """Web does not answer, then the database does not; a member is told to write down what it holds, and dies."""
        web = psutil.Process(self.installation.member("north/web")["pid"])
        web.send_signal(signal.SIGABRT)
        for method, path in (("GET", self.link), ("POST", self.hook), ("GET", "/api/v1/session")):
            visitor.ask(method, path)
        eventually(lambda: self.installation.member("north/web")["health"] == "running", 60)
        with Client.of(self.installation.data) as client:
            client.await_job(client.member("postgres", Verb.STOP))
            for method, path in (("GET", self.link), ("POST", self.hook), ("GET", "/api/v1/session")):
                visitor.ask(method, path)
            self.installation.lockstep("tenant", "open", "anna")
            client.await_job(client.member("postgres", Verb.START))
        eventually(lambda: self.installation.member("north/web")["health"] == "running", 60)

    def end(self) -> None:
        for words in (("status",), ("doctor",), ("tenant", "list"), ("logs", "north/web", "-n", "5000")):
            done = self.installation.lockstep(*words)
            self.printed += [done.out, done.err]
        assert self.installation.lockstep("stop").code == 0


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with (
        new_installation() as made,
        shown_meanwhile(str(made.data), str(ROOT)) as shown,
        app_that_repeats() as app,
    ):
        one = Run(made, shown)
        one.begin()
        visitor = one.work(app)
        one.sync()
        one.fail(visitor)
        one.go_without(visitor)
        one.printed += visitor.said
        one.end()
        yield one


def test_no_secret_is_in_a_file_but_those_that_must_be_where_they_are_kept(run: Run) -> None:
    told = [one for where, content in files_below(run.installation.data) for one in run.planted.found(where, content)]
    # It is compared with what a request carries; without the session's cookie, of which a hash is kept, it is nothing.
    told = [one for one in told if "CSRF token in postgres/" not in one]
    assert told == []


def test_what_must_be_in_clear_is_where_the_list_says(run: Run) -> None:
    """A list of exceptions that nothing needs any more would hide the next leak."""
    held = dict(files_below(run.installation.data))
    for name, places in run.planted.places.items():
        for place in places - {"agent/control.json", "gateway/caddy.json"}:
            assert any(form in held[place] for form in forms(run.planted.secrets[name])), f"{name} in {place}"


def test_no_secret_is_shown_in_the_list_of_processes(run: Run) -> None:
    assert run.shown.names == {"cmdline", "environ"}
    assert any(b"server" in line and b"web" in line for line in run.shown.lines), "nothing of ours was seen"
    assert [one for line in run.shown.lines for one in run.planted.found(repr(line[:80]), line)] == []


def test_no_secret_is_printed_or_answered(run: Run) -> None:
    assert [one for text in run.printed for one in run.planted.found(repr(text[:80]), text.encode())] == []


def test_a_member_that_dies_leaves_no_core(run: Run) -> None:
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    assert any("SIGABRT" in text for text in (run.folder.log_of("agent").read_text(),)), "nothing died"
    left = [path for path in run.installation.data.rglob("*core*") if path.is_file() and "core" in path.name[:5]]
    assert left == [], f"the system writes cores as {pattern}"


def test_the_logs_still_say_what_went_wrong(run: Run) -> None:
    log = run.folder.log_of("north/web").read_text()
    assert "refused" in log, "which rule of the database it was is not a secret"
    assert "Failing row" not in log + run.folder.log_of("postgres").read_text()


def test_a_password_of_a_database_is_in_no_argument_even_where_somebody_writes_it_there(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """What a person typed into a command is seen; the command takes nothing of it along, and starts nothing with it."""
    data = tmp_path_factory.mktemp("none")
    installation = Installation(data)
    with shown_meanwhile(str(data)) as shown:
        words = ("cluster", "create", "north", "--database", "postgresql://own:geheim-wort@db.example/sync")
        done = installation.lockstep(*words)
    assert done.code == 2
    others = [line for line in shown.lines if b"geheim-wort" in line and b"\0cluster\0create\0" not in line]
    assert others == []
    assert list(data.iterdir()) == []
