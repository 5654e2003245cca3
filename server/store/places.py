"""On which containers the cluster's tenants work, as hashes in the control schema; it must not tell whose they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import delete, select

from server.store import control_tables as t
from server.store.database import Transaction


def put(control: Transaction, tenant: str, integration: str, places: Iterable[str]) -> set[str]:
    """Say where an integration works; those of the places where another tenant does, too."""
    places = list(places)
    drop(control, tenant, integration)
    hashes = {_hash(one): one for one in places if one}
    if not hashes:
        return set()
    mine = [{"tenant_id": tenant, "integration_id": integration, "place": one} for one in hashes]
    control.execute(t.places.insert(), mine)
    return others(control, tenant, places)


def others(control: Transaction, tenant: str, places: Iterable[str]) -> set[str]:
    """Those of the places where another tenant works, too."""
    hashes = {_hash(one): one for one in places if one}
    query = select(t.places.c.place).where(t.places.c.place.in_(list(hashes)), t.places.c.tenant_id != tenant)
    return {hashes[bytes(one)] for one in control.execute(query.distinct()).scalars()}


def drop(control: Transaction, tenant: str, integration: str) -> None:
    """Forget where an integration worked."""
    control.execute(delete(t.places).where(t.places.c.tenant_id == tenant, t.places.c.integration_id == integration))


def _hash(place: str) -> bytes:
    return hashlib.sha256(f"lockstep place\n{place}".encode()).digest()
