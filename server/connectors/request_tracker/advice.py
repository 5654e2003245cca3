"""Says what will work less well with a connection to Request Tracker, in sentences; it must not refuse anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from server.connectors import audience
from server.connectors.base import Container
from server.connectors.lineage import unknown_to_others
from server.connectors.request_tracker.learned import Learned
from server.connectors.seen import DELETES_ITEMS, KEEPS_CREATED_AT, PRIVATE_COMMENTS, Seen


def warnings(learned: Learned, seen: Seen, queues: Sequence[Container], settings: Mapping[str, str]) -> tuple[str, ...]:
    """All that an administrator may want to know or put right, none of it in the way of syncing."""
    there = {one.name for queue in queues for one in learned.customs(queue.id).values()}
    unknown = audience.missing(settings, there, "Request Tracker")
    said = (*_on_marker(learned, queues), *_on_age(seen), *_on_rights(seen))
    return (unknown, *said) if unknown else said


def _on_marker(learned: Learned, queues: Sequence[Container]) -> Iterator[str]:
    wanted = learned.marker_field
    without = [one.name for one in queues if learned.marker(one.id) is None]
    if without:
        what = f"no custom field “{wanted}”" if wanted else "no field"
        names = ", ".join(without)
        yield (
            f"In {names} {what} holds the correlation id, or the syncing user may not see it. A ticket whose "
            "creation was cut off is looked for by creator, time, subject and description there. "
            f"{unknown_to_others('Request Tracker', 'ticket')} A custom field of kind “Enter one value”, applied to "
            "the queue and named in the connection, makes both certain."
        )


def _on_age(seen: Seen) -> Iterator[str]:
    keeps = seen.has(KEEPS_CREATED_AT)
    if keeps is None:
        yield (
            "Whether a ticket that a migration makes here may be as old as its original is not known yet: newer "
            "installations drop that time. The first ticket that is moved here shows it. A comment says it in any case."
        )
    elif not keeps:
        yield (
            "This Request Tracker drops the time at which an original was made. A ticket that a migration makes here "
            "is as old as the move, and a comment on it says when its original was made, and by whom."
        )


def _on_rights(seen: Seen) -> Iterator[str]:
    if seen.has(DELETES_ITEMS) is False:
        yield (
            "The last deletion of a ticket was refused. Where twins are to be deleted, the syncing user needs the "
            "right “DeleteTicket”, and the workflow a way to “deleted”."
        )
    if seen.has(PRIVATE_COMMENTS) is False:
        yield "The last comment for staff was refused. The syncing user needs the right “CommentOnTicket”."
