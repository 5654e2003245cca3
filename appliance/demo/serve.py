"""Serves one Roundup tracker on loopback from Roundup's own interpreter; it must not know the demonstration.

Run as ``python -I serve.py HOME PORT...`` with the interpreter that has Roundup. The first port that is free is
taken, any other one if none is. The address goes into the tracker's ``config.ini`` before the tracker is opened, and
into ``HOME/served.json`` once it listens. The process ends when its standard input closes, however its parent ended.
A ``kill -9`` leaves an old ``served.json``; its reader compares the process id.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from roundup.backends import back_sqlite
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


def let_go_when_closed() -> None:
    """Make Roundup give its lock back when it closes a database, whatever still refers to it.

    A request that fails leaves its transaction open and a ring of references that holds its cursor. SQLite keeps the
    write lock until the ring is broken, which may be never: a collection does nothing while another thread is in one.
    """
    plainly = back_sqlite.Database.sql_close

    def close(database: Any) -> None:
        database.sql_rollback()
        database.cursor.close()
        plainly(database)

    back_sqlite.Database.sql_close = close


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
    let_go_when_closed()
    server.set_app(RequestDispatcher(str(home)))
    replace(home / "served.json", json.dumps({"pid": os.getpid(), "port": port}) + "\n")
    server.serve_forever()


if __name__ == "__main__":
    main()
