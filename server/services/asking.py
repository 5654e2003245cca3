"""Asks an app what one item is at this moment, for a person who wants to know; it must not write, nor take no for gone.

Only fields that the integration carries are shown, and only of items that belong to it or have a pair, so that nobody
reads here what stays in the app.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.connectors.base import Connector
from server.domain.errors import Gone, LockstepError, Rejected, Unreadable
from server.domain.item import Item, Side
from server.domain.quoting import with_words
from server.domain.rules import Restricted
from server.engine.filters import makes_none, outside
from server.engine.mapping import Mapping
from server.services import items
from server.services.apps import Apps, with_connector
from server.services.items import FieldValue
from server.services.scope import TenantScope
from server.services.sync.ends import Ends
from server.store import cursors
from server.store.integrations import Integration


@dataclass(frozen=True, slots=True)
class Now:
    """What an app says of one side at this moment.

    ``changed``: labels of fields whose value waits to travel. ``reached``: whether the feed has come past the item's
    last change (None: not known). ``merged``: the key of the item into which it was merged. ``problem``: why the app
    could not be asked. ``restricted``: the app's word for an audience of the item's own; where such items stay, no
    value of it is shown to anybody.
    """

    side: Side
    name: str
    key: str = ""
    url: str = ""
    updated_at: datetime | None = None
    fields: tuple[FieldValue, ...] = ()
    changed: tuple[str, ...] = ()
    reached: bool | None = None
    gone: bool = False
    merged: str = ""
    problem: str = ""
    restricted: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One side asked: what there is to show, and the item itself where it is there.

    ``listed``: the next look at the feed brings the item, because it begins before the item's last change.
    """

    now: Now
    item: Item | None = None
    listed: bool = False
    of_item: bool = False
    """What kept it from being read is the item's own, so the app has it."""


def ask(
    scope: TenantScope, apps: Apps, row: Integration, side: Side, name: str, item_id: str, *, container: str = ""
) -> Asked:
    """Read one item. ``name`` is the connection's. Never raises.

    ``container``: the item is looked for there and nowhere else, and one of another is not read at all.
    """

    def fetch(app: Connector) -> tuple[Item, timedelta]:
        if container and not app.holds(container, item_id):
            raise Gone(f"There is no {item_id} there.")
        return app.fetch(item_id), app.manifest.capabilities.overlap

    try:
        item, overlap = with_connector(scope, row.document.side(side).connection, fetch)
    except Gone as error:
        return Asked(Now(side, name, gone=True, merged=error.into))
    except LockstepError as error:
        # Whether everybody may read what cannot be read is not known.
        words = "" if isinstance(error, Unreadable) else getattr(error, "words", "")
        own = isinstance(error, Rejected)
        return Asked(Now(side, name, problem=with_words(error.message, words)), of_item=own)
    except Exception as error:
        scope.log.exception("an item could not be read for a person", item=item_id)
        return Asked(Now(side, name, problem=f"What it answers of {item_id} cannot be read ({error}); see the log."))
    stay = item.restricted and row.document.audience.on(side) is Restricted.STAY
    mapped = {one: item.fields.get(one) for one in items.mapped(row, side, item.type) if not stay}
    shown = items.labelled(scope, apps, row, side, item.type, mapped)
    with scope.reading() as tx:
        cursor = cursors.read(tx, row.id).get(side)
    reached = cursor is not None and item.updated_at <= cursor
    listed = cursor is None or item.updated_at >= cursor - overlap
    now = Now(side, name, item.key, item.url, item.updated_at, shown, reached=reached, restricted=item.restricted)
    return Asked(now, item, listed)


@dataclass(frozen=True, slots=True)
class Rule:
    """Why an item without a twin gets none, as a sentence; empty when one is to be made.

    ``outside``: it does not belong to the integration at all, so nothing of it is shown.
    """

    why: str
    outside: bool


def mapping_of(scope: TenantScope, row: Integration) -> Mapping:
    """The integration's document, compiled against what both apps have now. Raises what the apps raise."""
    ends = Ends(scope)
    try:
        return ends.mapping(row.document)[0]
    finally:
        ends.close()


def rule_against(mapping: Mapping, side: Side, item: Item) -> Rule:
    """Whether an item without a twin gets one."""
    shape = mapping.shape(side)
    if item.container != shape.container:
        place = f"“{shape.container}” of {shape.name}"
        return Rule(f"It is outside {place}, and the integration looks at nothing else there.", outside=True)
    if why := outside(mapping, side, item, paired=False):
        return Rule(why, outside=True)
    type_ = mapping.type_of(side, item.type)
    return Rule(makes_none(mapping, side, type_) if type_ is not None else "", outside=False)


def without_values(asked: Asked, key: str) -> Asked:
    """What may be told of an item that does not belong to the integration: that it is there."""
    now = asked.now
    told = Now(now.side, now.name, key, restricted=now.restricted, gone=now.gone, problem=now.problem)
    return Asked(told, None, asked.listed)
