"""Calls the server's admin commands, the only way to a cluster's owner login; it must not know their work.

Secrets travel on standard input, never on a command line. A command that is killed midway leaves what its own
transaction leaves: nothing.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from appliance.config import ClusterRecord, ClusterSecrets, load
from appliance.database_address import kept_address
from appliance.errors import ApplianceError, ExitCode
from appliance.members.node import server_environment
from appliance.members.postgres import Postgres
from appliance.members.process import clean_environment
from appliance.site import Site

KINDS = {
    "put_right": ExitCode.USAGE,
    "not_found": ExitCode.NOT_FOUND,
    "conflicting": ExitCode.EXISTS,
    "failed": ExitCode.FAILED,
}
LONGEST_SECONDS = 600
"""A migration of many tenants takes its time; more than this is a hang."""


def settings_file(site: Site, cluster: str) -> Path:
    """The settings file of a cluster's processes."""
    return site.folder.cluster(cluster) / "settings.json"


def secrets_of(site: Site, cluster: str) -> ClusterSecrets:
    """A cluster's secrets."""
    return load(site.folder.cluster(cluster) / "secrets.json", ClusterSecrets)


def database_of(cluster: str) -> str:
    """The name of a cluster's database and owner role in the embedded PostgreSQL."""
    return f"lockstep_{cluster.replace('-', '_')}"


def owner_dsn(postgres: Postgres, record: ClusterRecord, secrets: ClusterSecrets) -> str:
    """The address with which the owner of the cluster's database signs in."""
    if secrets.external_dsn is not None:
        return kept_address(secrets.external_dsn).text
    name = database_of(record.name)
    return f"postgresql://{name}:{secrets.owner_password}@127.0.0.1:{postgres.listen_port}/{name}?sslmode=disable"


def ask_server(site: Site, cluster: str, verb: str, *, as_owner: bool, **request: object) -> dict[str, object]:
    """Run ``VERB`` for ``cluster`` and return its result.

    ``as_owner``: hand over the owner's login. Raises ``ApplianceError`` with the server's own sentence.
    """
    record = site.cluster(cluster)
    question: dict[str, object] = {"settings": str(settings_file(site, cluster)), **request}
    if as_owner:
        question["owner_dsn"] = owner_dsn(site.postgres, record, secrets_of(site, cluster))
    try:
        done = subprocess.run(
            [*site.server, "admin", verb],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            errors="replace",
            cwd=site.folder.cluster(cluster),
            env=clean_environment(server_environment()),
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ApplianceError(f"{verb} for cluster {cluster} took longer than {LONGEST_SECONDS} s.") from error
    if done.stderr.strip():
        site.log(f"admin {verb} {cluster}: {done.stderr.strip()}")
    return _answer(done.stdout, verb, cluster)


def _answer(output: str, verb: str, cluster: str) -> dict[str, object]:
    lines = output.strip().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ApplianceError(f"The server's {verb} for cluster {cluster} gave no answer. See: lockstep logs agent")
    if answer.get("ok") is True:
        result = answer.get("result")
        return result if isinstance(result, dict) else {}
    code = KINDS.get(str(answer.get("kind")), ExitCode.FAILED)
    raise ApplianceError(str(answer.get("message") or f"{verb} failed without a reason."), code)
