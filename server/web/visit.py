"""One request as the views see it: which tenant, who is calling, from where; it must not do a use case's work."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app, g

from server.domain.errors import NotFound
from server.services import audience
from server.services.access import Caller, Identity, NotSignedIn, Passwords
from server.services.apps import Apps
from server.services.cluster import Cluster
from server.services.elsewhere import Elsewhere
from server.services.scope import TenantScope
from server.settings import Settings
from server.web.questions import Questions

EXTENSION = "lockstep"


@dataclass(frozen=True, slots=True)
class Node:
    """What a web node is made of; built once, by the composition root."""

    settings: Settings
    cluster: Cluster
    passwords: Passwords
    apps: Apps
    version: str
    questions: Questions = field(default_factory=Questions)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request. ``place``: the tenant that it is for, or that there is none.

    ``address`` is the caller's, ``browser`` what that calls itself, ``device`` its word of earlier sign-ins.
    """

    node: Node
    place: TenantScope | Elsewhere
    identity: Identity | None
    address: str
    browser: str = ""
    device: str = field(default="", repr=False)

    @property
    def scope(self) -> TenantScope:
        """The tenant. Raises ``NotFound``."""
        if isinstance(self.place, Elsewhere):
            raise NotFound("There is nothing at this address.")
        return self.place

    @property
    def who(self) -> Identity:
        """Who is calling. Raises ``NotSignedIn``."""
        if self.identity is None:
            raise NotSignedIn("Sign in first.")
        return self.identity

    @property
    def caller(self) -> Caller:
        """Where the request comes from, for a session that it may begin."""
        return Caller(self.address, self.browser, self.device)

    @property
    def sees_all(self) -> bool:
        """Whether the caller may read what apps said."""
        return self.identity is not None and audience.sees_all(self.identity)

    @property
    def actor(self) -> str:
        """The caller's login, for the audit."""
        return self.who.login


def node() -> Node:
    """The node of this application."""
    found: Node = current_app.extensions[EXTENSION]
    return found


def visit() -> Visit:
    """The request that is being served."""
    found: Visit = g.visit
    return found
