"""A tenant's tables as SQLAlchemy knows them, mirroring ``migrations/tenant``; it must not create or alter anything.

They carry no schema: the connection's own login decides which tenant they are (its search_path is a
setting of the role). Ids are strings here.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    FetchedValue,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

tenant = MetaData()

_ID = Uuid(as_uuid=False)
_TIME = DateTime(timezone=True)
_JSON = JSONB(none_as_null=True)

fence = Table("fence", tenant, Column("one", Boolean, primary_key=True), Column("epoch", BigInteger))

users = Table(
    "users",
    tenant,
    Column("id", _ID, primary_key=True, server_default=FetchedValue()),
    Column("login", Text),
    Column("name", Text),
    Column("email", Text),
    Column("password_hash", Text),
    Column("role", Text),
    Column("created_at", _TIME),
    Column("disabled_at", _TIME),
    Column("password_at", _TIME),
    Column("factor", LargeBinary),
    Column("factor_step", BigInteger),
    Column("factor_since", _TIME),
    Column("new_factor", LargeBinary),
    Column("new_factor_at", _TIME),
)
recovery_codes = Table(
    "recovery_codes",
    tenant,
    Column("user_id", _ID, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("used_at", _TIME),
)
password_links = Table(
    "password_links",
    tenant,
    Column("hash", LargeBinary, primary_key=True),
    Column("user_id", _ID),
    Column("expires_at", _TIME),
)
sign_in_rules = Table(
    "sign_in_rules",
    tenant,
    Column("one", Boolean, primary_key=True),
    Column("admins_need_factor", Boolean),
)
sessions = Table(
    "sessions",
    tenant,
    Column("hash", LargeBinary, primary_key=True),
    Column("user_id", _ID),
    Column("created_at", _TIME),
    Column("seen_at", _TIME),
    Column("expires_at", _TIME),
    Column("address", Text),
    Column("id", _ID, server_default=FetchedValue()),
    Column("browser", Text),
    Column("console", Boolean),
)
api_tokens = Table(
    "api_tokens",
    tenant,
    Column("id", _ID, primary_key=True, server_default=FetchedValue()),
    Column("user_id", _ID),
    Column("name", Text),
    Column("hash", LargeBinary),
    Column("created_at", _TIME),
    Column("used_at", _TIME),
    Column("expires_at", _TIME),
    Column("revoked_at", _TIME),
)
entry_links = Table(
    "entry_links",
    tenant,
    Column("hash", LargeBinary, primary_key=True),
    Column("user_id", _ID),
    Column("expires_at", _TIME),
    Column("used_at", _TIME),
)
audit = Table(
    "audit",
    tenant,
    Column("id", BigInteger, primary_key=True),
    Column("at", _TIME),
    Column("actor", Text),
    Column("action", Text),
    Column("subject", Text),
    Column("detail", _JSON),
)

connections = Table(
    "connections",
    tenant,
    Column("id", _ID, primary_key=True, server_default=FetchedValue()),
    Column("name", Text),
    Column("kind", Text),
    Column("settings", _JSON),
    Column("secrets", LargeBinary),
    Column("state", Text),
    Column("problem", Text),
    Column("app", Text),
    Column("account", Text),
    Column("checked_at", _TIME),
    Column("created_at", _TIME),
    Column("updated_at", _TIME),
    Column("schedule", _JSON),
    Column("slowed_until", _TIME),
    Column("slowed_reason", Text),
    Column("seen", _JSON),
)
paces = Table("paces", tenant, Column("connection_id", _ID, primary_key=True), Column("free_at", _TIME))
webhooks = Table(
    "webhooks",
    tenant,
    Column("connection_id", _ID, primary_key=True),
    Column("hash", LargeBinary),
    Column("created_at", _TIME),
    Column("heard_at", _TIME),
    Column("received", BigInteger),
    Column("dropped", BigInteger),
    Column("dropped_at", _TIME),
    Column("free_at", _TIME),
)
inbox = Table(
    "inbox",
    tenant,
    Column("id", BigInteger, primary_key=True),
    Column("integration_id", _ID),
    Column("connection_id", _ID),
    Column("side", Text),
    Column("item_id", Text),
    Column("heard_at", _TIME),
)
integrations = Table(
    "integrations",
    tenant,
    Column("id", _ID, primary_key=True, server_default=FetchedValue()),
    Column("name", Text),
    Column("document", _JSON),
    Column("version", Integer),
    Column("state", Text),
    Column("problem", Text),
    Column("due_at", _TIME),
    Column("cap", _JSON),
    Column("created_at", _TIME),
    Column("updated_at", _TIME),
    Column("worked_at", _TIME),
    Column("outcome", Text),
    Column("shared", Text),
    Column("shown", _JSON),
    Column("appeared", Text),
)
integration_versions = Table(
    "integration_versions",
    tenant,
    Column("integration_id", _ID, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", _JSON),
    Column("saved_by", Text),
    Column("saved_at", _TIME),
)
people = Table(
    "people",
    tenant,
    Column("connection_id", _ID, primary_key=True),
    Column("app_user", Text, primary_key=True),
    Column("person", Text),
)

labels = Table(
    "labels",
    tenant,
    Column("connection_id", _ID, primary_key=True),
    Column("container", Text, primary_key=True),
    Column("item_type", Text, primary_key=True),
    Column("said", _JSON),
    Column("at", _TIME),
)

pairs = Table(
    "pairs",
    tenant,
    Column("id", _ID, primary_key=True),
    Column("integration_id", _ID),
    Column("state", Text),
    Column("origin", Text),
    Column("left_id", Text),
    Column("left_key", Text),
    Column("left_url", Text),
    Column("right_id", Text),
    Column("right_key", Text),
    Column("right_url", Text),
    Column("left_type", Text),
    Column("right_type", Text),
    Column("title", Text),
    Column("left_snapshot", _JSON),
    Column("right_snapshot", _JSON),
    Column("left_stamp", Text),
    Column("right_stamp", Text),
    Column("left_links", _JSON),
    Column("right_links", _JSON),
    Column("left_restricted", Text),
    Column("right_restricted", Text),
    Column("reserved_at", _TIME),
    Column("created_at", _TIME),
    Column("synced_at", _TIME),
    Column("refused", _JSON),
    Column("typed", _JSON),
    Column("displaced", _JSON),
)
comment_pairs = Table(
    "comment_pairs",
    tenant,
    Column("id", _ID, primary_key=True),
    Column("pair_id", _ID),
    Column("origin", Text),
    Column("left_id", Text),
    Column("right_id", Text),
    Column("left_hash", Text),
    Column("right_hash", Text),
    Column("private", Boolean),
    Column("note", Text),
)
attachment_pairs = Table(
    "attachment_pairs",
    tenant,
    Column("id", _ID, primary_key=True),
    Column("pair_id", _ID),
    Column("origin", Text),
    Column("left_id", Text),
    Column("right_id", Text),
    Column("name", Text),
    Column("size", BigInteger),
    Column("sha256", Text),
    Column("note", Text),
)

kin = Table(
    "kin",
    tenant,
    Column("connection_id", _ID, primary_key=True),
    Column("container", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("item_key", Text),
    Column("root", BigInteger),
    Column("marker", Text),
    Column("title", Text),
    Column("own", Boolean),
    Column("made_at", _TIME),
)
kin_cursors = Table(
    "kin_cursors",
    tenant,
    Column("connection_id", _ID, primary_key=True),
    Column("container", Text, primary_key=True),
    Column("place", Text),
    Column("reached", Text),
)

cursors = Table(
    "cursors",
    tenant,
    Column("integration_id", _ID, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("at", _TIME),
    Column("app_at", _TIME),
    Column("our_at", _TIME),
)
ahead = Table(
    "ahead",
    tenant,
    Column("integration_id", _ID, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("at", _TIME),
)
runs = Table(
    "runs",
    tenant,
    Column("id", _ID, primary_key=True, server_default=FetchedValue()),
    Column("integration_id", _ID),
    Column("trigger", Text),
    Column("state", Text),
    Column("phase", Text),
    Column("done", Integer),
    Column("total", Integer),
    Column("uncounted", Text),
    Column("counts", _JSON),
    Column("message", Text),
    Column("cancel_requested", Boolean),
    Column("argument", _JSON),
    Column("started_at", _TIME),
    Column("finished_at", _TIME),
)
run_requests = Table(
    "run_requests",
    tenant,
    Column("id", _ID, primary_key=True, server_default=FetchedValue()),
    Column("integration_id", _ID),
    Column("kind", Text),
    Column("argument", _JSON),
    Column("requested_by", Text),
    Column("requested_at", _TIME),
    Column("run_id", _ID),
    Column("place", Text),
)
previews = Table(
    "previews",
    tenant,
    Column("id", BigInteger, primary_key=True),
    Column("run_id", _ID),
    Column("side", Text),
    Column("item_id", Text),
    Column("item_key", Text),
    Column("twin_id", Text),
    Column("twin_key", Text),
    Column("action", Text),
    Column("field", Text),
    Column("before", _JSON),
    Column("after", _JSON),
    Column("reason", Text),
)
walked = Table(
    "walked",
    tenant,
    Column("run_id", _ID, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
)
candidates = Table(
    "candidates",
    tenant,
    Column("run_id", _ID, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("item_key", Text),
    Column("rule", Integer, primary_key=True),
    Column("signature", LargeBinary),
)
scans = Table(
    "scans",
    tenant,
    Column("integration_id", _ID, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("phase", Text),
    Column("place", Text),
    Column("started_at", _TIME),
    Column("finished_at", _TIME),
)
census = Table(
    "census",
    tenant,
    Column("integration_id", _ID, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
)
operations = Table(
    "operations",
    tenant,
    Column("id", _ID, primary_key=True),
    Column("run_id", _ID),
    Column("pair_id", _ID),
    Column("place", Integer),
    Column("kind", Text),
    Column("side", Text),
    Column("payload", _JSON),
    Column("before", _JSON),
    Column("after", _JSON),
    Column("state", Text),
    Column("error", Text),
    Column("planned_at", _TIME),
    Column("finished_at", _TIME),
)
events = Table(
    "events",
    tenant,
    Column("id", BigInteger, primary_key=True),
    Column("at", _TIME),
    Column("integration_id", _ID),
    Column("run_id", _ID),
    Column("pair_id", _ID),
    Column("side", Text),
    Column("item_id", Text),
    Column("item_key", Text),
    Column("outcome", Text),
    Column("summary", Text),
    Column("detail", _JSON),
)
privacy = Table(
    "privacy",
    tenant,
    Column("one", Boolean, primary_key=True),
    Column("sealed", Boolean),
    Column("through", Boolean),
)
holds = Table(
    "holds",
    tenant,
    Column("integration_id", _ID, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("item_key", Text),
    Column("pair_id", _ID),
    Column("kind", Text),
    Column("reason", Text),
    Column("words", Text),
    Column("stamp", Text),
    Column("attempts", Integer),
    Column("due_at", _TIME),
    Column("asked_at", _TIME),
    Column("waits_for", Text),
    Column("first_at", _TIME),
    Column("last_at", _TIME),
)
conflicts = Table(
    "conflicts",
    tenant,
    Column("id", BigInteger, primary_key=True),
    Column("at", _TIME),
    Column("pair_id", _ID),
    Column("field_left", Text),
    Column("field_right", Text),
    Column("left_value", _JSON),
    Column("right_value", _JSON),
    Column("winner", Text),
    Column("reason", Text),
)
egress = Table(
    "egress",
    tenant,
    Column("host", Text, primary_key=True),
    Column("port", Integer, primary_key=True),
    Column("connection_id", _ID, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("via", Text, primary_key=True),
    Column("requests", BigInteger),
    Column("refused", BigInteger),
    Column("first_at", _TIME),
    Column("last_at", _TIME),
)
