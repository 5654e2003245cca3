"""People who work in two fake apps at once, and what must have become of their work; they never meet in one field.

Left people own the titles and the labels, right people the texts and the status, whoever made the item. So whatever
they typed last must be on both sides in the end, without any rule to decide between them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import requests

from tests.support.fakeapp.running import Running
from tests.support.fakeapp.serve import TOKEN

_OWN = {"left": ("title", "labels"), "right": ("text", "status")}


@dataclass(slots=True)
class Work:
    """What people have put into one item: the last value of each field, comments and files with their content."""

    home: str
    fields: dict[str, Any]
    comments: dict[str, bool] = field(default_factory=dict)
    """Text -> whether it is private."""
    files: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class People:
    """Both crowds. An item is known by the number in its first title, which stays in every later one."""

    left: Running
    right: Running
    chance: random.Random
    items: dict[str, Work] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=count)

    def app(self, side: str) -> Running:
        """The app of a side."""
        return self.left if side == "left" else self.right

    def create(self, side: str, several: int = 1) -> None:
        """New items."""
        for _ in range(several):
            key = f"#{next(self._numbers)}#"
            fields = {"title": f"{key} as it began", "text": "a first line", "status": "open", "labels": ["new"]}
            self.app(side).control("create", container="main", fields=fields)
            self.items[key] = Work(side, dict(fields))

    def busy(self, side: str, deeds: int, known: Container[str]) -> None:
        """Edit, comment on and attach to items made there, and to twins whose ids are ``known``.

        A twin that is not known yet, because the answer to its creation was lost, is as its original has it: what is
        typed into it in that moment loses, and is on record (see ``test_recovery``).
        """
        app = self.app(side)
        seen = {key_of(one): one for one in app.items() if one["marker"] is None or one["id"] in known}
        for _ in range(deeds):
            key = self.chance.choice(sorted(seen))
            self._do(app, side, key, seen[key]["id"])

    def _do(self, app: Running, side: str, key: str, item_id: str) -> None:
        work, number = self.items[key], next(self._numbers)
        deed = self.chance.choice(("edit", "edit", "edit", "comment", "file"))
        if deed == "comment":
            body, private = f"said {number} times.", self.chance.random() < 0.5
            app.control("comment", id=item_id, body=body, private=private)
            work.comments[body] = private
        elif deed == "file":
            name, content = f"file-{number}.txt", f"content {number}\n" * 50
            app.control("file", id=item_id, name=name, text=content)
            work.files[name] = content
        else:
            name = self.chance.choice(_OWN[side])
            value = self._value(name, key, number)
            app.control("edit", id=item_id, fields={name: value})
            work.fields[name] = value

    def _value(self, name: str, key: str, number: int) -> Any:
        if name == "status":
            return self.chance.choice(("open", "closed"))
        if name == "labels":
            return sorted({f"l{number % 7}", f"l{number % 3}"})
        return f"{key} in version {number}"

    # what must hold ------------------------------------------------------------------------------------------
    def check(self, gone: frozenset[str] = frozenset()) -> None:
        """Compare both apps with all that was done; ``gone``: keys of items that vanished from one of them."""
        for side in ("left", "right"):
            items = self.app(side).items()
            keys = Counter(key_of(one) for one in items)
            assert not [key for key, many in keys.items() if many > 1], f"made twice on the {side} side"
            assert set(self.items) - set(keys) <= gone, f"lost on the {side} side"
            for one in items:
                if key_of(one) not in gone:
                    _check_item(self.app(side), side, one, self.items[key_of(one)])


def _check_item(app: Running, side: str, item: dict[str, Any], work: Work) -> None:
    held = {name: item["fields"][name] for name in work.fields}
    assert held == work.fields, f"an edit was lost on the {side} side"
    bodies = [(body, one["private"]) for one in item["comments"] for body in work.comments if body in one["body"]]
    assert sorted(bodies) == sorted(work.comments.items()), f"comments on the {side} side"
    assert len(item["comments"]) == len(work.comments), f"a comment that nobody wrote, on the {side} side"
    files = sorted((one["name"], content(app, one["id"])) for one in item["files"])
    assert files == sorted(work.files.items()), f"files of {key_of(item)} on the {side} side: {item['files']}"


def key_of(item: dict[str, Any]) -> str:
    """The number that an item was given, as it stands in its title."""
    return str(item["fields"]["title"]).split(" ")[0]


def content(app: Running, file_id: str) -> str:
    """A file as the app gives it out."""
    answer = requests.get(f"{app.url}/files/{file_id}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
    answer.raise_for_status()
    return answer.text
