"""Integrations: suggested, saved, started, paused, run."""

from __future__ import annotations

from server.services import integrations
from server.web.resource import Resource
from server.web.schemas.base import Done
from server.web.schemas.integrations import (
    IntegrationIn,
    IntegrationList,
    IntegrationOut,
    IntegrationPath,
    SuggestIn,
    Suggestion,
)
from server.web.visit import Visit

resource = Resource("integrations")


@resource.post("/integrations/suggest", Suggestion, asks=True)
def suggest_integration(visit: Visit, body: SuggestIn) -> Suggestion:
    """A document to start from: types, fields and values paired by kind and name."""
    document, notes = integrations.suggestion(visit.scope, body.left, body.right)
    return Suggestion(document=document, notes=notes)


@resource.get("/integrations", IntegrationList)
def list_integrations(visit: Visit) -> IntegrationList:
    """Every integration, by name."""
    return IntegrationList.model_validate(integrations.every(visit.scope), from_attributes=True)


@resource.post("/integrations", IntegrationOut, status=201, asks=True)
def create_integration(visit: Visit, body: IntegrationIn) -> IntegrationOut:
    """Save a new integration as a draft; start it afterwards."""
    made = integrations.create(visit.scope, visit.actor, body.name, body.document)
    return IntegrationOut.model_validate(made)


@resource.get("/integrations/<id>", IntegrationOut)
def get_integration(visit: Visit, path: IntegrationPath) -> IntegrationOut:
    """One integration."""
    return IntegrationOut.model_validate(integrations.get(visit.scope, str(path.id)))


@resource.put("/integrations/<id>", IntegrationOut, asks=True)
def change_integration(visit: Visit, path: IntegrationPath, body: IntegrationIn) -> IntegrationOut:
    """Save a new version of an integration."""
    changed = integrations.change(visit.scope, visit.actor, str(path.id), body.name, body.document)
    return IntegrationOut.model_validate(changed)


@resource.delete("/integrations/<id>", Done)
def delete_integration(visit: Visit, path: IntegrationPath) -> Done:
    """Delete an integration with its pairs and history; the items in the apps stay."""
    integrations.remove(visit.scope, visit.actor, str(path.id))
    return Done()


@resource.post("/integrations/<id>/start", IntegrationOut, asks=True)
def start_integration(visit: Visit, path: IntegrationPath) -> IntegrationOut:
    """Let it run, at once."""
    return IntegrationOut.model_validate(integrations.start(visit.scope, visit.actor, str(path.id)))


@resource.post("/integrations/<id>/pause", IntegrationOut)
def pause_integration(visit: Visit, path: IntegrationPath) -> IntegrationOut:
    """Let it rest."""
    return IntegrationOut.model_validate(integrations.pause(visit.scope, visit.actor, str(path.id)))


@resource.post("/integrations/<id>/run", IntegrationOut)
def run_integration(visit: Visit, path: IntegrationPath) -> IntegrationOut:
    """Ask for a run now."""
    return IntegrationOut.model_validate(integrations.run_now(visit.scope, visit.actor, str(path.id)))


@resource.post("/integrations/<id>/scan", IntegrationOut)
def scan_integration(visit: Visit, path: IntegrationPath) -> IntegrationOut:
    """Ask for a full scan now: deletions, moves, and changes that no time of change tells."""
    return IntegrationOut.model_validate(integrations.scan_now(visit.scope, visit.actor, str(path.id)))


@resource.post("/integrations/<id>/release", IntegrationOut)
def release_integration(visit: Visit, path: IntegrationPath) -> IntegrationOut:
    """Let it go on beyond the guard, and beyond what its dry run showed: somebody has looked."""
    return IntegrationOut.model_validate(integrations.release(visit.scope, visit.actor, str(path.id)))
