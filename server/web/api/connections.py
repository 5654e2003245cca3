"""Connectors and connections, and what the apps behind them have."""

from __future__ import annotations

from server.services import apps, connections
from server.web.resource import Access, Resource
from server.web.schemas.base import Done
from server.web.schemas.connections import (
    AppUserList,
    ConnectionIn,
    ConnectionList,
    ConnectionOut,
    ConnectionPath,
    ConnectionTrial,
    ConnectionVerdict,
    ConnectorList,
    ContainerList,
    ContainerQuery,
    FieldList,
    FieldsQuery,
    ItemTypeList,
    LinkKindList,
)
from server.web.visit import Visit

resource = Resource("connections")


@resource.get("/connectors", ConnectorList)
def list_connectors(_visit: Visit) -> ConnectorList:
    """Every kind of app, with the settings that a connection to it needs."""
    return ConnectorList.model_validate(connections.manifests(), from_attributes=True)


@resource.get("/connections", ConnectionList)
def list_connections(visit: Visit) -> ConnectionList:
    """Every connection, by name."""
    return ConnectionList.model_validate(connections.every(visit.scope), from_attributes=True)


@resource.post("/connections", ConnectionOut, status=201)
def create_connection(visit: Visit, body: ConnectionIn) -> ConnectionOut:
    """Save a new connection; test it afterwards, or before with ``/connections/test``."""
    made = connections.create(visit.scope, visit.actor, body.name, body.kind, body.settings, body.schedule)
    return ConnectionOut.model_validate(made)


@resource.post("/connections/test", ConnectionVerdict, asks=True)
def try_connection(visit: Visit, body: ConnectionTrial) -> ConnectionVerdict:
    """Try settings without saving them."""
    known = str(body.id) if body.id else None
    verdict = connections.try_settings(visit.scope, visit.actor, body.kind, body.settings, known)
    return ConnectionVerdict.model_validate(verdict)


@resource.get("/connections/<id>", ConnectionOut)
def get_connection(visit: Visit, path: ConnectionPath) -> ConnectionOut:
    """One connection."""
    return ConnectionOut.model_validate(connections.get(visit.scope, str(path.id)))


@resource.put("/connections/<id>", ConnectionOut)
def change_connection(visit: Visit, path: ConnectionPath, body: ConnectionIn) -> ConnectionOut:
    """Replace a connection's name and settings; secrets that are left out stay."""
    changed = connections.change(
        visit.scope, visit.actor, str(path.id), body.name, body.kind, body.settings, body.schedule
    )
    return ConnectionOut.model_validate(changed)


@resource.delete("/connections/<id>", Done)
def delete_connection(visit: Visit, path: ConnectionPath) -> Done:
    """Delete a connection that no integration uses."""
    connections.remove(visit.scope, visit.actor, str(path.id))
    return Done()


@resource.post("/connections/<id>/test", ConnectionVerdict, asks=True)
def test_connection(visit: Visit, path: ConnectionPath) -> ConnectionVerdict:
    """Test a saved connection; the exact reason when it fails."""
    return ConnectionVerdict.model_validate(connections.test(visit.scope, visit.actor, str(path.id)))


@resource.get("/connections/<id>/containers", ContainerList, access=Access.ADMIN, asks=True)
def list_containers(visit: Visit, path: ConnectionPath) -> ContainerList:
    """The projects, queues or trackers that the account may see."""
    return ContainerList.model_validate(apps.containers(visit.scope, str(path.id)), from_attributes=True)


@resource.get("/connections/<id>/types", ItemTypeList, access=Access.ADMIN, asks=True)
def list_types(visit: Visit, path: ConnectionPath, query: ContainerQuery) -> ItemTypeList:
    """The item types of a container."""
    return ItemTypeList.model_validate(
        apps.item_types(visit.scope, str(path.id), query.container), from_attributes=True
    )


@resource.get("/connections/<id>/fields", FieldList, access=Access.ADMIN, asks=True)
def list_fields(visit: Visit, path: ConnectionPath, query: FieldsQuery) -> FieldList:
    """The fields of a type, options included."""
    return FieldList(apps.fields(visit.scope, str(path.id), query.container, query.type))


@resource.get("/connections/<id>/links", LinkKindList, access=Access.ADMIN, asks=True)
def list_link_kinds(visit: Visit, path: ConnectionPath, query: ContainerQuery) -> LinkKindList:
    """The kinds of links between items of a container; empty where links cannot travel."""
    return LinkKindList(apps.link_kinds(visit.scope, str(path.id), query.container))


@resource.get("/connections/<id>/users", AppUserList, access=Access.ADMIN, asks=True)
def list_app_users(visit: Visit, path: ConnectionPath, query: ContainerQuery) -> AppUserList:
    """The people who may be assigned in a container."""
    return AppUserList(apps.users(visit.scope, str(path.id), query.container))
