"""Talks to one Redmine with one account; it must not decide what is synced.

Redmine says yes to much that it then leaves undone. So every write is read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from server.connectors.base import Account, Answer, Capabilities, Container, ItemType, Manifest, Outlet
from server.connectors.confirming import confirming, told, unconfirmed
from server.connectors.paths import segment
from server.connectors.reading import named, number, reading
from server.connectors.redmine.advice import warnings
from server.connectors.redmine.births import walk_births
from server.connectors.redmine.derived import Cascades, Derived, untyped
from server.connectors.redmine.feed import scope, walk_census, walk_changes
from server.connectors.redmine.fields import Surroundings, field_specs, members
from server.connectors.redmine.learned import Learned, app_user
from server.connectors.redmine.links import KINDS, Links
from server.connectors.redmine.lost import find_lost
from server.connectors.redmine.manifest import MANIFEST, TEXT_FORMATS
from server.connectors.redmine.posts import Posts
from server.connectors.redmine.read import Json, read_item
from server.connectors.redmine.rights import abilities
from server.connectors.redmine.syntax import syntax
from server.connectors.redmine.talk import DONE, NOT_FOUND, UNPROCESSABLE, Talk
from server.connectors.redmine.ways import Ways
from server.connectors.redmine.write import issue_body, left_empty, meant, not_taken, other_texts
from server.connectors.seen import Seen
from server.connectors.understood import understood
from server.connectors.zones import chosen_zone
from server.domain.errors import Gone, PutRight, Rejected
from server.domain.item import CommentDraft, Draft, FileDraft, Item, Page
from server.domain.lineage import Births
from server.domain.syntax import Syntax
from server.domain.values import AppUser, FieldSpec, TextFormat, Value

_WHOLE = "journals,attachments,relations,children"
_CLOCKS_APART = timedelta(minutes=10)
"""How far Redmine's clock may be from ours where it does not tell its own."""
_WHOLE_SECONDS = timedelta(seconds=2)
"""Redmine keeps these, and its answer's time may be of the second before."""
_ACTIVE = 1


