"""Random histories for as long as one likes (``python -m tests.property.soak --seconds N``); prints how many."""

from __future__ import annotations

import argparse
import logging
import sys
import time

import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.property.test_histories import Histories
from tests.property.world import Stage
from tests.support.postgres import make_cluster, running_server

_BATCH = 50


def main() -> int:
    """Play histories until the time is over or a law is broken; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    seconds = parser.parse_args().seconds
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    played = 0
    with running_server() as server:
        cluster = make_cluster(server)
        cluster.create_tenant("histories")
        database = cluster.database()

        class Counted(Histories):
            """A history that is counted."""

            stage = Stage(database, cluster.login("histories"), cluster, "histories")

            def teardown(self) -> None:
                nonlocal played
                super().teardown()
                played += 1

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            run_state_machine_as_test(
                Counted,
                settings=settings(
                    max_examples=_BATCH,
                    stateful_step_count=40,
                    deadline=None,
                    database=None,
                    phases=(Phase.generate,),
                    suppress_health_check=list(HealthCheck),
                ),
            )
            sys.stdout.write(f"\r{played} histories kept every law")
            sys.stdout.flush()
        database.close()
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
