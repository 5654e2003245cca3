"""A web node on a real database, and a browser that holds every reply against what the API declares."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, SecretStr
from werkzeug.test import Client, TestResponse

from server.services.access import Passwords
from server.services.apps import Apps
from server.services.cluster import Cluster
from server.settings import Settings, WebSettings
from server.store.database import Database
from server.web.api import RESOURCES
from server.web.factory import application
from server.web.schemas.answers import Waiting
from server.web.schemas.base import Problem
from server.web.visit import Node
from tests.support.postgres import TestCluster
from tests.support.reaching import loopback, write_reach

CHEAP = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
"""Real argon2id, at a cost that tests can pay; its figures are part of each hash."""
NODE_TOKEN = "node-token-of-the-tests"
GATEWAY_SECRET = "gateway-secret-of-the-tests"
CLUSTER, BASE = "cluster1", "localhost"


@dataclass(frozen=True, slots=True)
class WebNode:
    """An application with what it was built from."""

    app: OpenAPI
    node: Node

    def browser(self, tenant: str, *, secure: bool = False) -> Browser:
        """A new browser, not signed in, at the tenant's address."""
        return Browser(self.app, tenant, secure=secure)


@dataclass(slots=True)
class Browser:
    """Keeps cookies, sends the CSRF token once it knows it, and checks every reply of the API."""

    app: OpenAPI
    tenant: str
    secure: bool = False
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    @property
    def base(self) -> str:
        """The tenant's address."""
        return f"{'https' if self.secure else 'http'}://{self.tenant}.{CLUSTER}.{BASE}"

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        """Send one request; ``path`` below ``/api/v1`` unless it is ``outside``.

        What an app is asked for is waited for, unless ``follow`` says otherwise.
        """
        outside, follow = more.pop("outside", False), more.pop("follow", True)
        where = path if outside else f"/api/v1{path}"
        headers = {**({"X-CSRF-Token": self.csrf} if self.csrf else {}), **self.headers, **more.pop("headers", {})}
        base = more.pop("base_url", self.base)
        response = self.client.open(where, method=method, json=body, headers=headers, base_url=base, **more)
        # Whoever waits for an answer of an app waits in the server, a moment at a time.
        while follow and response.status_code == 202 and "/answers/" in response.headers.get("Location", ""):
            assert response.json is not None
            response = self.client.open(response.json["answer"], headers=headers, base_url=base)
        self._check(method, where.partition("?")[0], response)
        return response

    def get(self, path: str, **more: Any) -> Any:
        """A read that must succeed; its JSON."""
        response = self.request("GET", path, **more)
        assert response.status_code == 200, response.text
        return response.json

    def post(self, path: str, body: Any = None, expect: int = 200) -> Any:
        """A post that must end with ``expect``; its JSON."""
        response = self.request("POST", path, body)
        assert response.status_code == expect, response.text
        return response.json

    def sign_in(self, login: str = "admin", password: str = "") -> TestResponse:
        """Sign in; keeps the CSRF token."""
        response = self.request("POST", "/session", {"login": login, "password": password})
        if response.status_code == 200:
            assert response.json is not None
            self.csrf = response.json["csrf"]
        return response

    def _check(self, method: str, path: str, response: TestResponse) -> None:
        if response.status_code >= 400:
            assert response.mimetype == "application/problem+json", response.text
            Problem.model_validate_json(response.data)
            return
        model = _declared(self.app, method, path)
        model = Waiting if response.status_code == 202 and "Location" in response.headers else model
        if model is not None and response.mimetype == "application/json":
            model.model_validate_json(response.data)


def _declared(app: OpenAPI, method: str, path: str) -> type[BaseModel] | None:
    below = re.sub(r"^/t/[^/]+", "", path)
    endpoint, _ = app.url_map.bind("localhost").match(below, method)
    return next((one.replies[endpoint] for one in RESOURCES if endpoint in one.replies), None)


def make_web_node(cluster: TestCluster, folder: Path) -> WebNode:
    """A web node as the composition root builds it, with a single connection to tenants' data.

    So a request that asked for a second one while it holds the first would wait for ever here, as it would in a crowd.
    """
    node = Node(
        make_settings(cluster, folder),
        Cluster(CLUSTER, Database(cluster.settings, seats=1), cluster.master, loopback),
        Passwords(CHEAP),
        Apps(),
        "0.0.0",
    )
    return WebNode(application(node), node)


def make_settings(cluster: TestCluster, folder: Path, port: int = 1) -> Settings:
    """Settings as the agent writes them, with a master key file and a panel of one page."""
    key = folder / "master"
    key.write_bytes(base64.b64encode(cluster.master_key))
    key.chmod(0o600)
    panel = folder / "panel"
    (panel / "assets").mkdir(parents=True, exist_ok=True)
    (panel / "index.html").write_text('<meta name="csp-nonce" content="__CSP_NONCE__"><base href="__BASE_PATH__">')
    (panel / "assets" / "index-abc123.js").write_text("void 0;")
    return Settings(
        cluster=CLUSTER,
        node="node1",
        base_domain=BASE,
        database=cluster.settings,
        master_key_file=key,
        web=WebSettings(
            port=port,
            node_token=SecretStr(NODE_TOKEN),
            public_https_port=8443,
            public_http_port=8080,
            gateway_secret=SecretStr(GATEWAY_SECRET),
        ),
        panel_folder=panel,
        reach_file=write_reach(folder / "reach.json"),
    )


def write_settings(settings: Settings, path: Path) -> Path:
    """The settings as the file that a process is started with."""
    document = settings.model_dump(mode="json")
    document["database"]["control_password"] = settings.database.control_password.get_secret_value()
    document["web"]["node_token"] = settings.web.node_token.get_secret_value()
    document["web"]["gateway_secret"] = settings.web.gateway_secret.get_secret_value()
    path.write_text(json.dumps(document))
    path.chmod(0o600)
    return path
