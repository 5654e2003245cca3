"""What of a Redmine's configuration outlives a restart; it must not ask Redmine for it, nor keep what people wrote.

To a key that is no administrator's only an issue shows which custom fields there are, and what may follow its status.
When that issue is gone, what it showed still holds: until another one of its project and tracker shows something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server.connectors.reading import named
from server.connectors.redmine.read import Json, own_id
from server.connectors.seen import Seen

_FIELDS = "redmine fields 1"
_AFTER = "redmine following 1"
"""With the number of their form, which is raised when the form is changed: what has another number is not read."""
_LONGEST_NAME = 255


class Lasting:
    """What issues of one Redmine have shown, kept among what was seen of it. Thread-safe."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def has_customs_of(self, issue: Json) -> bool:
        """Whether what the issue shows of its project's and tracker's custom fields is known already."""
        place = _place(issue)
        return place is None or self._seen.lesson(f"{_FIELDS} {place}") == _shown(issue)

    def notice_customs(self, issue: Json) -> None:
        """Keep which custom fields the issue shows, by number, name and kind; never their values."""
        place = _place(issue)
        if place is not None and not self.has_customs_of(issue):
            self._seen.learn(f"{_FIELDS} {place}", _shown(issue), of_fields=True)

    def customs(self, project: str, tracker: str | None = None) -> tuple[Json, ...] | None:
        """The custom fields that issues of the project (and of the tracker) showed; None: none was ever seen."""
        if tracker is not None:
            kept = self._seen.lesson(f"{_FIELDS} {project} {tracker}")
            return None if kept is None else _read(kept)
        found = [_read(kept) for _, kept in self._seen.lessons(f"{_FIELDS} {project} ")]
        return each_once(*found) if found else None

    def customs_anywhere(self, tracker: str | None = None) -> tuple[Json, ...]:
        """Those that issues of any project showed."""
        found = self._seen.lessons(f"{_FIELDS} ")
        return each_once(*(_read(kept) for name, kept in found if tracker is None or name.endswith(f" {tracker}")))

    def notice_following(self, status: str, following: frozenset[str]) -> None:
        """Keep what may follow ``status``, a name that tells project and tracker, too."""
        self._seen.learn(f"{_AFTER} {status}", sorted(following))

    def following(self, status: str) -> frozenset[str] | None:
        """What may follow it; None: no issue has shown it."""
        kept = self._seen.lesson(f"{_AFTER} {status}")
        if not isinstance(kept, list):
            return None
        return frozenset(one for one in kept if isinstance(one, str) and one.isdigit())


def each_once(*several: Iterable[Json]) -> tuple[Json, ...]:
    """The custom fields of all of these; what comes later counts more."""
    return tuple({str(one["id"]): one for fields in several for one in fields}.values())


def customs_of(issue: Json) -> list[Any]:
    """The custom fields that an issue shows, as far as they have a number and a name."""
    shown = issue.get("custom_fields")
    return named(shown, "/issues.json") if isinstance(shown, list) else []


def _place(issue: Json) -> str | None:
    """The issue's project and tracker, None where it does not tell them, or is spoilt."""
    project, tracker = own_id(issue.get("project")), own_id(issue.get("tracker"))
    told = isinstance(issue.get("custom_fields") or [], list)
    return f"{project} {tracker}" if told and project and tracker else None


def _shown(issue: Json) -> list[Mapping[str, Any]]:
    shown = (
        {"id": one["id"], "name": one["name"][:_LONGEST_NAME], "multiple": bool(one.get("multiple"))}
        for one in customs_of(issue)
    )
    return sorted(shown, key=lambda one: str(one["id"]))


def _read(kept: object) -> tuple[Json, ...]:
    """What was kept; nothing where it is of another form."""
    return tuple(named(kept, "what was kept")) if isinstance(kept, list) else ()
