"""Connections: saved with their secrets sealed, tested, opened; a secret goes in and never comes out.

A stored secret is only ever sent to the host that it was entered for: when the address changes to another host, the
secrets must be entered again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from server.connectors import registry
from server.connectors.base import Connector, Manifest, Setting, SettingKind
from server.connectors.pace import Pace
from server.connectors.seen import lessons_of
from server.domain.errors import AppError, Conflicting, PutRight, Slowed
from server.domain.item import Side
from server.domain.schedule import Schedule
from server.engine.review import review_schedule
from server.services.outlets import MEGABYTES, NETWORK_SETTINGS, SECONDS, open_outlet, tidy_pem
from server.services.pacing import BURST, RATE, Paces, WebPace, limits_of
from server.services.scope import TenantScope
from server.store import audit, connections, holds, integrations
from server.store.connections import Connection

_SCHEMES = ("http", "https")
_NUMBERS = {RATE: (0.001, 10_000.0), BURST: (2.0, 10_000.0), SECONDS: (5.0, 900.0), MEGABYTES: (1.0, 256.0)}
"""The settings that are numbers, and between which they lie."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection as it may be shown: secrets by name only."""

    id: str
    name: str
    kind: str
    settings: Mapping[str, str]
    secrets_set: tuple[str, ...]
    state: str
    problem: str
    app: str
    account: str
    checked_at: datetime | None
    slowed_until: datetime | None
    slowed_reason: str
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a test. ``problem`` is the exact reason when it is not ``ok``."""

    ok: bool
    app: str = ""
    account: str = ""
    warnings: tuple[str, ...] = ()
    problem: str = ""
    asked: bool = True
    """False: the app was not asked at all, because the connection rests."""


def manifests() -> tuple[Manifest, ...]:
    """Every kind of app, in the order to show them, each with the settings that every connection has."""
    return tuple(replace(one, settings=one.settings + NETWORK_SETTINGS) for one in registry.manifests())


def manifest(kind: str) -> Manifest:
    """The manifest of a kind of app. Raises ``PutRight``."""
    found = registry.manifest(kind)
    return replace(found, settings=found.settings + NETWORK_SETTINGS)


def every(scope: TenantScope) -> tuple[Shown, ...]:
    """All connections, by name."""
    with scope.reading() as tx:
        rows = connections.every(tx)
    return tuple(_shown(scope, row) for row in rows)


def get(scope: TenantScope, connection_id: str) -> Shown:
    """One connection. Raises ``NotFound``."""
    with scope.reading() as tx:
        return _shown(scope, connections.get(tx, connection_id))


def create(
    scope: TenantScope,
    actor: str,
    name: str,
    kind: str,
    settings: Mapping[str, str],
    schedule: Schedule | None = None,
) -> Shown:
    """Save a new connection; it is not contacted. Raises ``PutRight`` or ``Conflicting``."""
    plain, secrets = _sorted_out(manifest(kind), settings, {})
    review_schedule(schedule or Schedule())
    with scope.transaction() as tx:
        made = connections.add(tx, scope.cipher, name, kind, plain, secrets, schedule)
        audit.add(tx, actor, "connection created", name, {"kind": kind})
    return get(scope, made)


def change(
    scope: TenantScope,
    actor: str,
    connection_id: str,
    name: str,
    kind: str,
    settings: Mapping[str, str],
    schedule: Schedule | None = None,
) -> Shown:
    """Replace a connection's name and settings and wake what waits for it. Secrets that are left out stay.

    So does the schedule when it is None.

    Raises ``NotFound``, ``PutRight`` or ``Conflicting``.
    """
    with scope.transaction_and_wake() as tx:
        before = connections.get(tx, connection_id)
        if before.kind != kind:
            raise PutRight("The kind of a connection cannot change; make a new connection.", field="kind")
        plain, secrets = _sorted_out(manifest(kind), settings, before.all_settings(scope.cipher))
        schedule = before.schedule if schedule is None else schedule
        review_schedule(schedule)
        # Another account may be able to do other things; what the app has of its own is the same at the same address.
        seen = lessons_of(before.seen) if before.settings.get("url") == plain.get("url") else {}
        connections.change(tx, scope.cipher, connection_id, name, plain, secrets, schedule, seen)
        for row in integrations.every(tx):
            if connection_id in {row.document.side(side).connection for side in Side}:
                holds.due_anew(tx, row.id)  # another account may be allowed what this one was refused
        changed = sorted(key for key, value in plain.items() if before.settings.get(key) != value)
        changed += ["schedule"] if schedule != before.schedule else []
        audit.add(tx, actor, "connection changed", name, {"settings": changed})
    return get(scope, connection_id)


def remove(scope: TenantScope, actor: str, connection_id: str) -> None:
    """Delete a connection. Raises ``NotFound``, or ``Conflicting`` while an integration uses it."""
    with scope.transaction() as tx:
        row = connections.get(tx, connection_id)
        users = [
            one.name
            for one in integrations.every(tx)
            if connection_id in {one.document.left.connection, one.document.right.connection}
        ]
        if users:
            raise Conflicting(
                f"The connection {row.name!r} is used by {', '.join(users)}; delete the integration first or give it"
                " another connection."
            )
        connections.remove(tx, connection_id)
        audit.add(tx, actor, "connection deleted", row.name)


def test(scope: TenantScope, actor: str, connection_id: str) -> Verdict:
    """Try a saved connection and keep what the app said; one that was paused goes on if it works now."""
    with scope.reading() as tx:
        row = connections.get(tx, connection_id)
    verdict = _try(scope, row.kind, row.all_settings(scope.cipher), row)
    with scope.transaction_and_wake() as tx:
        if verdict.ok:
            connections.checked(tx, connection_id, verdict.app, verdict.account)
        elif verdict.asked:
            connections.trouble(tx, connection_id, verdict.problem)
        audit.add(tx, actor, "connection tested", row.name, {"ok": verdict.ok})
    return verdict


def try_settings(
    scope: TenantScope, actor: str, kind: str, settings: Mapping[str, str], connection_id: str | None
) -> Verdict:
    """Try settings that are not saved; secrets left out are those of ``connection_id``. Nothing of them is kept.

    That it is tried, and where, is on record before anything is contacted, so no kill in between hides it.
    """
    kept: Mapping[str, str] = {}
    row: Connection | None = None
    if connection_id is not None:
        with scope.reading() as tx:
            row = connections.get(tx, connection_id)
        kept = row.all_settings(scope.cipher)
    plain, secrets = _sorted_out(manifest(kind), settings, kept)
    about = {"kind": kind, "address": plain.get("url", "")} | ({"proxy": plain["proxy"]} if plain.get("proxy") else {})
    with scope.transaction() as tx:
        audit.add(tx, actor, "settings tried", row.name if row is not None else "", about)
    same_app = row is not None and (row.kind, row.settings.get("url")) == (kind, plain.get("url"))
    return _try(scope, kind, {**plain, **secrets}, row if same_app else None)


def open_connector(
    scope: TenantScope,
    connection: Connection,
    before_write: Callable[[], None] | None = None,
    paces: Paces | None = None,
) -> Connector:
    """A connector for a saved connection; close it. ``before_write`` may stop a write by raising.

    ``paces``: the buckets of the tenant's sync process; None in a web process. Raises ``WrongKey`` or ``PutRight``.
    """
    settings = connection.all_settings(scope.cipher)
    pace = _pace(scope, connection, paces)
    outlet = open_outlet(scope, connection.id, settings, before_write, pace, connection.name)
    connector = registry.open(connection.kind, settings, outlet)
    connector.seen.recall(connection.seen)
    return connector


def keep_seen(scope: TenantScope, connection_id: str, connector: Connector) -> None:
    """Write down what the connector has seen of its app; nothing where that is known already.

    A kill before it costs what was seen since, which the app shows again for as long as it can.
    """
    news = connector.seen.news()
    if news:
        with scope.transaction() as tx:
            connections.remember(tx, connection_id, news)
        connector.seen.kept(news)


def _pace(scope: TenantScope, connection: Connection, paces: Paces | None) -> Pace:
    allowed = limits_of(registry.manifest(connection.kind), connection.settings)
    return WebPace(scope, connection, allowed) if paces is None else paces.of(scope, connection, allowed)


def _try(scope: TenantScope, kind: str, settings: Mapping[str, str], connection: Connection | None = None) -> Verdict:
    known = connection.id if connection is not None else None
    name = connection.name if connection is not None else ""
    pace = _pace(scope, connection, None) if connection is not None else None
    try:
        connector = registry.open(kind, settings, open_outlet(scope, known, settings, pace=pace, name=name))
        if connection is not None:
            connector.seen.recall(connection.seen)
        try:
            account = connector.check()
        finally:
            connector.close()
    except (AppError, PutRight) as error:
        return Verdict(ok=False, problem=error.message, asked=not isinstance(error, Slowed))
    return Verdict(ok=True, app=account.app, account=account.user.name, warnings=account.warnings)


def _sorted_out(
    about: Manifest, given: Mapping[str, str], kept: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """What is given, checked against the manifest, as (plain, secret). Secrets left out are taken from ``kept``."""
    known = {one.name for one in about.settings}
    for name in given:
        if name not in known:
            raise PutRight(f"{about.title} has no setting {name!r}.", field=f"settings.{name}")
    plain, secrets = {}, {}
    for one in about.settings:
        value = given.get(one.name, "").strip()
        if one.kind is SettingKind.SECRET:
            secret = value or _kept_secret(about, one, given, kept)
            if secret:
                secrets[one.name] = secret
        else:
            plain[one.name] = _checked(one, value or one.default)
        if one.required and not (plain.get(one.name) or secrets.get(one.name)):
            raise PutRight(f"“{one.label}” is needed to reach {about.title}.", field=f"settings.{one.name}")
    return plain, secrets


def _kept_secret(about: Manifest, one: Setting, given: Mapping[str, str], kept: Mapping[str, str]) -> str:
    if not kept.get(one.name):
        return ""
    for url in (setting.name for setting in about.settings if setting.kind is SettingKind.URL):
        if _origin(given.get(url, "")) != _origin(kept.get(url, "")):
            raise PutRight(
                f"The address now names another host, so “{one.label}” must be entered again: it is never sent to a"
                " host that it was not entered for.",
                field=f"settings.{one.name}",
            )
    return kept[one.name]


def _checked(one: Setting, value: str) -> str:
    field = f"settings.{one.name}"
    if not value:
        return value
    if one.kind is SettingKind.CHOICE and value not in one.choices:
        raise PutRight(f"“{one.label}” must be one of {', '.join(one.choices)}.", field=field)
    if one.kind is SettingKind.FLAG and value not in {"true", "false"}:
        raise PutRight(f"“{one.label}” must be true or false.", field=field)
    if one.name in _NUMBERS:
        return _number(one, value)
    if one.name == "ca_pem" and not tidy_pem(value):
        raise PutRight(f"“{one.label}” must be the text of a certificate (PEM).", field=field)
    if one.kind is SettingKind.URL:
        if not all(_origin(value)):
            raise PutRight(f"“{one.label}” must be an address such as https://tracker.example.com.", field=field)
        if "@" in urlsplit(value).netloc:
            raise PutRight(
                f"“{one.label}” must not hold a login; give the login in its own field, where it is kept sealed.",
                field=field,
            )
    return value


def _number(one: Setting, value: str) -> str:
    least, most = _NUMBERS[one.name]
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not least <= number <= most:
        raise PutRight(
            f"“{one.label}” must be a number from {least:g} to {most:g}, such as {max(least, 5):g}.",
            field=f"settings.{one.name}",
        )
    return f"{number:g}"


def _origin(url: str) -> tuple[str, str]:
    """Scheme and host with port, empty where there is none."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "", ""
    return (parts.scheme.lower(), parts.netloc.lower()) if parts.scheme.lower() in _SCHEMES else ("", "")


def _shown(scope: TenantScope, row: Connection) -> Shown:
    return Shown(
        row.id,
        row.name,
        row.kind,
        row.settings,
        tuple(sorted(row.secrets(scope.cipher))),
        row.state,
        row.problem,
        row.app,
        row.account,
        row.checked_at,
        row.slowed_until,
        row.slowed_reason,
        row.schedule,
    )