@understood(MANIFEST.title)
class Redmine:
    """One Redmine, one account. Holds nothing but what it has learned of the app's own configuration."""

    def __init__(self, settings: Mapping[str, str], outlet: Outlet) -> None:
        self.seen = Seen()
        self._outlet = outlet
        self._headers = {"X-Redmine-API-Key": settings["api_key"].strip()}
        chosen = settings.get("text_format") or "textile"
        if chosen not in TEXT_FORMATS:
            raise PutRight(f"“{chosen}” is none of Redmine's text formats.", field="text_format")
        self._format = TEXT_FORMATS[chosen]
        self._settings = settings
        self._marker_wish = (settings.get("marker_field") or "").strip()
        self._learned = Learned(outlet, self._headers, self._marker_wish, self.seen)
        self._cascades = Cascades()
        self._talk = Talk(outlet, self._headers, self._learned, self._cascades)
        self._links = Links(outlet, self._headers, self._talk.issue)
        self._derived = Derived(self.seen)
        self._posts = Posts(outlet, self._headers, self._learned, self._talk, self.fetch)
        self._ways = Ways(self._learned, self._talk.issue, self.fetch, self._talk.put)

    @property
    def manifest(self) -> Manifest:
        """Redmine's manifest."""
        return MANIFEST

    @property
    def text_format(self) -> TextFormat:
        """As the connection's settings say; Redmine does not tell it."""
        return self._format

    @property
    def server_time(self) -> datetime | None:
        """Redmine's clock as of its last answer; ours where it tells no time, as a bare Puma does."""
        return self._outlet.server_time or datetime.now(UTC)

    def syntax(self, container: str) -> Syntax:  # noqa: ARG002 - the protocol's
        """As the text format of the connection's settings has it."""
        return syntax(self._settings.get("text_format") or "textile", self._outlet.base_url)

    def zone(self) -> str:
        """As the connection's settings say; Redmine tells nobody's time zone, and keeps days as days."""
        return chosen_zone(self._settings)

    def _surely_past(self) -> datetime:
        """A time that is over at Redmine, even if it tells no time and our clock is ahead of its."""
        told = self._outlet.server_time
        return told if told is not None else datetime.now(UTC) - _CLOCKS_APART

    def _at_most(self) -> datetime | None:
        """How late it may be at Redmine at most; None where it tells its time."""
        return None if self._outlet.server_time is not None else datetime.now(UTC) + _CLOCKS_APART

    # What is there

    def check(self) -> Account:
        """Prove address and key, and say what will work less well with this account."""
        self.zone()
        user = self._learned.account()
        return Account(app_user(user), "Redmine", warnings(self._learned, user, self._marker_wish))

    def abilities(self, container: str) -> Capabilities:
        """What the roles of our account allow in the project."""
        return abilities(MANIFEST.capabilities, self._learned.allowed(container))

    def containers(self) -> tuple[Container, ...]:
        """The active projects that this account sees."""
        found = named(self._talk.every("/projects.json", "projects"), "/projects.json")
        return tuple(Container(str(one["id"]), one["name"]) for one in found if one.get("status", _ACTIVE) == _ACTIVE)

    def item_types(self, container: str) -> tuple[ItemType, ...]:
        """The project's trackers."""
        project = self._talk.project(container, "trackers")
        trackers = named(project.get("trackers") or [], "/projects.json")
        return tuple(ItemType(str(one["id"]), one["name"]) for one in trackers)

    def fields(self, container: str, item_type: str) -> tuple[FieldSpec, ...]:
        """Standard fields of the tracker, and custom fields as far as this account may know them."""
        ask = self._learned.ask
        trackers = named(ask("/trackers.json", "trackers"), "/trackers.json")
        tracker = next((one for one in trackers if str(one["id"]) == item_type), None)
        if tracker is None:
            raise PutRight(f"Redmine has no tracker with the number {item_type} any more; choose another.")
        around = Surroundings(
            project=self._talk.project(container, "issue_categories"),
            tracker=tracker,
            statuses=ask("/issue_statuses.json", "issue_statuses"),
            priorities=ask("/enumerations/issue_priorities.json", "issue_priorities"),
            versions=ask(f"/projects/{segment(container)}/versions.json", "versions"),
            definitions=self._learned.definitions(),
            seen=self._learned.seen_customs(container, item_type),
            restricts=self._learned.restricts(container),
        )
        return field_specs(around, self._format, self._learned.marker(container))

    def users(self, container: str) -> tuple[AppUser, ...]:
        """The project's members, with login and e-mail where Redmine shows them to us."""
        people = members(self._talk.every(f"/projects/{segment(container)}/memberships.json", "memberships"))
        return tuple(self._learned.person(one) for one in people)

    # Reading issues

    def changes(self, container: str, since: datetime | None) -> Iterator[Page]:
        """Issues changed at or after ``since``, oldest first."""
        return walk_changes(self._talk.listing, container, since, self._surely_past, self._at_most)

    def census(self, container: str) -> Iterator[tuple[str, ...]]:
        """The numbers of all issues of the project."""
        return walk_census(self._talk.listing, container)

    def place(self, container: str) -> str:
        """The project by its number and when it was made: Redmine tells nothing of itself that a copy would not."""
        return self._learned.place(container)

    def marks(self, container: str) -> bool:
        """Where a custom field holds the correlation id."""
        return self._learned.marker(container) is not None

    def births(self, container: str, after: str) -> Iterator[Births]:
        """The project's issues beyond a number."""
        learned = self._learned
        return walk_births(self._talk.listing, container, after, learned.marker(container), learned.own_user())

    def holds(self, container: str, item_id: str) -> bool:
        """One request, the same wherever the issue is, and where there is none."""
        return self._talk.listing(scope(container) | {"issue_id": item_id, "limit": "1"})[1] > 0

    def fetch(self, item_id: str) -> Item:
        """The whole issue. ``Gone`` only when Redmine knows us and not the issue."""
        return self._read(self._talk.issue(item_id, _WHOLE), item_id)

    def _read(self, issue: Json, item_id: str) -> Item:
        by = self._learned.reading(self._surely_past(), self._at_most())
        with reading(f"#{item_id}"):
            item = read_item(issue, by)
            if item.id != item_id:
                raise ValueError(f"another issue came, {item.key}")
            nobodys = untyped(issue, item.fields, by.own_user, self._cascades)
            return replace(item, untyped=nobodys, computed=self._derived.of(issue))

    def find(self, draft: Draft, reserved_at: datetime) -> tuple[str, ...]:
        """Issues that carry the correlation id; without a field for it, our own since then that say the same."""

        def since() -> datetime:
            return reserved_at - (_CLOCKS_APART if self._outlet.server_time is None else _WHOLE_SECONDS)

        return find_lost(self._talk.listing, self._learned.marker(draft.container), draft, since)

    # Writing issues

    def create(self, draft: Draft) -> Item:
        """Make the issue, take it to its status, and return it as Redmine holds it.

        Cut off after the first request, it leaves an issue that ``find`` finds.
        """
        body = issue_body(draft.fields)
        body["project_id"], body["tracker_id"] = draft.container, draft.type
        marker = self._learned.marker(draft.container)
        if marker is not None:
            body.setdefault("custom_fields", []).append({"id": int(marker), "value": draft.marker})
        with self._telling(draft.fields):
            answer = self._begin(body, left_empty(draft.fields))
        made = _made(answer, "issue", "id", what="a new issue")
        goal = draft.fields.get("status")
        item = self._settle(made, {name: value for name, value in draft.fields.items() if name != "status"})
        late = self._learned.marker() if marker is None else None
        if late is not None and item.marker is None:
            # The first issue of a project has shown us the field: without the id nobody would know whose twin it is.
            self._talk.put(made, {"custom_fields": [{"id": int(late), "value": draft.marker}]})
            item = self.fetch(made)
        if not isinstance(goal, str) or item.fields.get("status") == goal:
            return item
        return self._ways.walk(item, self._ways.find(made, goal))

    def _begin(self, body: Json, empty: Json) -> Answer:
        """Make the issue, with ``empty`` what Redmine would else fill in; where it insists on that, it may."""
        if empty:
            try:
                return self._talk.write("POST", "/issues.json", {"issue": {**empty, **body}})
            except Rejected as error:
                if error.status != UNPROCESSABLE:
                    raise
        return self._talk.write("POST", "/issues.json", {"issue": body})

    def way(self, item_id: str, changed: Mapping[str, Value]) -> Mapping[str, tuple[str, ...]]:
        """The statuses over which the issue would be taken to a new one; none where it is one step, or no way."""
        goal = changed.get("status")
        try:
            path = self._ways.find(item_id, goal) if isinstance(goal, str) else ()
        except Rejected:
            return {}
        return {"status": path[:-1]} if len(path) > 1 else {}

    def update(self, item_id: str, changed: Mapping[str, Value]) -> Item:
        """Write the fields, the status by a way that is known; what Redmine left as it was is ``Rejected``."""
        goal = changed.get("status")
        path: tuple[str, ...] = ()
        refusal: Rejected | None = None
        if isinstance(goal, str):
            try:
                path = self._ways.chosen(item_id, goal)
            except Rejected as error:
                refusal = error
        now = {name: value for name, value in changed.items() if name != "status" or goal is None or len(path) == 1}
        sure = True
        if now:
            with self._telling(now):
                sure = self._talk.put(item_id, issue_body(now), sure=False)
        item = self._settle(item_id, now, sure=sure)
        if refusal is not None:
            raise refusal
        return self._ways.walk(item, path) if len(path) > 1 else item

    def delete(self, item_id: str) -> None:
        """Remove the issue, but never one with subtasks: Redmine would take them along."""
        if self._talk.issue(item_id, "children").get("children"):
            raise Rejected(f"Issue #{item_id} has subtasks, which Redmine would delete with it; it was left as it is.")
        path = f"/issues/{segment(item_id)}.json"
        answer = self._outlet.request("DELETE", path, headers=self._headers, accept=(NOT_FOUND,))
        if answer.status == NOT_FOUND:
            self._learned.prove()
            raise Gone(f"Issue #{item_id} is not in Redmine any more.", status=NOT_FOUND)
        if answer.status != DONE:
            with suppress(Gone), confirming(f"the deletion of issue #{item_id}"):
                self._talk.issue(item_id, "")
                raise unconfirmed(f"the deletion of issue #{item_id}")

    def _settle(self, item_id: str, wanted: Mapping[str, Value], *, sure: bool = True) -> Item:
        """Read back. ``sure``: Redmine said that it has done it; else texts, too, are held against what was sent."""
        with confirming(f"issue #{item_id}"):
            issue = self._talk.issue(item_id, _WHOLE)
            item = self._read(issue, item_id)
        if not sure and (not_taken(wanted, item.fields) or other_texts(wanted, item.fields)):
            raise unconfirmed(f"issue #{item_id}")
        left = not_taken(wanted, item.fields)
        self._derived.notice(issue, wanted.keys() - set(left), left)
        if left:
            names = ", ".join(left)
            raise Rejected(
                f"Redmine left {names} of issue {item.key} as it was, without a word. Its workflow or the issue's "
                "subtasks may decide it, or the syncing user's role may not change it.",
                fields=left,
            )
        return item

    @contextmanager
    def _telling(self, sent: Mapping[str, Value]) -> Iterator[None]:
        """Say of a refusal which of the fields that were ``sent`` Redmine means, as far as its sentences tell."""
        try:
            yield
        except Rejected as error:
            if error.status == UNPROCESSABLE:
                error.fields |= meant(error.words, sent, self._learned.custom_names())
            raise

    # Comments, files, links

    def add_comment(self, item_id: str, draft: CommentDraft) -> str:
        """Post a note; its number."""
        return self._posts.add(item_id, draft)

    def edit_comment(self, item_id: str, comment_id: str, body: str) -> None:
        """Replace a note's text."""
        self._posts.edit(item_id, comment_id, body)

    def delete_comment(self, item_id: str, comment_id: str) -> None:
        """Empty a note; one that is gone already is no error."""
        self._posts.remove(item_id, comment_id)

    def add_attachment(self, item_id: str, draft: FileDraft, content: BinaryIO) -> str:
        """Upload a file and hang it on the issue; its number."""
        return self._posts.attach(item_id, draft, content)

    def open_attachment(self, item_id: str, attachment_id: str) -> Iterable[bytes]:  # noqa: ARG002 - the protocol's
        """The file's bytes."""
        return self._outlet.stream(f"/attachments/download/{segment(attachment_id)}", headers=self._headers)

    def delete_attachment(self, item_id: str, attachment_id: str) -> None:
        """Remove a file; one that is gone already is no error."""
        self._posts.detach(item_id, attachment_id)

    def link_kinds(self, container: str) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's
        """Subtasks' parents, and the relations that Redmine knows."""
        return KINDS

    def add_link(self, item_id: str, kind: str, target: str) -> None:
        """Relate two issues, or make one the other's parent."""
        self._links.add(item_id, kind, target)

    def remove_link(self, item_id: str, kind: str, target: str) -> None:
        """Take a relation or a parent away; one that is not there is no error."""
        self._links.remove(item_id, kind, target)

    def close(self) -> None:
        """Let go of sockets."""
        self._outlet.close()


def _made(answer: Answer, *names: str, what: str) -> str:
    """The number of what was made. Raises ``LostAnswer`` where none is told."""
    try:
        return number(told(answer.json(), *names, what=what))
    except ValueError as error:
        raise unconfirmed(what) from error


def open_redmine(settings: Mapping[str, str], outlet: Outlet) -> Redmine:
    """Build a connector from a connection's settings."""
    return Redmine(settings, outlet)
