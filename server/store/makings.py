"""Which twins are being made just now, in the control schema; it must not tell what they are, only that they are.

A making is begun before its container is looked at, and is over once what was made is on record. So of all who would
make the same twin, in whichever tenant of the cluster, one goes on, and the others wait and then find it there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Integer, Uuid, bindparam, text

from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Hand:
    """Who makes: an integration of a tenant, under the lease ``epoch``."""

    tenant: str
    integration: str
    epoch: int

    def given(self) -> dict[str, object]:
        """As the parameters of a statement."""
        return {"tenant": self.tenant, "integration": self.integration, "epoch": self.epoch}


_MINE = (
    bindparam("tenant", type_=Uuid(as_uuid=False)),
    bindparam("integration", type_=Uuid(as_uuid=False)),
    bindparam("epoch", type_=Integer),
)
_ONE_AT_A_TIME = text("select place from control.turns where place = :place for update")
_FIRST_TIME = text("insert into control.turns (place) values (:place) on conflict do nothing")
_BEGIN = text(
    "with given as (select * from unnest(cast(:items as bigint[]), cast(:whats as bigint[])) as given(item, what)),"
    " taken as (select distinct given.item from given where exists (select from control.makings as other"
    "   where other.what = given.what and (other.until is null or other.until > now())"
    "   and (other.tenant_id, other.integration_id) <> (:tenant, :integration))"
    "   or exists (select from control.leases where tenant_id = :tenant and epoch > :epoch)),"
    " begun as (insert into control.makings (tenant_id, integration_id, item, what, epoch)"
    "   select :tenant, :integration, item, what, :epoch from given where item not in (select item from taken)"
    "   on conflict (tenant_id, integration_id, item, what) do update set epoch = excluded.epoch, until = null)"
    " select item from taken"
).bindparams(*_MINE)
_NOT_WORTH_WAITING_FOR = text("set local synchronous_commit = off")
_OVER = text(
    "delete from control.makings where tenant_id = :tenant and integration_id = :integration and epoch <= :epoch"
    " and item = any(cast(:items as bigint[]))"
).bindparams(*_MINE)
_SHOWN_LATER = text(
    "update control.makings set until = now() + make_interval(secs => :lag)"
    " where tenant_id = :tenant and integration_id = :integration and epoch <= :epoch and until is null"
    " and item = any(cast(:items as bigint[]))"
).bindparams(*_MINE)
_SHOWN_BY_NOW = text(
    "delete from control.makings where tenant_id = :tenant and integration_id = :integration and until <= now()"
).bindparams(*_MINE[:2])
_KEEP = text(
    "delete from control.makings where tenant_id = :tenant and epoch <= :epoch and until is null"
    " and (integration_id, item) not in"
    " (select * from unnest(cast(:integrations as uuid[]), cast(:items as bigint[])))"
).bindparams(_MINE[0], _MINE[2])
_FORGET = text("delete from control.makings where tenant_id = :tenant and integration_id = :integration").bindparams(
    *_MINE[:2]
)


def begin(control: Transaction, hand: Hand, place: int, wanted: Mapping[int, Collection[int]]) -> set[int]:
    """Begin to make the twins of these items in the container numbered ``place``; those that have to wait.

    ``wanted``: by item, what no other may make there meanwhile. An item has to wait, and nothing is begun of it, where
    another makes any of that. Begun once more by the same hand it goes on.
    """
    rows = [(item, what) for item, several in wanted.items() for what in several]
    if not rows:
        return set()
    if control.execute(_ONE_AT_A_TIME, {"place": place}).first() is None:
        control.execute(_FIRST_TIME, {"place": place})
        control.execute(_ONE_AT_A_TIME, {"place": place})
    lists = {"items": [item for item, _ in rows], "whats": [what for _, what in rows]}
    return {int(one) for one in control.execute(_BEGIN, hand.given() | lists).scalars()}


def over(control: Transaction, hand: Hand, items: Collection[int], lag: timedelta = timedelta(0)) -> None:
    """Say that the making of these twins is over. ``lag``: so long the app may not show them yet.

    What is lost of it in a breakdown of the database is done again when the tenant is taken over.
    """
    control.execute(_NOT_WORTH_WAITING_FOR)
    if lag:
        control.execute(_SHOWN_LATER, hand.given() | {"items": list(items), "lag": lag.total_seconds()})
        control.execute(_SHOWN_BY_NOW, hand.given())
    else:
        control.execute(_OVER, hand.given() | {"items": list(items)})


def keep(control: Transaction, tenant: str, epoch: int, items: Collection[tuple[str, int]]) -> None:
    """Say that all makings of a tenant are over but these (integration, item): it is taken over under ``epoch``."""
    lists = {"integrations": [one for one, _ in items], "items": [item for _, item in items]}
    control.execute(_KEEP, {"tenant": tenant, "epoch": epoch} | lists)


def forget(control: Transaction, tenant: str, integration: str) -> None:
    """Drop what an integration has begun: it is no more."""
    control.execute(_FORGET, {"tenant": tenant, "integration": integration})
