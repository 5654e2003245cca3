"""Yardstick W: a bare Flask hello on the same Waitress, with as many threads as a web node.

``python -m tests.bench.yard_hello THREADS`` prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import sys
import threading

from flask import Flask
from waitress.server import create_server


def main() -> None:
    app = Flask(__name__)

    @app.get("/")
    def hello() -> str:
        return "hello"

    server = create_server(app, host="127.0.0.1", port=0, threads=int(sys.argv[1]))
    threading.Thread(target=server.run, daemon=True).start()
    print(server.effective_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
