"""Why an item is as it is: everything that is known of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from server.web.schemas.base import Query, Reply
from server.web.schemas.items import FieldValue, HoldOut, ItemDetail, SideName
from server.web.schemas.runs import EventOut, RunOut


class ExplainQuery(Query):
    """An item's key, id or address, of either side. ``live``: the apps are asked what they hold now."""

    key: str = Field(min_length=1, max_length=2000)
    live: bool = True


class NowOut(Reply):
    """What an app says of one side at this moment; mapped fields only.

    ``changed`` are labels of fields that are not what was last seen. ``reached``: whether the feed has come past the
    item's last change. ``problem``: why the app could not be asked; the item may well be there. ``restricted``: the
    app's word for why not everybody who sees its neighbours sees it.
    """

    side: SideName
    name: str
    key: str
    url: str
    updated_at: datetime | None
    fields: tuple[FieldValue, ...]
    changed: tuple[str, ...]
    reached: bool | None
    gone: bool
    problem: str
    restricted: str


class OpenStepOut(Reply):
    """A write whose answer was lost; what became of it is found out with the next look."""

    kind: str
    side: SideName
    planned_at: datetime | None


class SubjectOut(Reply):
    """One pair, or one item without a twin, that answers to the key.

    ``ahead``: how many held items of the integration are due before it. ``history`` is newest first, and of the pair
    where there is one.
    """

    sentence: str
    integration: UUID
    integration_name: str
    key: str
    pair: ItemDetail | None
    holds: tuple[HoldOut, ...]
    ahead: int
    next_attempt: datetime | None
    now: tuple[NowOut, ...]
    unresolved: tuple[OpenStepOut, ...]
    runs: tuple[RunOut, ...]
    history: tuple[EventOut, ...]


class ExplanationOut(Reply):
    """What answers to a key. ``problems``: why an app could not be asked whether it has the item.

    ``unasked``: why apps were not asked at all for who asks; empty when they were.

    ``history`` is what is on record of the key where nothing answers to it any more.
    """

    key: str
    sentence: str
    subjects: tuple[SubjectOut, ...]
    problems: tuple[str, ...]
    unasked: str
    history: tuple[EventOut, ...]
