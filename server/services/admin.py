"""What the agent asks of a cluster with the owner's login: one request, one reply, both JSON; it must not stay running.

Each verb may be called again after a kill in the middle: it then finds what it left and finishes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from server.domain import json_text
from server.domain.errors import Conflicting, LockstepError, NotFound, PutRight
from server.domain.password import objection
from server.services import access, users
from server.services.access import Passwords
from server.services.cluster import Cluster
from server.services.commonest import is_common
from server.services.scope import TenantScope
from server.settings import Settings, read_settings
from server.store import provision
from server.store.crypto import MasterKey
from server.store.provision import FirstUser


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    settings: Path


class _Owned(_Request):
    owner_dsn: SecretStr


class _Named(_Request):
    name: str


class _PasswordLink(_Named):
    login: str = Field(min_length=1, max_length=200)
    drop_second_factor: bool = False


class _Explain(_Named):
    key: str = Field(min_length=1, max_length=2000)
    live: bool = True


class _OwnedNamed(_Owned):
    name: str


class _NewTenant(_OwnedNamed):
    title: str = ""
    admin_login: str = Field(default="admin", min_length=1, max_length=100)
    admin_email: str = ""
    admin_password: SecretStr | None = None


Result = dict[str, Any]
_MOST = 1024 * 1024
"""Characters of a request."""


@dataclass(frozen=True, slots=True)
class _Verb:
    request: type[_Request]
    carry_out: Callable[[Any, Settings], Result]


def answer(verb: str, source: TextIO, target: TextIO) -> int:
    """Carry out one request; the exit code. Every failure is a reply with a sentence and its kind."""
    try:
        given = json_text.read(source.read(_MOST))
        known = VERBS[verb]
        request = known.request.model_validate(given)
        reply: Mapping[str, Any] = {"ok": True, "result": known.carry_out(request, read_settings(request.settings))}
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        reply = {"ok": False, "kind": "put_right", "message": f"{where}: {first['msg']}"}
    except json.JSONDecodeError as error:
        reply = {"ok": False, "kind": "put_right", "message": f"The request is not JSON (line {error.lineno})."}
    except (json_text.TooDeep, json_text.TooMany):
        reply = {"ok": False, "kind": "put_right", "message": "The request has more levels or values than any."}
    except LockstepError as error:
        reply = {"ok": False, "kind": _kind(error), "message": error.message}
    except Exception as error:  # noqa: BLE001 - the agent waits for a reply, whatever happened
        structlog.get_logger().exception("an administrative request failed", verb=verb)
        reply = {"ok": False, "kind": "failed", "message": f"{verb} failed in an unforeseen way: {error}"}
    json.dump(reply, target)
    target.write("\n")
    return 0 if reply["ok"] else 1


def _kind(error: LockstepError) -> str:
    kinds = ((PutRight, "put_right"), (NotFound, "not_found"), (Conflicting, "conflicting"))
    return next((name for kind, name in kinds if isinstance(error, kind)), "failed")


def _prepare(request: _Owned, settings: Settings) -> Result:
    owner_dsn, left = request.owner_dsn.get_secret_value(), dict[str, Any]()
    try:
        moved = provision.prepare_cluster(owner_dsn, settings.database, MasterKey.read(settings.master_key_file))
    except provision.MigrationFailed as error:
        if not error.through:
            raise
        # What a tenant's own login did to its schema keeps no other tenant from being served.
        structlog.get_logger().error(error.message)
        moved, left = error.through, {"suspended": provision.leave_behind(owner_dsn, error.failed)}
    return {"tenants_migrated": moved, **left}


def _examine(request: _Owned, _settings: Settings) -> Result:
    return {"openings": provision.examine(request.owner_dsn.get_secret_value())}


def _create(request: _NewTenant, settings: Settings) -> Result:
    made = None if request.admin_password else secrets.token_urlsafe(12)
    password = request.admin_password.get_secret_value() if request.admin_password else made or ""
    if request.admin_password:
        _require_good(request, password)
    provision.create_tenant(
        request.owner_dsn.get_secret_value(),
        settings.database,
        MasterKey.read(settings.master_key_file),
        request.name,
        request.title,
        FirstUser(request.admin_login, request.admin_email, Passwords().hash(password)),
    )
    return {"name": request.name, "admin_login": request.admin_login, "admin_password": made}


def _require_good(request: _NewTenant, password: str) -> None:
    if said := objection(password, (request.admin_login, request.name, request.title, "Lockstep"), is_common):
        raise PutRight(said, field="admin_password")


def _delete(request: _OwnedNamed, settings: Settings) -> Result:
    provision.delete_tenant(request.owner_dsn.get_secret_value(), settings.database, request.name)
    return {"name": request.name}


def _suspend(request: _Named, settings: Settings) -> Result:
    return _set_state(request, settings, "suspended")


def _resume(request: _Named, settings: Settings) -> Result:
    return _set_state(request, settings, "active")


def _set_state(request: _Named, settings: Settings, state: Literal["active", "suspended"]) -> Result:
    cluster = Cluster.open(settings)
    try:
        cluster.set_state(request.name, state)
    finally:
        cluster.close()
    return {"name": request.name, "state": state}


def _list(_request: _Request, settings: Settings) -> Result:
    cluster = Cluster.open(settings)
    try:
        rows = cluster.tenants()
    finally:
        cluster.close()
    return {
        "tenants": [
            {
                "name": tenant.name,
                "title": tenant.title,
                "state": tenant.state,
                "sync": said.state,
                "message": said.message,
                "last_pass_at": said.last_pass_at.isoformat() if said.last_pass_at else None,
            }
            for tenant, said in rows
        ]
    }


def _entry_link(request: _Named, settings: Settings) -> Result:
    cluster = Cluster.open(settings)
    try:
        scope = _active(cluster, request.name)
        expires = datetime.now(UTC) + access.ENTRY_LINK
        return {"token": access.make_entry_link(scope), "expires_at": expires.isoformat()}
    finally:
        cluster.close()


def _password_link(request: _PasswordLink, settings: Settings) -> Result:
    cluster = Cluster.open(settings)
    try:
        scope = _active(cluster, request.name)
        link = users.open_again(scope, request.login, drop_factor=request.drop_second_factor)
        return {"token": link.token, "expires_at": link.expires_at.isoformat()}
    finally:
        cluster.close()


def _active(cluster: Cluster, name: str) -> TenantScope:
    scope = cluster.scope(name)
    if scope.state != "active":
        raise Conflicting(f"The tenant {name!r} is {scope.state}; resume it first.")
    return scope


def _explain(request: _Explain, settings: Settings) -> Result:
    # The other verbs know no app, and are over before all of the connectors are imported.
    from server.services import told  # noqa: PLC0415

    cluster = Cluster.open(settings)
    try:
        return dict(told.tell(cluster.scope(request.name), request.key, live=request.live))
    finally:
        cluster.close()


VERBS: Mapping[str, _Verb] = {
    "prepare-cluster": _Verb(_Owned, _prepare),
    "examine-database": _Verb(_Owned, _examine),
    "create-tenant": _Verb(_NewTenant, _create),
    "delete-tenant": _Verb(_OwnedNamed, _delete),
    "suspend-tenant": _Verb(_Named, _suspend),
    "resume-tenant": _Verb(_Named, _resume),
    "list-tenants": _Verb(_Request, _list),
    "entry-link": _Verb(_Named, _entry_link),
    "password-link": _Verb(_PasswordLink, _password_link),
    "explain-item": _Verb(_Explain, _explain),
}
