"""What one app was seen to do, or to have, where its kind alone does not tell; it must not ask the app for it.

An ability that hangs on a version, a right or a setting is learned from answers: what came back is what counts, and
the latest answer counts most. So is what an app shows of its own configuration only by the way, a lesson. Both are
kept with the connection, so that they are known after a restart, too. Never a secret, and never what people wrote.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping

KEEPS_CREATED_AT = "keeps_created_at"
DELETES_ITEMS = "deletes_items"
PRIVATE_COMMENTS = "private_comments"

LARGEST = 16_384
"""So many characters a lesson may have; a larger one is not kept."""
MOST = 65_536
"""So many all lessons of an app have at most; beyond that those go that were not used for longest."""


class Seen:
    """The abilities of one app, with our account, by their names in ``Capabilities``; and its lessons. Thread-safe.

    A lesson is a value that JSON has, and no bare yes or no. Its name says in which form it is: who changes the form
    takes another name. Who reads one believes no form, for another version may have written it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, object] = {}
        """In the order of their last use, oldest first."""
        self._kept: dict[str, object] = {}
        self._of_fields = 0

    @property
    def of_fields(self) -> int:
        """Grows whenever something is learned that changes which fields or options there are."""
        return self._of_fields

    def recall(self, kept: Mapping[str, object]) -> None:
        """Begin with what was seen before this process began."""
        with self._lock:
            self._kept = dict(kept)
            self._known = dict(kept)

    def heed(self, kept: Mapping[str, object]) -> None:
        """Take over what another process has written down meanwhile, where nothing is known of it here.

        What is known here stays: ``kept`` may have been read before it was written down.
        """
        with self._lock:
            for name in kept.keys() - self._known.keys() - self._kept.keys():
                self._known[name] = self._kept[name] = kept[name]

    def note(self, ability: str, *, there: bool) -> None:
        """An answer showed that the app has the ability, or has it not."""
        with self._lock:
            self._known[ability] = there

    def has(self, ability: str) -> bool | None:
        """Whether the app has it; None: no answer has shown it yet."""
        with self._lock:
            there = self._known.get(ability)
        return there if isinstance(there, bool) else None

    def learn(self, name: str, lesson: object, *, of_fields: bool = False) -> None:
        """An answer showed this; it stands in the place of what was known by that name.

        ``of_fields``: it is about which fields, or options of one, there are.
        """
        with self._lock:
            if self._known.get(name) == lesson or _size(name, lesson) > LARGEST:
                return
            self._known.pop(name, None)
            self._known[name] = lesson
            self._of_fields += of_fields
            self._make_room()

    def lesson(self, name: str) -> object | None:
        """What is known by that name; None: nothing was learned, or it was let go."""
        with self._lock:
            if name not in self._known:
                return None
            found = self._known[name] = self._known.pop(name)
            return None if isinstance(found, bool) else found

    def lessons(self, begin: str) -> Iterator[tuple[str, object]]:
        """All lessons whose names begin so, by name."""
        with self._lock:
            found = sorted((name, one) for name, one in self._known.items() if name.startswith(begin))
        return iter(lessons_of(dict(found)).items())

    def news(self) -> Mapping[str, object]:
        """What is not written down yet; None for what was let go."""
        with self._lock:
            fresh = {
                name: one for name, one in self._known.items() if name not in self._kept or self._kept[name] != one
            }
            return fresh | dict.fromkeys(self._kept.keys() - self._known.keys())

    def kept(self, news: Mapping[str, object]) -> None:
        """Those are written down."""
        with self._lock:
            for name, one in news.items():
                if one is None:
                    self._kept.pop(name, None)
                else:
                    self._kept[name] = one

    def _make_room(self) -> None:
        sizes = {name: _size(name, one) for name, one in lessons_of(self._known).items()}
        total = sum(sizes.values())
        for name, size in sizes.items():
            if total <= MOST:
                return
            del self._known[name]
            total -= size


def lessons_of(kept: Mapping[str, object]) -> dict[str, object]:
    """What was kept, without the abilities."""
    return {name: one for name, one in kept.items() if not isinstance(one, bool)}


def _size(name: str, lesson: object) -> int:
    return len(name) + len(json.dumps(lesson))
