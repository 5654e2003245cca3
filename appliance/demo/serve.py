"""Serves one Roundup tracker on loopback from Roundup's own interpreter; it must not know the demonstration.

Run as ``python -I serve.py HOME PORT...`` with the interpreter that has Roundup. The first port that is free is
taken, any other one if none is. The address goes into the tracker's ``config.ini`` before the tracker is opened, and
into ``HOME/served.json`` once it listens. The process ends when its standard input closes, however its parent ended.
A ``kill -9`` leaves an old ``served.json``; its reader compares the process id.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from roundup.cgi.wsgi_handler import RequestDispatcher

ADDRESS = re.compile(r"^web = .*$", re.MULTILINE)


class Server(ThreadingMixIn, WSGIServer):
    """One thread a request; none of them keeps the process alive."""

    daemon_threads = True
    request_queue_size = 64


class Handler(WSGIRequestHandler):
    """Says what it did on standard output, as Roundup's own server does."""

    def address_string(self) -> str:
        """The visitor's address; a name would have to be asked for."""
        return str(self.client_address[0])


class Tidy:
    """The tracker's application, cleaned up after at once when it refused a request.

    Roundup's handling of an error leaves a ring of references that holds the request's database cursor; until the
    interpreter happens to break it, SQLite keeps the write lock and every other write fails.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        refused: list[str] = []

        def begin(status: str, *more: Any) -> Any:
            if status[:1] in "45":
                refused.append(status)
            return start_response(status, *more)

        try:
            return self._application(environ, begin)
        finally:
            if refused:
                gc.collect()


def listen(ports: list[int]) -> Server:
    """A server on the first of ``ports`` that is free, on any other one if none is."""
    for port in ports:
        with contextlib.suppress(OSError):
            return Server(("127.0.0.1", port), Handler)
    return Server(("127.0.0.1", 0), Handler)


def replace(path: Path, text: str) -> None:
    """Put ``text`` into ``path`` at once: a reader finds the old or the new, never half of one."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(0o600)
    beside.replace(path)


def announce(home: Path, port: int) -> None:
    """Tell the tracker its own address: it writes links with it and checks where a form came from."""
    config = home / "config.ini"
    before = config.read_text(encoding="utf-8")
    after = ADDRESS.sub(f"web = http://127.0.0.1:{port}/", before, count=1)
    if after != before:
        replace(config, after)


def end_with_parent() -> None:
    """Wait for the end of standard input, then end at once."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main() -> None:
    """Serve until standard input closes."""
    home, ports = Path(sys.argv[1]), [int(port) for port in sys.argv[2:]]
    server = listen(ports)
    port = int(server.server_address[1])
    announce(home, port)
    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    server.set_app(Tidy(RequestDispatcher(str(home))))
    replace(home / "served.json", json.dumps({"pid": os.getpid(), "port": port}) + "\n")
    server.serve_forever()


main()
