"""What fifty hung apps of one tenant cost another: the slowest of a hundred answers, with and without them."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.bench.ratio import Outcome, median_ratio
from tests.chaos.panel import Panel, wait_until
from tests.chaos.stage import House
from tests.security.besieged import Tenant, asked_all_the_time, trial
from tests.security.hung import hung_apps
from tests.support.postgres import running_server

_HUNG = 50
_LOOKS = 400


def hung(rounds: int, _items: int) -> list[Outcome]:
    """Quiet and besieged in turns: the 99th of a hundred answers to another tenant's ``GET /session``."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server() as server,
        House(server, Path(folder)) as house,
        hung_apps(_HUNG) as urls,
    ):
        loud, calm = Tenant(house), Tenant(house)
        asks = [trial(loud.admin, url) for url in urls]
        found = []
        _slowest(calm.admin)
        for _ in range(rounds):
            alone = _slowest(calm.admin)
            with asked_all_the_time(asks, heedful=True) as statuses:
                wait_until(lambda: statuses.total() >= _HUNG, "everybody to have asked")
                found.append((_slowest(calm.admin), alone))
    middle = [statistics.median(sample[which] for sample in found) * 1000 for which in (0, 1)]
    said = f"{middle[0]:.1f} ms against {middle[1]:.1f} ms"
    return [Outcome("S1", "p99 beside 50 hung apps to alone", median_ratio(found), 2.0, False, said, tuple(found))]


def _slowest(panel: Panel) -> float:
    """The 99th of a hundred, in seconds."""
    times = []
    for _ in range(_LOOKS):
        begun = time.perf_counter()
        assert panel.once("GET", "/session").ok
        times.append(time.perf_counter() - begun)
    return statistics.quantiles(times, n=100)[98]
