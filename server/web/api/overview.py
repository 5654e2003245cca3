"""The overview, the audit and the hosts that were contacted."""

from __future__ import annotations

from server.services import record
from server.web.resource import Access, Resource
from server.web.schemas.overview import Overview
from server.web.schemas.people import AuditEntry, AuditPage, AuditQuery, EgressList
from server.web.visit import Visit

resource = Resource("overview")


@resource.get("/overview", Overview)
def get_overview(visit: Visit) -> Overview:
    """What a person sees first: the sync thread, integrations, connections, totals."""
    return Overview.model_validate(record.overview(visit.scope))


@resource.get("/audit", AuditPage, access=Access.ADMIN)
def list_audit(visit: Visit, query: AuditQuery) -> AuditPage:
    """Who changed what, the newest first."""
    entries = record.audit_entries(visit.scope, query.before, query.limit)
    following = entries[-1].id if len(entries) == query.limit else 0
    return AuditPage(entries=tuple(AuditEntry.model_validate(one) for one in entries), next=following)


@resource.get("/egress", EgressList)
def list_egress(visit: Visit) -> EgressList:
    """Every host that was ever contacted, and how often."""
    return EgressList.model_validate(record.contacts(visit.scope), from_attributes=True)
