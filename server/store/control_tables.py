"""The control schema's tables, mirroring ``migrations/control``; it must not create or alter anything.

No tenant's login reaches them, and the control role reaches no tenant's.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, FetchedValue, LargeBinary, MetaData, Table, Text, Uuid

control = MetaData(schema="control")

_ID = Uuid(as_uuid=False)
_TIME = DateTime(timezone=True)

tenants = Table(
    "tenants",
    control,
    Column("id", _ID, primary_key=True, server_default=FetchedValue()),
    Column("name", Text),
    Column("title", Text),
    Column("schema_name", Text),
    Column("role_name", Text),
    Column("role_password", LargeBinary),
    Column("state", Text),
    Column("created_at", _TIME),
)
places = Table(
    "places",
    control,
    Column("tenant_id", _ID, primary_key=True),
    Column("integration_id", _ID, primary_key=True),
    Column("place", LargeBinary, primary_key=True),
)
leases = Table(
    "leases",
    control,
    Column("tenant_id", _ID, primary_key=True),
    Column("holder", Text),
    Column("epoch", BigInteger),
)
holders = Table(
    "holders",
    control,
    Column("holder", Text, primary_key=True),
    Column("expires_at", _TIME),
)
tenant_states = Table(
    "tenant_states",
    control,
    Column("tenant_id", _ID, primary_key=True),
    Column("state", Text),
    Column("message", Text),
    Column("holder", Text),
    Column("last_pass_at", _TIME),
    Column("next_pass_at", _TIME),
    Column("updated_at", _TIME),
)
