"""``python -m tests.security.fuzz [web|gateway|sync|postgres ...] --minutes 10 [--seed N]``: attacks each for so long.

Prints what was met, and ends with 1 at the first law that does not hold, with the seed that draws the same again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.security.fuzz import gateway, postgres, sync, web
from tests.security.fuzz.law import Broken
from tests.support.postgres import Server, running_server

PARTS: Mapping[str, Callable[[float, int, Server, Path], str]] = {
    "web": web.play,
    "gateway": gateway.play,
    "sync": sync.play,
    "postgres": postgres.play,
}


def main() -> int:
    """Attack the parts that were named, one after the other; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which (all of them)")
    parser.add_argument("--minutes", type=float, default=10.0, help="so long for each")
    parser.add_argument("--seconds", type=float, default=0.0, help="the same, for a short look")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    chosen = parser.parse_args()
    for part in chosen.parts or PARTS:
        with running_server(durable=True) as server, tempfile.TemporaryDirectory(prefix="lockstep-fuzz-") as folder:
            try:
                sys.stdout.write(
                    f"{PARTS[part](chosen.seconds or chosen.minutes * 60, chosen.seed, server, Path(folder))}\n"
                )
            except Broken as error:
                sys.stdout.write(f"{error}\n")
                return 1
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
