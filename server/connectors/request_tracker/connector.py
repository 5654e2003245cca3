"""Talks to one Request Tracker with one account; it must not decide what is synced.

RT answers 200 with sentences in its user's language even when nothing was done, so every write is read back. It has
no way to edit what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import BinaryIO

from server.connectors.base import Account, Answer, Capabilities, Container, ItemType, Manifest, Outlet
from server.connectors.confirming import confirming, told, unconfirmed
from server.connectors.paths import segment
from server.connectors.reading import number, readable, reading, text
from server.connectors.request_tracker.advice import warnings
from server.connectors.request_tracker.births import walk_births
from server.connectors.request_tracker.content import decoded
from server.connectors.request_tracker.feed import PAGE, in_queue, walk_census, walk_changes, walk_merges
from server.connectors.request_tracker.fields import CREATED_AS, DEFAULT_LIFECYCLE, field_specs
from server.connectors.request_tracker.learned import API, Learned, json_search
from server.connectors.request_tracker.links import KINDS, Links
from server.connectors.request_tracker.lost import find_lost
from server.connectors.request_tracker.manifest import MANIFEST
from server.connectors.request_tracker.parts import WHOLE
from server.connectors.request_tracker.posts import Posts
from server.connectors.request_tracker.read import (
    DELETED,
    Json,
    Reading,
    own_id,
    read_fields,
    read_item,
    read_moved,
    read_status,
    read_untyped,
    record_of,
    section,
)
from server.connectors.request_tracker.shortened import as_kept
from server.connectors.request_tracker.statuses import Statuses
from server.connectors.request_tracker.syntax import syntax
from server.connectors.request_tracker.transcript import history, messages, open_mail
from server.connectors.request_tracker.write import (
    message_type,
    not_taken,
    spoken,
    ticket_body,
)
from server.connectors.seen import DELETES_ITEMS, KEEPS_CREATED_AT, Seen
from server.connectors.understood import understood
from server.connectors.zones import chosen_zone
from server.domain.errors import Gone, Hidden, NotThatApp, PutRight, Rejected
from server.domain.item import CommentDraft, Draft, FileDraft, Item, Page
from server.domain.lineage import Births
from server.domain.quoting import quoted
from server.domain.syntax import Syntax
from server.domain.values import AppUser, FieldSpec, TextFormat, Value

_TYPE = "ticket"
_NOT_FOUND, _FORBIDDEN = 404, 403
_DONE = 204
_SAME_MOMENT = timedelta(seconds=1)
"""RT keeps whole seconds."""


@understood(MANIFEST.title)
class RequestTracker:
    """One RT, one account. Holds nothing but what it has learned of the app's own configuration."""

    def __init__(self, settings: Mapping[str, str], outlet: Outlet) -> None:
        self.seen = Seen()
        self._outlet = outlet
        self._format = TextFormat.PLAIN if settings.get("text_format") == "plain" else TextFormat.HTML
        self._learned = Learned(outlet, settings, self._format, self.seen)
        self._settings = settings
        self._links = Links(outlet, self._learned, self._record)
        self._statuses = Statuses(self._learned, self._record, self._put)
        files_public = settings.get("files_as") == "reply"
        self._posts = Posts(outlet, self._learned, self._statuses, self._format, files_public=files_public)

    @property
    def manifest(self) -> Manifest:
        """RT's manifest."""
        return MANIFEST

    @property
    def text_format(self) -> TextFormat:
        """As the connection's settings say."""
        return self._format

    @property
    def server_time(self) -> datetime | None:
        """RT's clock as of its last answer."""
        return self._outlet.server_time

    def syntax(self, container: str) -> Syntax:  # noqa: ARG002 - the protocol's
        """As the format of messages of the connection's settings has it."""
        return syntax(self._format, self._outlet.base_url)

    def zone(self) -> str:
        """As the connection's settings say, else as it is set at our account now."""
        return chosen_zone(self._settings) or str(self._learned.zone())

    # What is there

    def check(self) -> Account:
        """Prove address and token, and say what will work less well."""
        path, headers = f"{API}/rt", self._learned.headers
        named = partial(section, name="Version")
        answer = self._outlet.request("GET", path, headers=headers, accept=(_NOT_FOUND,), shape=named)
        if answer.status == _NOT_FOUND:
            raise NotThatApp(
                f"{self._outlet.base_url} answers, but not as Request Tracker 5 does. Check the address; if RT is "
                "served below a path, the path belongs to it."
            )
        version = named(answer.json())
        self._learned.zone()
        self.zone()
        advice = warnings(self._learned, self.seen, self.containers(), self._settings)
        return Account(self._learned.account(), f"Request Tracker {version}", advice)

    def abilities(self, container: str) -> Capabilities:  # noqa: ARG002 - the protocol's
        """RT's, and whether this one was seen to keep the time of an original. RT does not tell our rights."""
        return replace(MANIFEST.capabilities, keeps_created_at=self.seen.has(KEEPS_CREATED_AT))

    def containers(self) -> tuple[Container, ...]:
        """The queues that this account sees."""
        listed = self._learned.listed("/queues/all", [("fields", "Name,Disabled")])
        return tuple(one for one in readable(listed, _queue) if one is not None)

    def item_types(self, container: str) -> tuple[ItemType, ...]:
        """RT knows one type."""
        self._learned.queue(container)
        return (ItemType(_TYPE, "Ticket"),)

    def fields(self, container: str, item_type: str) -> tuple[FieldSpec, ...]:
        """The fields of the queue's tickets."""
        if item_type != _TYPE:
            raise PutRight(f"Request Tracker has no type “{item_type}”; its items are tickets.")
        learned = self._learned
        customs = learned.customs(container).values()
        return field_specs(self._format, learned.statuses(container), customs, learned.marker_field)

    def users(self, container: str) -> tuple[AppUser, ...]:
        """The users of RT; it does not tell which of them may own tickets of the queue."""
        self._learned.queue(container)
        return self._learned.people()

    # Reading tickets

    def changes(self, container: str, since: datetime | None) -> Iterator[Page]:
        """Tickets changed at or after ``since``, oldest first, and before them those that were merged into others."""
        if since is not None:
            yield from walk_merges(partial(self._merges, since), self._outlet.server_time)
        yield from walk_changes(self._search, container, since, self._learned.zone, lambda: self._outlet.server_time)

    def _merges(self, since: datetime, page: int) -> list[Json]:
        """Records of merges since then, of all queues: RT keeps them with the ticket, not with where it was."""
        limits = (
            {"field": "ObjectType", "value": "RT::Ticket"},
            {"field": "Type", "value": "AddLink"},
            {"field": "Field", "value": "MergedInto"},
            {"field": "Created", "operator": ">=", "value": spoken(since, UTC)},
        )
        fields = ("fields", "ObjectId,NewValue,Created")
        wish = [json_search(*limits), fields, ("per_page", str(PAGE)), ("page", str(page))]
        return [one for one in self._learned.members("/transactions", wish) if isinstance(one, dict)]

    def census(self, container: str) -> Iterator[tuple[str, ...]]:
        """The numbers of all tickets of the queue."""
        return walk_census(self._search, container)

    def place(self, container: str) -> str:
        """The queue by its number and when it was made."""
        return f"request_tracker {container} {self._learned.queue(container).get('Created', '')}"

    def marks(self, container: str) -> bool:
        """Where the queue has the custom field for the correlation id."""
        return self._learned.marker(container) is not None

    def births(self, container: str, after: str) -> Iterator[Births]:
        """The queue's tickets beyond a number."""
        learned = self._learned
        return walk_births(self._search, container, after, learned.marker_field, learned.account().id)

    def holds(self, container: str, item_id: str) -> bool:
        """One request, the same wherever the ticket is, and where there is none."""
        return bool(self._search(f"{in_queue(container)} AND id = {int(item_id)}", ("id",), "Queue")[0])

    def fetch(self, item_id: str) -> Item:
        """The whole ticket. ``Gone`` when it was deleted or merged into another."""
        return self._whole(*self._ticket(item_id))

    def _whole(self, ticket: Json, last: str) -> Item:
        with reading(f"#{ticket['id']}"):
            by = self._reading(ticket)
            then = history(self._learned, str(ticket["id"]), last)
            queue = own_id(ticket["Queue"])
            moved = read_moved(str(ticket["id"]), then, by.own_user, partial(self._statuses.between, queue))
            said = as_kept(messages(self._learned, then, self._format), then, by.own_user)
            item = read_item(ticket, tuple(replace(one, moved=moved.get(one.id, ())) for one in said), by)
            return replace(item, untyped=read_untyped(item.id, then))

    def _reading(self, ticket: Json) -> Reading:
        return self._learned.reading(own_id(ticket["Queue"]), self._outlet.server_time)

    def find(self, draft: Draft, reserved_at: datetime) -> tuple[str, ...]:
        """Tickets that carry the correlation id; without a field for it, our own since then that say the same."""
        return find_lost(self._search, self._learned, self.fetch, draft, reserved_at)

    # Writing tickets

    def create(self, draft: Draft) -> Item:
        """Make the ticket, take it to its status, and return it as RT holds it.

        Cut off after the first request, it leaves a ticket that ``find`` finds.
        """
        customs = self._learned.customs(draft.container)
        body = ticket_body(draft.fields, customs, self._learned.zone, creating=True) | {"Queue": draft.container}
        if draft.created_at is not None:
            body["Created"] = spoken(draft.created_at, UTC)
        description = draft.fields.get("description")
        if description:
            body |= {"Content": str(description), "ContentType": message_type(self._format)}
        lifecycle = str(self._learned.queue(draft.container).get("Lifecycle") or DEFAULT_LIFECYCLE)
        if lifecycle != DEFAULT_LIFECYCLE or body.get("Status") not in CREATED_AS:
            body.pop("Status", None)  # a ticket does not begin there; it is taken there once it exists
        marker = self._learned.marker(draft.container)
        if marker is not None:
            body.setdefault("CustomFields", {})[marker.id] = draft.marker
        answer = self._begin(body, draft.fields)
        made = self._settle(_made(answer), draft.fields)
        if draft.created_at is not None and made.created_at is not None:
            kept = abs(made.created_at - draft.created_at) <= _SAME_MOMENT
            self.seen.note(KEEPS_CREATED_AT, there=kept)
        return made

    def _begin(self, body: Json, sent: Mapping[str, Value]) -> Answer:
        """Make the ticket; of a refusal it is said which fields RT's sentence speaks of."""
        try:
            return self._outlet.request("POST", f"{API}/ticket", headers=self._learned.headers, json=body)
        except Rejected as error:
            error.fields |= {name for name in sent if re.search(rf"\b{re.escape(name)}\b", error.words)}
            raise

    def way(self, item_id: str, changed: Mapping[str, Value]) -> Mapping[str, tuple[str, ...]]:
        """The statuses over which the ticket would be taken to a new one; none where it is one step, or no way."""
        goal = changed.get("Status")
        path = self._statuses.way(self._record(item_id), goal) if isinstance(goal, str) else ()
        return {"Status": path[:-1]} if len(path) > 1 else {}

    def update(self, item_id: str, changed: Mapping[str, Value]) -> Item:
        """Write the fields; what RT left as it was is ``Rejected``, and so is a new description."""
        if "description" in changed:
            raise Rejected(
                f"The description of ticket #{item_id} was not changed: Request Tracker cannot edit what a ticket "
                "began with. Let the description travel at creation only.",
                fields=("description",),
            )
        ticket, _ = self._ticket(item_id)
        return self._settle(item_id, changed, self._put(ticket, changed))

    def delete(self, item_id: str) -> None:
        """Give the ticket RT's status for what is deleted: it is in no search any more."""
        self._ticket(item_id)
        answer = self._outlet.request("DELETE", f"{API}/ticket/{segment(item_id)}", headers=self._learned.headers)
        try:
            with confirming(f"the deletion of ticket #{item_id}"):
                status = self._statuses.of(item_id)
        except Gone:
            self.seen.note(DELETES_ITEMS, there=True)
            return
        if answer.status != _DONE:
            raise unconfirmed(f"the deletion of ticket #{item_id}")
        self.seen.note(DELETES_ITEMS, there=False)
        raise Rejected(
            f"Request Tracker left ticket #{item_id} in the status “{status}” (its answer was {answer.status}). Its "
            "workflow may not lead to “deleted”, or the syncing user lacks the right “DeleteTicket”.",
            status=answer.status,
        )

    def _put(self, ticket: Json, changed: Mapping[str, Value]) -> tuple[str, ...]:
        """Write fields; RT's own sentences on it."""
        customs = self._learned.customs(own_id(ticket["Queue"]))
        body = ticket_body(changed, customs, self._learned.zone, creating=False)
        if not body:
            return ()
        path = f"{API}/ticket/{segment(str(ticket['id']))}"
        answer = self._outlet.request("PUT", path, headers=self._learned.headers, json=body).json()
        if not isinstance(answer, list):
            raise unconfirmed(f"ticket #{ticket['id']}")
        return tuple(str(one) for one in answer)

    def _settle(self, item_id: str, wanted: Mapping[str, Value], words: tuple[str, ...] = ()) -> Item:
        """Read back; take the ticket to its status where that needs steps between."""
        what = f"ticket #{item_id}"
        with confirming(what):
            ticket, last = self._ticket(item_id)
            by = self._reading(ticket)
        goal = wanted.get("Status")
        if isinstance(goal, str) and str(ticket["Status"]) != goal:
            words += self._statuses.reach(ticket, goal)
            with confirming(what):
                ticket, last = self._ticket(item_id)
        with confirming(what), reading(f"#{item_id}"):
            left = not_taken(wanted, read_fields(ticket, "", by), by.customs)
        if left:
            said = quoted("; ".join(words)) or " It gave no reason."
            raise Rejected(
                f"Request Tracker left {', '.join(left)} of ticket #{item_id} as it was.{said} The workflow or "
                "open dependencies may forbid it, the value may be unknown there, or the syncing user may not.",
                words="; ".join(words),
                fields=left,
            )
        with confirming(what):
            return self._whole(ticket, last)

    # Comments, files, links

    def add_comment(self, item_id: str, draft: CommentDraft) -> str:
        """Post a comment (private) or a reply (public); the ticket's status stays what it was."""
        return self._posts.add(item_id, draft, self.seen)

    def edit_comment(self, item_id: str, comment_id: str, body: str) -> None:  # noqa: ARG002 - the protocol's
        """RT has no such thing."""
        raise Rejected(f"Request Tracker cannot edit what was said on ticket #{item_id}.")

    def delete_comment(self, item_id: str, comment_id: str) -> None:  # noqa: ARG002 - the protocol's
        """RT has no such thing."""
        raise Rejected(f"Request Tracker cannot delete what was said on ticket #{item_id}.")

    def add_attachment(self, item_id: str, draft: FileDraft, content: BinaryIO) -> str:
        """Attach a file with a message of its own, as the settings say; the ticket's status stays what it was."""
        return self._posts.attach(item_id, draft, content)

    def open_attachment(self, item_id: str, attachment_id: str) -> Iterable[bytes]:  # noqa: ARG002 - the protocol's
        """The file's bytes."""
        if attachment_id.endswith(WHOLE):
            return open_mail(self._learned, attachment_id.removesuffix(WHOLE), lambda part: self._bytes_of(part.id))
        return self._bytes_of(attachment_id)

    def _bytes_of(self, number: str) -> Iterator[bytes]:
        return decoded(self._outlet.stream(f"{API}/attachment/{segment(number)}", headers=self._learned.headers))

    def delete_attachment(self, item_id: str, attachment_id: str) -> None:  # noqa: ARG002 - the protocol's
        """RT has no such thing."""
        raise Rejected(f"Request Tracker cannot take a file off ticket #{item_id}.")

    def link_kinds(self, container: str) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's
        """RT's relations between tickets; parents are among them."""
        return KINDS

    def add_link(self, item_id: str, kind: str, target: str) -> None:
        """Relate two tickets, or make one the other's parent."""
        self._links.add(item_id, kind, target)

    def remove_link(self, item_id: str, kind: str, target: str) -> None:
        """Take a relation away; one that is not there is no error."""
        self._links.remove(item_id, kind, target)

    def close(self) -> None:
        """Let go of sockets."""
        self._outlet.close()

    # How we talk

    def _search(self, query: str, order: tuple[str, ...], fields: str) -> tuple[list[Json], int | None]:
        wish = [("query", query), ("fields", fields), ("per_page", str(PAGE))]
        wish += [pair for column in order for pair in (("orderby", column), ("order", "ASC"))]
        return self._learned.page("/tickets", wish)

    def _record(self, item_id: str) -> Json:
        return self._ticket(item_id)[0]

    def _ticket(self, item_id: str) -> tuple[Json, str]:
        """A ticket's own record, and the number of its last transaction (empty when RT does not tell)."""
        path, numbered = f"{API}/ticket/{segment(item_id)}", partial(record_of, name="id")
        refusals = (_NOT_FOUND, _FORBIDDEN)
        answer = self._outlet.request("GET", path, headers=self._learned.headers, accept=refusals, shape=numbered)
        if answer.status == _NOT_FOUND:
            raise Gone(f"Ticket #{item_id} is not in Request Tracker any more.", status=answer.status)
        if answer.status == _FORBIDDEN:
            raise Hidden(
                f"Request Tracker does not show ticket #{item_id} to the syncing user. It may be in a queue that the"
                " user may not see, or the user may have lost the right. Nothing of it travels until it is seen again.",
                status=answer.status,
            )
        ticket = numbered(answer.json())
        with reading(f"#{item_id}"):
            if read_status(ticket) == DELETED:
                raise Gone(f"Ticket #{item_id} was deleted in Request Tracker.")
            here = number(ticket["id"])
            if here != item_id:
                raise Gone(f"Ticket #{item_id} was merged into #{here} in Request Tracker.", into=f"#{here}")
            self._learned.notice(ticket)
        tag = next((value for name, value in answer.headers.items() if name.lower() == "etag"), "")
        last = tag.strip().removeprefix("W/").strip('"')
        return ticket, last if last.isdigit() else ""


def _queue(shown: Json) -> Container | None:
    """A queue as a list shows it; None when it is not in use."""
    used = str(shown.get("Disabled") or "0") == "0"
    return Container(number(shown["id"]), text(shown["Name"])) if used else None


def _made(answer: Answer) -> str:
    """The number of a new ticket. Raises ``LostAnswer`` where none is told."""
    try:
        return number(told(answer.json(), "id", what="a new ticket"))
    except ValueError as error:
        raise unconfirmed("a new ticket") from error


def open_request_tracker(settings: Mapping[str, str], outlet: Outlet) -> RequestTracker:
    """Build a connector from a connection's settings."""
    return RequestTracker(settings, outlet)
