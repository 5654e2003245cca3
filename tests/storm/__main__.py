"""A storm from the command line: ``python -m tests.storm --kills 25 --seed 1``; prints what it left as JSON.

Of items with a fault all that product and trackers have on record is written to a file (``--evidence``).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.storm.storm import Plan, rage
from tests.support.postgres import make_cluster, running_server


def main() -> int:
    """Let one storm pass; 0 when nothing was lost, doubled, leaked, differing without a word, or echoed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--stops", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="how many times as bad the proxies are")
    parser.add_argument("--evidence", type=Path, default=Path(tempfile.gettempdir(), "lockstep-storm-evidence.txt"))
    chosen = parser.parse_args()

    def say(what: str) -> None:
        sys.stderr.write(f"{what}\n")

    plan = Plan(chosen.kills, chosen.stops, chosen.seed, chosen.scale)
    with tempfile.TemporaryDirectory(prefix="lockstep-storm-") as folder, running_server() as server:
        outcome = rage(plan, make_cluster(server), Path(folder), say)
    shown = {
        "seconds": round(outcome.seconds),
        "people": dict(outcome.done),
        "proxies": dict(outcome.happened),
        "verdicts": {name: one.counts() for name, one in outcome.verdicts.items()},
        "faults": outcome.faults,
        "noted": [said for one in outcome.verdicts.values() for said in one.noted],
        "held": list(outcome.held),
        "refused to people": len(outcome.failures),
    }
    if outcome.evidence:
        chosen.evidence.write_text("\n".join(outcome.evidence), encoding="utf-8")
        say(f"what is on record of the items with a fault: {chosen.evidence}")
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
