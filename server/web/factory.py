"""Builds the web node's application from its parts; it must not decide what any of them does."""

from __future__ import annotations

from typing import Any

from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from server.web import caller, cookie, hooks, incoming, node, problems, tenancy
from server.web.api import RESOURCES, session
from server.web.panel import Panel
from server.web.resource import Access, Resource
from server.web.schemas.base import Problem
from server.web.visit import EXTENSION, Node

_PROBLEM = "application/problem+json"
MAX_BODY_BYTES = 4 * 1024 * 1024


def bare_application(version: str) -> OpenAPI:
    """The API without anything behind it: enough to describe itself."""
    app = OpenAPI(
        __name__,
        info=Info(title="Lockstep", version=version, description="Keeps the work items of two apps in step."),
        security_schemes={
            "session": {"type": "apiKey", "in": "cookie", "name": cookie.SESSION_NAME},
            "token": {"type": "http", "scheme": "bearer"},
        },
        validation_error_callback=problems.of_validation,
        validation_error_model=Problem,
        doc_ui=False,
        static_folder=None,
    )
    for resource in _all():
        app.register_api(resource.api)
    return app


def openapi(version: str) -> dict[str, Any]:
    """The OpenAPI document: the one source of the panel's types."""
    document: dict[str, Any] = bare_application(version).api_doc
    access = {name.partition(".")[2]: who for one in _all() for name, who in one.access.items()}
    for path in document["paths"].values():
        for operation in path.values():
            public = access[operation["operationId"]] is Access.PUBLIC
            operation["security"] = [] if public else [{"session": []}, {"token": []}]
            for status, response in operation["responses"].items():
                if status >= "400":
                    response["content"] = {_PROBLEM: response["content"].pop("application/json")}
    return document


def application(built: Node) -> OpenAPI:
    """The whole application of a node."""
    app = bare_application(built.version)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json = incoming.JsonProvider(app)
    app.extensions[EXTENSION] = built
    problems.install(app)
    tenantless = node.install(app, built) | Panel(built.settings.panel_folder).install(app)
    described = openapi(built.version)
    app.add_url_rule("/api/v1/openapi.json", "openapi_document", lambda: described)
    access = {"openapi_document": Access.SIGNED_IN, hooks.PAGE: Access.PUBLIC}
    for resource in _all():
        access |= resource.access
    hooks.install(app, built, access, tenantless)
    served = caller.believe_the_gateway(tenancy.take_path_prefix(app.wsgi_app), built.settings.web.gateway_secret)
    app.wsgi_app = hooks.with_fixed_headers(served)  # type: ignore[method-assign,assignment]  # Flask's documented way
    return app


def _all() -> tuple[Resource, ...]:
    return (session.entrance, *RESOURCES)
