"""The product's own sync process, which for this once also knows the fake app.

``python -m tests.bench.sync_process SETTINGS`` runs until its standard input closes.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from server import bootstrap
from server.__main__ import log_to_stderr
from server.settings import read_settings
from tests.bench.stand import know_the_fake_app


def main() -> int:
    know_the_fake_app()
    log_to_stderr("error")
    stop = threading.Event()

    def watch() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    return bootstrap.run_sync(read_settings(Path(sys.argv[1])), stop)


if __name__ == "__main__":
    sys.exit(main())
