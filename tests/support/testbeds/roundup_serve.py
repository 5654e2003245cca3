"""Serves a Roundup tracker on loopback (FOLDER PORT), run by the interpreter that has Roundup in it.

Roundup's own server refuses to run as root, so its WSGI application runs in the standard library's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from roundup.cgi.wsgi_handler import RequestDispatcher

sys.path.insert(0, str(Path(__file__).parents[3] / "appliance" / "demo"))
from serve import let_go_when_closed  # type: ignore[import-not-found]  # from the folder above


class Server(ThreadingMixIn, WSGIServer):
    """A thread a request."""

    daemon_threads = True
    request_queue_size = 64


class Handler(WSGIRequestHandler):
    """Looks up no names."""

    def address_string(self) -> str:
        """The address as it is."""
        return str(self.client_address[0])


if __name__ == "__main__":
    let_go_when_closed()
    make_server("127.0.0.1", int(sys.argv[2]), RequestDispatcher(sys.argv[1]), Server, Handler).serve_forever()
