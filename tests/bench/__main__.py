"""Runs the benchmarks: ``python -m tests.bench [--only NAME] [--rounds N] [--items N] [--json FILE]``.

Rates of one machine are no promise; the ratios are. They are taken in turns, and the median counts. What takes many
minutes (a backfill of 100,000 items, 500 tenants) is measured only when it is named, or with ``--all``.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.bench import crowd, door, faults, hung, nodes, reaction, reading, transfers, volume
from tests.bench.ratio import Outcome, table
from tests.bench.stand import ROOT

BENCHMARKS: dict[str, Callable[[int, int], list[Outcome]]] = {
    "one-tenant": transfers.one_tenant,
    "two-tenants": transfers.two_tenants,
    "latency": transfers.latency,
    "quiet": transfers.quiet,
    "api": nodes.api,
    "tenants": nodes.tenants,
    "reading": reading.reading,
    "reaction": reaction.reaction,
    "faults": faults.faults,
    "hung": hung.hung,
    "sign-ins": door.sign_ins,
    "alike": door.alike,
}

LARGE: dict[str, Callable[[int, int], list[Outcome]]] = {
    "volume": lambda _, many: volume.volume(many),
    "waking": lambda rounds, many: reaction.waking(rounds, many // 200),
    "crowd": lambda rounds, many: crowd.crowd(rounds, many // 200),
}
"""Given ``--many``: items, or (a two hundredth of it) tenants."""


def main() -> int:
    """The exit code: 0 measured (met or not), 1 something could not be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json", help="where the figures go")
    parser.add_argument(
        "--only", choices=sorted(BENCHMARKS | LARGE), action="append", help="one of them (may be repeated)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (5; the goals want no fewer)")
    parser.add_argument("--items", type=int, default=2000, help="how many items are carried each time")
    parser.add_argument("--all", action="store_true", help=f"also {' and '.join(LARGE)}, which take many minutes")
    parser.add_argument(
        "--many", type=int, default=100_000, help="how many items those carry, and 200 times the tenants"
    )
    given = parser.parse_args()
    outcomes: list[Outcome] = []
    failed = False
    for name, measure in (BENCHMARKS | LARGE).items():
        if name not in (given.only or BENCHMARKS) and not (given.all and not given.only):
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            outcomes += measure(given.rounds, given.many if name in LARGE else given.items)
        except (AssertionError, SystemExit, OSError) as error:
            failed = True
            outcomes.append(Outcome("?", name, None, 0, at_least=True, detail=f"could not be run: {error}"))
    print(table(outcomes))
    machine = {"cores": psutil.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    told = {"machine": machine, "rounds": given.rounds, "items": given.items}
    given.json.parent.mkdir(parents=True, exist_ok=True)
    figures = {**told, "outcomes": [one.as_json() for one in outcomes]}
    given.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
