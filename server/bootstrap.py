"""The composition root: builds the processes of a node from its settings, once; it must not do their work."""

from __future__ import annotations

import threading
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import structlog
from flask_openapi3.openapi import OpenAPI
from waitress.server import create_server

from server import memory
from server.domain.errors import PutRight
from server.services import outlets
from server.services.access import Passwords
from server.services.apps import Apps
from server.services.cluster import Cluster, Part
from server.settings import Settings
from server.web.factory import MAX_BODY_BYTES, application
from server.web.turns import Gate, Turns, known_device, whose
from server.web.visit import Node
from server.worker import main as worker

_CONNECTION_LIMIT = 500
_IDLE_SECONDS = 60
_PATIENCE_SECONDS = 5
_PATIENCE_OF_A_PASS = 20


def product_version() -> str:
    """The version of the product."""
    try:
        return version("lockstep")
    except PackageNotFoundError:
        return "0.1.0"


def build_node(settings: Settings) -> Node:
    """Everything that a web node's views use. Raises ``PutRight`` when the master key cannot be read."""
    return Node(settings, Cluster.open(settings, Part.WEB), Passwords(), Apps(), product_version())


def run_web(settings: Settings, stop: threading.Event) -> int:
    """Serve until ``stop`` is set; the exit code. Requests that are being served then have a few seconds to end."""
    _watch_memory(settings.web.memory_megabytes, _PATIENCE_SECONDS, stop)
    node = build_node(settings)
    threading.Thread(target=node.cluster.tend, args=(stop,), name="connections", daemon=True).start()
    gate = Gate(settings.web.gateway_secret, partial(known_device, node=node))
    turns = Turns(settings.web.threads, partial(whose, node=node), gate)
    server = _listen(settings, application(node), turns)
    loop = threading.Thread(target=server.run, name="web", daemon=True)
    loop.start()
    structlog.get_logger().info("web node serves", host=settings.web.host, port=settings.web.port)
    stop.wait()
    node.questions.close()
    server.task_dispatcher.shutdown(timeout=_PATIENCE_SECONDS)
    node.cluster.close()
    structlog.get_logger().info("web node ended")
    return 0


def _listen(settings: Settings, app: OpenAPI, turns: Turns) -> Any:
    web = settings.web
    turns.set_thread_count(web.threads)
    try:
        return create_server(
            app,
            host=web.host,
            port=web.port,
            threads=web.threads,
            connection_limit=_CONNECTION_LIMIT,
            channel_timeout=_IDLE_SECONDS,
            max_request_body_size=MAX_BODY_BYTES,
            clear_untrusted_proxy_headers=False,  # web.caller judges them
            asyncore_use_poll=True,  # the other way breaks at the 1,024th file handle
            ident=None,
            _dispatcher=turns,
        )
    except OSError as error:
        raise PutRight(
            f"The web node cannot listen on {web.host} port {web.port}: {error.strerror}. Stop what uses the port,"
            " or give the node another one.",
            field="web.port",
        ) from error


def run_sync(settings: Settings, stop: threading.Event) -> int:
    """Keep the tenants in step until ``stop`` is set; the exit code."""
    _watch_memory(settings.sync.memory_megabytes, _PATIENCE_OF_A_PASS, stop)
    return worker.run(settings, stop)


def _watch_memory(megabytes: int, patience: float, stop: threading.Event) -> None:
    """Hold the process to its memory, and each tenant's apps to their share of it."""
    memory.settle_allocator()
    watch = memory.Watch(megabytes * memory.MEGABYTE)
    outlets.share_memory(watch.most, patience, watch.is_tight)
    watch.begin(stop)
