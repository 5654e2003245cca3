"""The face that every member shows to the supervision; it must not do anything itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from appliance.members.process import Running

Say = Callable[[str], None]
"""Receives one short sentence about what goes on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at a member found: whether it serves, and a sentence when it does not.

    ``awaits``: it is well itself and lacks another member; a restart would take from people what it tells them.
    """

    ready: bool
    message: str = ""
    awaits: bool = False


class Member(Protocol):
    """One process of the appliance.

    ``patience``: how many seconds it may be unhealthy by itself before it is restarted; None: it is never restarted for
    that, because it may be at work that must not be cut short.
    """

    @property
    def name(self) -> str:
        """``postgres``, ``gateway``, ``cluster1/web``, ``cluster1/sync``."""

    @property
    def port(self) -> int | None:
        """The port it serves, if it serves one."""

    @property
    def patience(self) -> float | None:
        """See the class."""

    def prepare(self, say: Say) -> None:
        """Make what it needs on disk. Safe to repeat; raises ``ApplianceError``."""

    def start(self, say: Say) -> Running:
        """Take over what an earlier agent left, or start it. Raises ``ApplianceError``."""

    def stop(self, running: Running) -> None:
        """End it cleanly; return when it is gone."""

    def health(self, running: Running) -> Finding:
        """Look whether it serves. Never raises for what the member does wrong; takes at most a few seconds."""
