"""Who may call what, said a second time, apart from the code; whatever is served and stands not here is a red build."""

from __future__ import annotations

from enum import StrEnum


class Who(StrEnum):
    """Who may call an operation of a tenant."""

    ANYBODY = "anybody"
    SIGNED_IN = "whoever is signed in"
    ADMIN = "administrators"
    AGENT = "the agent of this installation"


ROLES = ("viewer", "admin")
"""A role that the code knows and this table does not is a red build, too."""

OPERATIONS: dict[str, Who] = {
    # the panel and the node
    "GET /": Who.ANYBODY,
    "GET /<path:path>": Who.ANYBODY,
    "GET /assets/<path:name>": Who.ANYBODY,
    "GET /-/node/alive": Who.ANYBODY,
    "GET /-/node/health": Who.ANYBODY,
    "GET /-/node/state": Who.AGENT,
    "GET /api/v1/openapi.json": Who.SIGNED_IN,
    # session
    "GET /enter": Who.ANYBODY,
    "GET /api/v1/session": Who.SIGNED_IN,
    "POST /api/v1/session": Who.ANYBODY,
    "DELETE /api/v1/session": Who.SIGNED_IN,
    "POST /api/v1/password": Who.ANYBODY,
    # one's own account
    "GET /api/v1/account": Who.SIGNED_IN,
    "PUT /api/v1/account": Who.SIGNED_IN,
    "PUT /api/v1/account/password": Who.SIGNED_IN,
    "GET /api/v1/account/sessions": Who.SIGNED_IN,
    "DELETE /api/v1/account/sessions": Who.SIGNED_IN,
    "DELETE /api/v1/account/sessions/<id>": Who.SIGNED_IN,
    "POST /api/v1/account/second-factor": Who.SIGNED_IN,
    "POST /api/v1/account/second-factor/confirm": Who.SIGNED_IN,
    "POST /api/v1/account/second-factor/remove": Who.SIGNED_IN,
    "POST /api/v1/account/recovery-codes": Who.SIGNED_IN,
    # overview
    "GET /api/v1/overview": Who.SIGNED_IN,
    "GET /api/v1/audit": Who.ADMIN,
    "GET /api/v1/egress": Who.SIGNED_IN,
    # connections
    "GET /api/v1/connectors": Who.SIGNED_IN,
    "GET /api/v1/connections": Who.SIGNED_IN,
    "POST /api/v1/connections": Who.ADMIN,
    "POST /api/v1/connections/test": Who.ADMIN,
    "GET /api/v1/connections/<id>": Who.SIGNED_IN,
    "PUT /api/v1/connections/<id>": Who.ADMIN,
    "DELETE /api/v1/connections/<id>": Who.ADMIN,
    "POST /api/v1/connections/<id>/test": Who.ADMIN,
    "GET /api/v1/connections/<id>/containers": Who.ADMIN,
    "GET /api/v1/connections/<id>/types": Who.ADMIN,
    "GET /api/v1/connections/<id>/fields": Who.ADMIN,
    "GET /api/v1/connections/<id>/links": Who.ADMIN,
    "GET /api/v1/connections/<id>/users": Who.ADMIN,
    "GET /api/v1/connections/<id>/webhook": Who.SIGNED_IN,
    "POST /api/v1/connections/<id>/webhook": Who.ADMIN,
    "DELETE /api/v1/connections/<id>/webhook": Who.ADMIN,
    "POST /api/v1/hooks/<secret>": Who.ANYBODY,
    # integrations
    "POST /api/v1/integrations/suggest": Who.ADMIN,
    "GET /api/v1/integrations": Who.SIGNED_IN,
    "POST /api/v1/integrations": Who.ADMIN,
    "GET /api/v1/integrations/<id>": Who.SIGNED_IN,
    "PUT /api/v1/integrations/<id>": Who.ADMIN,
    "DELETE /api/v1/integrations/<id>": Who.ADMIN,
    "POST /api/v1/integrations/<id>/start": Who.ADMIN,
    "POST /api/v1/integrations/<id>/pause": Who.ADMIN,
    "POST /api/v1/integrations/<id>/run": Who.ADMIN,
    "POST /api/v1/integrations/<id>/scan": Who.ADMIN,
    "POST /api/v1/integrations/<id>/release": Who.ADMIN,
    "POST /api/v1/integrations/<id>/dry-run": Who.ADMIN,
    "POST /api/v1/integrations/<id>/reconcile": Who.ADMIN,
    "POST /api/v1/integrations/<id>/match": Who.ADMIN,
    "POST /api/v1/integrations/<id>/join": Who.ADMIN,
    "POST /api/v1/integrations/<id>/resync": Who.ADMIN,
    # runs and items
    "GET /api/v1/runs": Who.SIGNED_IN,
    "GET /api/v1/runs/<id>": Who.SIGNED_IN,
    "GET /api/v1/runs/<id>/events": Who.SIGNED_IN,
    "GET /api/v1/runs/<id>/preview": Who.SIGNED_IN,
    "POST /api/v1/runs/<id>/undo": Who.ADMIN,
    "POST /api/v1/runs/<id>/cancel": Who.ADMIN,
    "GET /api/v1/items": Who.SIGNED_IN,
    "GET /api/v1/items/<id>": Who.SIGNED_IN,
    "GET /api/v1/holds": Who.SIGNED_IN,
    "POST /api/v1/holds/retry": Who.ADMIN,
    "GET /api/v1/explain": Who.SIGNED_IN,
    "GET /api/v1/answers/<id>": Who.SIGNED_IN,
    # people
    "GET /api/v1/people": Who.SIGNED_IN,
    "PUT /api/v1/people": Who.ADMIN,
    "GET /api/v1/users": Who.ADMIN,
    "POST /api/v1/users": Who.ADMIN,
    "PUT /api/v1/users/<id>": Who.ADMIN,
    "DELETE /api/v1/users/<id>": Who.ADMIN,
    "POST /api/v1/users/<id>/password-link": Who.ADMIN,
    "DELETE /api/v1/users/<id>/second-factor": Who.ADMIN,
    "GET /api/v1/privacy": Who.ADMIN,
    "PUT /api/v1/privacy": Who.ADMIN,
    "GET /api/v1/sign-in-rules": Who.ADMIN,
    "PUT /api/v1/sign-in-rules": Who.ADMIN,
    "GET /api/v1/tokens": Who.SIGNED_IN,
    "POST /api/v1/tokens": Who.SIGNED_IN,
    "DELETE /api/v1/tokens/<id>": Who.SIGNED_IN,
}

