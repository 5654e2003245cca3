"""Goal 5: how fast changes are read into snapshots, against dlt where there is one, else against a plain reader."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from server.services import integrations
from server.services.sync.crew import Crew
from server.services.sync.passes import Broken, Desk
from tests.bench.ratio import Outcome, in_turns, median_ratio
from tests.bench.stand import Figures, durable_postgres, integrate, stand, yardstick
from tests.support.fakeapp.running import running
from tests.support.fakeapp.serve import TOKEN

_DLT = "LOCKSTEP_BENCH_DLT"
"""The Python that has ``dlt[postgres]``; see README.md."""
_DLT_TO_PLAIN = 0.29
"""What dlt reaches of the plain reader, as measured once (design: 3,400 to 3,700 against 10,000 to 13,700)."""


def reading(rounds: int, items: int) -> list[Outcome]:
    """Every item was touched on one side, in a field that does not travel; one pass reads them all."""
    python = os.environ.get(_DLT, "")
    with durable_postgres() as server, ExitStack() as stack:
        left, right = (stack.enter_context(running(items=n)) for n in (items, 0))
        place = stack.enter_context(stand(server, 8))
        scope = stack.enter_context(place.tenant("reading"))
        integration = integrate(scope, left, right, 8)
        pool = stack.enter_context(Crew(8, "bench"))
        folder = stack.enter_context(TemporaryDirectory(prefix="lockstep-dlt-"))
        integrations.start(scope, "bench", integration)
        desk = Desk(scope, 1, "bench", lambda: False)
        desk.open()
        stack.callback(desk.close)
        _pass(desk, pool)
        _pass(desk, pool)

        def ours() -> float:
            left.control("touch", container="main")
            begun = time.perf_counter()
            _pass(desk, pool)
            return items / (time.perf_counter() - begun)

        def plain() -> float:
            return yardstick("yard_reader", left.url, server.dsn("postgres")).rate

        def dlt() -> float:
            return _dlt(python, left.url, server.dsn("postgres"), Path(folder))

        before = right.counts()["writes"]
        found = in_turns(rounds, ours, dlt if python else plain)
        assert right.counts()["writes"] == before, "what was to be read only was written"
    samples = found if python else [(mine, theirs * _DLT_TO_PLAIN) for mine, theirs in found]
    named = "dlt itself (merge)" if python else f"dlt as {_DLT_TO_PLAIN} of the plain reader; {_DLT} names no Python"
    rates = [statistics.median(one[which] for one in samples) for which in (0, 1)]
    said = f"{rates[0]:.0f} against {rates[1]:.0f} items/s of {named}"
    return [Outcome("5", "reading into snapshots to dlt", median_ratio(samples), 2.5, True, said, tuple(samples))]


def _pass(desk: Desk, pool: Crew) -> None:
    (wanted,) = desk.wanted()
    one = desk.start(wanted, pool)
    while (outcome := one.step()) is None:
        pass
    assert not isinstance(outcome, Broken), outcome


def _dlt(python: str, url: str, dsn: str, folder: Path) -> float:
    script = Path(__file__).with_name("yard_dlt.py")
    command = [python, str(script), url, dsn, TOKEN, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Figures(**json.loads(done.stdout.splitlines()[-1])).rate
