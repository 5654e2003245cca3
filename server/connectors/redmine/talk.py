"""How we ask one Redmine for its lists and issues and write to them; it must not decide what is written.

Redmine shows an anonymous visitor's view to a key it does not know. So who we are is proved after every list and every
issue that is believed. A read whose answer has not the parts that were asked for is asked again, as far as that goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from server.connectors.base import Answer, Outlet
from server.connectors.confirming import unconfirmed
from server.connectors.paths import segment
from server.connectors.reading import members_of, number
from server.connectors.redmine.derived import Cascades
from server.connectors.redmine.feed import PAGE
from server.connectors.redmine.learned import Learned
from server.connectors.redmine.read import Json, having, section
from server.connectors.redmine.write import beyond_three_bytes
from server.domain.errors import Gone, Hidden, NotThatApp, PutRight, Rejected, Transient, Unreadable

NOT_FOUND, FORBIDDEN, UNPROCESSABLE = 404, 403, 422
DONE = 204
"""What Redmine answers when it has done what was asked, with no word."""
_SERVER_ERROR = 500


class Talk:
    """The requests of one connection, with its key."""

    def __init__(self, outlet: Outlet, headers: Mapping[str, str], learned: Learned, cascades: Cascades) -> None:
        self._outlet = outlet
        self._cascades = cascades
        self._headers = headers
        self._learned = learned

    def listing(self, wish: Mapping[str, str]) -> tuple[list[Json], int]:
        """A page of issues, and how many there are in all."""
        return self._page("/issues.json", "issues", wish)

    def every(self, path: str, name: str) -> list[Json]:
        """A list of Redmine's, all pages of it."""
        found: list[Json] = []
        while True:
            part, total = self._page(path, name, {"limit": str(PAGE), "offset": str(len(found))})
            found.extend(part)
            if not part or len(found) >= total:
                return found

    def issue(self, item_id: str, include: str) -> Json:
        """An issue, proved to be what our account sees: to a key it does not know Redmine shows the public's view."""
        answer = self._outlet.request(
            "GET",
            f"/issues/{segment(item_id)}.json",
            params={"include": include},
            headers=self._headers,
            accept=(NOT_FOUND, FORBIDDEN),
            shape=having("issue"),
        )
        self._learned.prove()
        if answer.status == NOT_FOUND:
            raise Gone(f"Issue #{item_id} is not in Redmine any more.", status=answer.status)
        if answer.status == FORBIDDEN:
            raise Hidden(
                f"Redmine does not show issue #{item_id} to the syncing user. It may have become private, or the user's"
                " role may have lost the right to see it. Nothing of it travels until it is seen again.",
                status=answer.status,
            )
        issue: Json = section(answer.json(), "issue")
        if not isinstance(issue, dict):
            raise Unreadable(f"#{item_id}")
        self._learned.notice(issue)
        return issue

    def project(self, container: str, include: str) -> Json:
        """A project. Raises ``PutRight`` when it is not there for us."""
        answer = self._outlet.request(
            "GET",
            f"/projects/{segment(container)}.json",
            params={"include": include},
            headers=self._headers,
            accept=(NOT_FOUND,),
            shape=having("project", dict),
        )
        self._learned.prove()
        if answer.status == NOT_FOUND:
            raise PutRight(
                f"Redmine has no project with the number {container} any more, or the syncing user may not see it; "
                "choose another project.",
                field="container",
            )
        project: Json = section(answer.json(), "project")
        return project

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        """Send something; says of emoji what Redmine does not."""
        try:
            return self._outlet.request(method, path, headers=self._headers, json=body)
        except Transient as error:
            if error.status == _SERVER_ERROR and beyond_three_bytes(body):
                raise Rejected(
                    "Redmine failed on text with characters such as emoji; its database probably cannot store them "
                    "(MySQL with utf8 instead of utf8mb4). Have the database converted, or take them out.",
                    words=error.words,
                    status=error.status,
                ) from error
            raise

    def put(self, item_id: str, issue: Mapping[str, Any], *, sure: bool = True) -> bool:
        """Change an issue; whether Redmine says that it has. Raises ``LostAnswer`` where that is to be ``sure``."""
        began = datetime.now(UTC)
        try:
            told = self.write("PUT", f"/issues/{segment(item_id)}.json", {"issue": issue}).status == DONE
        finally:
            ended = datetime.now(UTC)
            there = self._outlet.server_time or ended  # Redmine's clock, where it tells one
            self._cascades.wrote(item_id, there - (ended - began), there)
        if sure and not told:
            raise unconfirmed(f"issue #{item_id}")
        return told

    def _page(self, path: str, name: str, wish: Mapping[str, str]) -> tuple[list[Json], int]:
        def page_in(answer: object) -> tuple[list[Json], int]:
            return members_of(section(answer, name), path), _count(section(answer, "total_count"))

        answer = self._outlet.request("GET", path, params=wish, headers=self._headers, shape=page_in)
        self._learned.prove()
        return page_in(answer.json())


def _count(said: object) -> int:
    """How many there are. Raises ``NotThatApp`` for what is no number."""
    try:
        return int(number(said))
    except ValueError as error:
        raise NotThatApp(f"Redmine does not tell how many there are: {error}.") from error
