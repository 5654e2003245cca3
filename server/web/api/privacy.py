"""Whether what private comments say is kept sealed only."""

from __future__ import annotations

from server.services import sealing
from server.web.resource import Access, Resource
from server.web.schemas.privacy import PrivacyIn, PrivacyOut
from server.web.visit import Visit

resource = Resource("privacy")


@resource.get("/privacy", PrivacyOut, access=Access.ADMIN)
def get_privacy(visit: Visit) -> PrivacyOut:
    """Whether private comments are sealed, and whether all that was kept before is, too."""
    return PrivacyOut.model_validate(sealing.state(visit.scope))


@resource.put("/privacy", PrivacyOut)
def set_privacy(visit: Visit, body: PrivacyIn) -> PrivacyOut:
    """Keep what private comments say sealed only, or in clear again; what is kept already is sealed or opened, too."""
    return PrivacyOut.model_validate(sealing.set_sealed(visit.scope, visit.actor, sealed=body.sealed))
