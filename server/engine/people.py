"""Who is who on the other side: by the tenant's own table, then by e-mail; it must not guess by name.

Two people with the same name are two people, so a name alone never assigns work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.item import Side
from server.domain.values import AppUser


@dataclass(frozen=True, slots=True)
class Directory:
    """The people of both sides and their counterparts."""

    left: Mapping[str, AppUser]
    right: Mapping[str, AppUser]
    to_right: Mapping[str, str]
    to_left: Mapping[str, str]

    @staticmethod
    def build(
        left: tuple[AppUser, ...], right: tuple[AppUser, ...], people: tuple[tuple[str, str, str], ...]
    ) -> Directory:
        """Match the users of both sides.

        ``people`` holds (``left`` or ``right``, user id, person); it beats the e-mail match. An e-mail that
        several users of one side share matches nobody.
        """
        to_right, to_left = _by_person(people)
        taken_left, taken_right = set(to_right), set(to_left)
        theirs = _by_email(right)
        for email, mine in _by_email(left).items():
            other = theirs.get(email)
            if other is None or mine in taken_left or other in taken_right:
                continue
            to_right[mine] = other
            to_left[other] = mine
        return Directory({u.id: u for u in left}, {u.id: u for u in right}, to_right, to_left)

    def counterpart(self, user: str, target: Side) -> str | None:
        """The id of the same person on ``target``, None when nobody is known to be them."""
        return (self.to_right if target is Side.RIGHT else self.to_left).get(user)

    def name(self, user: str, side: Side) -> str:
        """What people call a user of ``side``."""
        known = (self.left if side is Side.LEFT else self.right).get(user)
        return known.name if known else f"user {user}"


def _by_email(users: tuple[AppUser, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    shared: set[str] = set()
    for user in users:
        email = user.email.strip().casefold()
        if not email:
            continue
        if email in found:
            shared.add(email)
        found[email] = user.id
    return {email: user for email, user in found.items() if email not in shared}


def _by_person(people: tuple[tuple[str, str, str], ...]) -> tuple[dict[str, str], dict[str, str]]:
    left = {person: user for side, user, person in reversed(people) if side == "left"}
    right = {person: user for side, user, person in reversed(people) if side == "right"}
    to_right, to_left = {}, {}
    for side, user, person in people:
        if side == "left" and person in right:
            to_right[user] = right[person]
        if side == "right" and person in left:
            to_left[user] = left[person]
    return to_right, to_left
