"""Serves a Roundup tracker on loopback (FOLDER PORT), run by the interpreter that has Roundup in it.

Roundup's own server refuses to run as root, so its WSGI application runs in the standard library's.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from roundup.cgi.wsgi_handler import RequestDispatcher


class Server(ThreadingMixIn, WSGIServer):
    """A thread a request."""

    daemon_threads = True
    request_queue_size = 64


class Handler(WSGIRequestHandler):
    """Looks up no names."""

    def address_string(self) -> str:
        """The address as it is."""
        return str(self.client_address[0])


class Application:
    """Roundup, without the lock that it leaves behind.

    A request that it refuses keeps its open database in a cycle of references, and SQLite keeps that one's lock; all
    others wait for half a minute and then fail, unless the cycle is collected first.
    """

    def __init__(self, home: str) -> None:
        self._dispatch = RequestDispatcher(home)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """One request."""
        refused = True

        def start(status: str, *more: Any) -> Any:
            nonlocal refused
            refused = status >= "4"
            return start_response(status, *more)

        try:
            return list(self._dispatch(environ, start))
        finally:
            if refused:
                gc.collect()


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[2]), Application(sys.argv[1]), Server, Handler).serve_forever()
