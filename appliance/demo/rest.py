"""A visit to one of the demonstration's trackers through its own REST interface; it uses nothing of the server's.

What it reads and writes is what a person with that login could read and write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import requests

from appliance.demo.trackers import Person, Tracker
from appliance.errors import ApplianceError

TRIES = 20
"""So often is a write begun anew when somebody else wrote in between."""
CHANGED = 412
EVERYTHING = 100_000
"""More members than a class of the demonstration will ever have."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fields:
    """What an item class calls its assignee and its keywords."""

    assignee: str
    keywords: str


FIELDS = {"issue": Fields("assignedto", "keyword"), "bug": Fields("assignee", "keywords")}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as the tracker gives it back: its name, and the SHA-256 of its bytes in hexadecimal."""

    name: str
    digest: str


class Visit:
    """One person at one tracker; a context manager. Every method raises ``ApplianceError`` with a sentence."""

    def __init__(self, tracker: Tracker, person: Person) -> None:
        self.tracker = tracker
        self.fields = FIELDS[tracker.item_class]
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (person.login, person.password)
        self._session.headers.update({"X-Requested-With": "Lockstep demo", "Origin": tracker.url})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def classes(self) -> tuple[str, ...]:
        """The names of all classes that the person may see."""
        return tuple(sorted(self._data("GET", "")))

    def members(self, name: str, fields: str, verbose: int = 2, **filters: str) -> list[Json]:
        """All members of class ``name`` by id, with ``fields`` (comma-separated); ``verbose`` 3 brings contents."""
        wish = {"@fields": fields, "@verbose": str(verbose), "@page_size": str(EVERYTHING), **filters}
        found: list[Json] = self._data("GET", f"/{name}", params=wish)["collection"]
        return sorted(found, key=lambda one: int(one["id"]))

    def items(self) -> list[Json]:
        """All items with the properties that the two trackers have in common."""
        named = f"title,status,priority,messages,files,creator,creation,{self.fields.assignee},{self.fields.keywords}"
        return self.members(self.tracker.item_class, named)

    def text(self, message: str) -> str:
        """The text of a message."""
        return str(self._data("GET", f"/msg/{message}", params={"@verbose": "3"})["attributes"]["content"] or "")

    def file(self, number: str) -> StoredFile:
        """A file's name and checksum."""
        about = self._data("GET", f"/file/{number}")["attributes"]
        return StoredFile(str(about["name"] or ""), checksum(self.content(number)))

    def content(self, number: str) -> bytes:
        """A file's bytes."""
        return self._ask("GET", f"/file/{number}/binary_content", headers={"Accept": "*/*"}).content

    def make(self, name: str, values: Json) -> str:
        """Make a member of class ``name``; its id."""
        return str(self._data("POST", f"/{name}", json=values)["id"])

    def upload(self, name: str, kind: str, content: bytes) -> str:
        """Make a file that belongs to no item yet; its id."""
        form = {"name": name, "type": kind}
        return str(self._data("POST", "/file", data=form, files={"content": (name, content, kind)})["id"])

    def change(self, item: str, decide: Callable[[Json], Json]) -> None:
        """Write what ``decide`` makes of an item's properties (ids for links); anew if somebody wrote in between."""
        path = f"/{self.tracker.item_class}/{item}"
        for _ in range(TRIES):
            found = self._data("GET", path, params={"@verbose": "0"})
            values = decide(found["attributes"])
            answer = self._ask("PUT", path, json=values, headers={"If-Match": found["@etag"]}, accept=CHANGED)
            if answer.status_code != CHANGED:
                return
        raise ApplianceError(f"{self.tracker.title}: {self.tracker.item_class}{item} is being changed all the time.")

    def add(self, item: str, name: str, number: str) -> None:
        """Hang a message or file (``name``: messages, files) on an item."""
        self.change(item, lambda values: {name: [*values[name], number]})

    def _data(self, method: str, path: str, **more: Any) -> Any:
        return self._ask(method, path, **more).json()["data"]

    def _ask(self, method: str, path: str, *, accept: int = 0, **more: Any) -> requests.Response:
        url = f"{self.tracker.url}/rest/data{path}"
        try:
            answer = self._session.request(method, url, timeout=60, **more)
        except requests.RequestException as error:
            raise ApplianceError(
                f"The {self.tracker.title.lower()} tracker does not answer ({type(error).__name__})."
            ) from error
        if answer.ok or answer.status_code == accept:
            return answer
        raise ApplianceError(
            f"The {self.tracker.title.lower()} tracker answered {answer.status_code} to {method} {path}: "
            f"{answer.text.strip()[:300]}"
        )


def checksum(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def linked(value: Json | None, key: str = "name") -> str:
    """The name of what a property links to, empty for nothing."""
    return str(value[key]) if value else ""
