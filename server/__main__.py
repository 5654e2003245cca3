"""The server's command line, called by the agent: ``web``, ``sync``, ``admin``, ``openapi``.

A node ends when its standard input closes, so that one whose agent was killed never stays behind; SIGTERM is a clean
stop. It must not know what the processes do.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from server.domain.errors import LockstepError
from server.repeats import Filter, Processor, Repeats
from server.services import admin
from server.settings import Settings, read_settings
from server.store.discretion import without_values

_FILES = 65_536


def main(arguments: list[str] | None = None) -> int:
    """Run what the arguments name; the exit code: 0 done, 1 failed (a sentence says why), 2 wrong arguments."""
    parser = argparse.ArgumentParser(prog="python -m server")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, says in (("web", "serve the tenants of a cluster"), ("sync", "keep the tenants of a cluster in step")):
        verb = verbs.add_parser(name, help=says)
        verb.add_argument("--settings", type=Path, required=True)
    verbs.add_parser("openapi", help="print the OpenAPI document")
    one = verbs.add_parser("admin", help="one request as JSON on standard input, one reply on standard output")
    one.add_argument("admin_verb", choices=sorted(admin.VERBS))
    given = parser.parse_args(arguments)
    if given.verb == "openapi":
        # Each process imports only what it runs: an administrative request is over in less time than Flask takes.
        from server import bootstrap  # noqa: PLC0415
        from server.web.factory import openapi  # noqa: PLC0415

        json.dump(openapi(bootstrap.product_version()), sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
        return 0
    if given.verb == "admin":
        log_to_stderr("warning")
        return admin.answer(given.admin_verb, sys.stdin, sys.stdout)
    return serve(given.verb, given.settings)


def serve(process: str, settings_file: Path) -> int:
    """Run ``web`` or ``sync`` until told to stop."""
    log_to_stderr("info")
    try:
        settings = read_settings(settings_file)
        allow_many_files()
        log_to_stderr(settings.log_level)
        structlog.contextvars.bind_contextvars(process=process, node=settings.node)
        stop = threading.Event()
        _listen_for_the_end(stop)
        return _run(process, settings, stop)
    except LockstepError as error:
        structlog.get_logger().error(error.message)
        return 1
    except OSError as error:
        structlog.get_logger().error(f"The {process} process could not start: {error}")
        return 1


def log_to_stderr(level: str) -> None:
    """Log as JSON lines."""
    repeats = Repeats()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            Processor(repeats),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # What libraries say goes the same way; waitress warns of a full queue.
    logging.basicConfig(level=logging.WARNING, format='{"event": "%(name)s: %(message)s", "level": "%(levelname)s"}')
    for handler in logging.getLogger().handlers:
        if not any(isinstance(one, Filter) for one in handler.filters):
            handler.addFilter(Filter(repeats))


def _without_values(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What PostgreSQL says of an error goes into the log without people's values."""
    given = event.get("exc_info")
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if error is not None:
        without_values(error)
    return event


def allow_many_files() -> None:
    """Take as many file handles as this account may have: each tenant holds a few connections to its apps."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(most, _FILES)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _run(process: str, settings: Settings, stop: threading.Event) -> int:
    from server import bootstrap  # noqa: PLC0415 - see main

    return bootstrap.run_web(settings, stop) if process == "web" else bootstrap.run_sync(settings, stop)


def _listen_for_the_end(stop: threading.Event) -> None:
    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    descriptor = sys.stdin.fileno()

    def watch() -> None:
        # Not through sys.stdin: its lock, held by this thread, would abort the interpreter's end.
        while os.read(descriptor, 4096):
            pass
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    threading.Thread(target=watch, name="stdin", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