OF_A_SESSION = frozenset({"DELETE /api/v1/session"})
"""What is refused to a caller with an API key although the account may: it is about a session."""

CONTROL = frozenset(
    {
        "GET /v1/status",
        "GET /v1/doctor",
        "POST /v1/stop",
        "POST /v1/members/<path:name>/<verb>",
        "POST /v1/clusters",
        "POST /v1/clusters/<cluster>/<verb>",
        "GET /v1/clusters/<cluster>/reach",
        "PATCH /v1/clusters/<cluster>/reach",
        "PUT /v1/clusters/<cluster>/connections",
        "POST /v1/clusters/<cluster>/tenants",
        "POST /v1/clusters/<cluster>/tenants/<tenant>/entry-link",
        "POST /v1/clusters/<cluster>/tenants/<tenant>/password-link",
        "POST /v1/clusters/<cluster>/tenants/<tenant>/explain",
        "POST /v1/clusters/<cluster>/tenants/<tenant>/<verb>",
        "DELETE /v1/clusters/<cluster>/tenants/<tenant>",
        "GET /v1/jobs/<job_id>",
        "POST /v1/jobs/<job_id>/cancel",
        "GET /v1/logs/<path:name>",
    }
)
"""The agent's control interface: all of it for whoever can read the token of the data folder, nothing for others."""
