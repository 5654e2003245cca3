"""The tenants, the people and the things of the matrix; it must not judge.

One tenant is asked for; of the others one is a neighbour, one suspended, one being deleted, one gone, one never was.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from werkzeug.test import Client, TestResponse

from server.domain.integration import Document, SideSettings
from server.domain.mapping import FieldMapping, TypeMapping
from server.services import connections, webhooks
from server.services.access import Passwords
from server.store import integrations, provision
from server.store.provision import FirstUser
from tests.support.postgres import TestCluster
from tests.support.web import BASE, CHEAP, CLUSTER, WebNode

PASSWORD = "matrix: nobody guesses this one"
MARK = "planted-for-nobody-else"
"""In names of the tenant that is asked for; in no answer to somebody else."""
READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_HASH = Passwords(CHEAP).hash(PASSWORD)
_DEPARTURES = (
    ("cookie", "signed out", "delete from sessions where user_id = %s"),
    ("cookie", "out of time", "update sessions set expires_at = now() - interval '1 second' where user_id = %s"),
    ("cookie", "too old", "update sessions set created_at = now() - interval '8 days' where user_id = %s"),
    ("cookie", "disabled", "update users set disabled_at = now() where id = %s"),
    ("cookie", "removed", "delete from users where id = %s"),
    ("key", "revoked", "update api_tokens set revoked_at = now() where user_id = %s"),
    ("key", "expired", "update api_tokens set expires_at = now() - interval '1 second' where user_id = %s"),
    ("key", "disabled", "update users set disabled_at = now() where id = %s"),
)
_VOLATILE = ("seen_at", "used_at", "expires_at")
_UNCOUNTED = frozenset({"audit"})
"""A refusal may leave a line of itself there."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``host`` names a tenant of this cluster unless it is a whole name."""

    method: str
    path: str
    host: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"{}"
    environ: tuple[tuple[str, str], ...] = ()

    @property
    def reads(self) -> bool:
        return self.method in READS


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody, with what they send: ``cookie`` (as the browser sends it) with ``csrf``, or a ``key``.

    ``role`` is what they are at their own tenant, ``home``; empty for who is nobody there any more.
    """

    name: str
    home: str = ""
    role: str = ""
    cookie: str = ""
    csrf: str = ""
    key: str = ""

    def headers(self, request: Request) -> tuple[tuple[str, str], ...]:
        sent = [("Cookie", self.cookie)] if self.cookie else []
        if self.csrf and not request.reads:
            sent.append(("X-CSRF-Token", self.csrf))
        if self.key:
            sent.append(("Authorization", f"Bearer {self.key}"))
        return tuple(sent)


@dataclass(slots=True)
class Stage:
    """The web node with its tenants. ``ids``: by the name of a resource, a thing of the tenant that is asked for."""

    web: WebNode
    cluster: TestCluster
    own: str = field(default_factory=lambda: f"own{secrets.token_hex(3)}")
    other: str = field(default_factory=lambda: f"other{secrets.token_hex(3)}")
    suspended: str = field(default_factory=lambda: f"rests{secrets.token_hex(3)}")
    deleting: str = field(default_factory=lambda: f"goes{secrets.token_hex(3)}")
    deleted: str = field(default_factory=lambda: f"gone{secrets.token_hex(3)}")
    ids: dict[str, str] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    departed: list[Caller] = field(default_factory=list)
    schemas: dict[str, str] = field(default_factory=dict)
    client: Client = field(init=False)
    database: psycopg.Connection = field(init=False, repr=False)
    _everything: sql.Composed = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.client = Client(self.web.app, use_cookies=False)
        first = FirstUser("first", "first@example.org", _HASH)
        name = self.cluster.settings.name
        self.database = psycopg.connect(self.cluster.server.dsn(name), autocommit=True)
        for tenant in (self.own, self.other, self.suspended, self.deleting, self.deleted):
            self.cluster.create_tenant(tenant, first)
            found = self.database.execute("select schema_name from control.tenants where name = %s", (tenant,))
            [(self.schemas[tenant],)] = found.fetchall()
            for role in ("viewer", "admin"):
                for how in ("cookie", "key"):
                    caller = self.arrive(tenant, role, how)
                    self.callers[caller.name] = caller
        self._furnish()
        self._send_away()
        self.web.node.cluster.set_state(self.suspended, "suspended")
        self._say_deleting()
        provision.delete_tenant(self.cluster.owner_dsn, self.cluster.settings, self.deleted)
        self.web.node.cluster._scopes.clear()
        self._everything = self._statement_of_everything()

    def arrive(self, tenant: str, role: str, how: str) -> Caller:
        """Somebody new signs in, or makes a key: whatever comes of what they do is theirs alone."""
        login = f"{role}-{secrets.token_hex(4)}"
        self.at(
            tenant,
            "insert into users (login, name, role, password_hash) values (%s, %s, %s, %s)",
            *(login, login, role, _HASH),
        )
        given = json.dumps({"login": login, "password": PASSWORD}).encode()
        answer = self.send(Request("POST", "/api/v1/session", tenant, body=given))
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        cookie, csrf = answer.headers["Set-Cookie"].partition(";")[0], answer.json["csrf"]
        by_cookie = Caller(f"{role} of {tenant} by {how}", tenant, role, cookie, csrf)
        if how == "cookie":
            return by_cookie
        wanted = Request("POST", "/api/v1/tokens", tenant, body=b'{"name": "matrix"}')
        made = self.send(wanted, by_cookie)
        assert made.status_code == 201, made.text
        assert made.json is not None
        return Caller(by_cookie.name, tenant, role, key=made.json["token"])

    def send(self, request: Request, caller: Caller | None = None) -> TestResponse:
        """The answer, read whole."""
        host = request.host if "." in request.host or not request.host else f"{request.host}.{CLUSTER}.{BASE}"
        headers = [*(caller.headers(request) if caller else ()), *request.headers]
        response = self.client.open(
            request.path,
            method=request.method,
            headers=headers,
            data=None if request.method in READS else request.body,
            content_type=None if request.method in READS else "application/json",
            base_url=f"https://{host}",
            environ_overrides=dict(request.environ),
        )
        response.get_data()
        response.close()
        return response

    def states(self) -> Mapping[str, str]:
        """What the tables of all tenants hold, without the times at which sessions and keys were seen."""
        rows = self.database.execute(self._everything)
        return dict(rows.fetchall())

    def at(self, tenant: str, statement: str, *given: Any) -> list[Any]:
        """A statement among a tenant's tables, with all rights; its rows."""
        self.database.execute("select set_config('search_path', %s, false)", (self.schemas[tenant],))
        done = self.database.execute(statement.encode(), given)
        return done.fetchall() if done.description else []

    def _statement_of_everything(self) -> sql.Composed:
        tables = self.database.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s) and tablename <> all(%s)",
            ([self.schemas[one] for one in (self.own, self.other, self.suspended, self.deleting)], list(_UNCOUNTED)),
        ).fetchall()
        return sql.SQL(" union all ").join(
            sql.SQL(
                "select {}, md5(coalesce(string_agg(line, chr(10) order by line), ''))"
                " from (select (to_jsonb(t) - {}::text[])::text as line from {} t) lines"
            ).format(f"{schema}.{table}", sql.Literal(list(_VOLATILE)), sql.Identifier(schema, table))
            for schema, table in tables
        )

    def _furnish(self) -> None:
        """A thing of each kind in the tenant that is asked for, under names that nobody else may read."""
        scope = self.web.node.cluster.scope(self.own)
        given = {"url": f"http://tracker.example/{MARK}", "api_key": "matrix-key"}
        ends = [connections.create(scope, "matrix", f"{MARK} {side}", "redmine", given).id for side in ("one", "two")]
        types = (TypeMapping("1", "1", (FieldMapping("subject", "subject"),)),)
        document = Document(SideSettings(ends[0], "1"), SideSettings(ends[1], "1"), types)
        with scope.transaction() as tx:  # not by the service: that asks the apps
            integration = integrations.add(tx, MARK, document, "matrix")
        run, pair = (str(uuid4()) for _ in range(2))
        self.at(self.own, "insert into runs (id, integration_id, trigger) values (%s, %s, 'poll')", run, integration)
        self.at(
            self.own,
            "insert into pairs (id, integration_id, state, origin, left_id, right_id)"
            " values (%s, %s, 'linked', 'left', '1', '2')",
            *(pair, integration),
        )
        [(user,)] = self.at(self.own, "select id::text from users where role = 'admin' order by created_at limit 1")
        [(token,)] = self.at(
            self.own,
            "select t.id::text from api_tokens t join users u on u.id = t.user_id where u.role = 'admin' limit 1",
        )
        self.ids |= {"connections": ends[0], "integrations": integration, "runs": run, "items": pair}
        [(session,)] = self.at(self.own, "select s.id::text from sessions s join users u on u.id = user_id limit 1")
        self.ids |= {"users": user, "tokens": token, "answers": "0" * 32, "account": session}
        self.ids["hooks"] = webhooks.renew(scope, "matrix", ends[1])

    def _send_away(self) -> None:
        """Those who were somebody: signed out, out of time, disabled, removed, their key revoked or expired."""
        for how, what, statement in _DEPARTURES:
            caller = self.arrive(self.own, "admin", how)
            [(user,)] = self.at(self.own, "select id from users order by created_at desc limit 1")
            self.at(self.own, statement, user)
            name = f"{caller.name}, {what}"
            self.departed.append(Caller(name, cookie=caller.cookie, csrf=caller.csrf, key=caller.key))

    def _say_deleting(self) -> None:
        self.database.execute("update control.tenants set state = 'deleting' where name = %s", (self.deleting,))
