"""How private comments are kept."""

from __future__ import annotations

from server.web.schemas.base import Body, Reply


class PrivacyIn(Body):
    """``sealed``: what private comments say is kept sealed only."""

    sealed: bool


class PrivacyOut(Reply):
    """``through``: what was kept before is sealed, or opened, by now as well."""

    sealed: bool
    through: bool
