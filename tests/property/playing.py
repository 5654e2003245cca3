"""How histories are played: how many, how long, on what stage; it must not know what they are."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.property.histories import Histories
from tests.property.kindred import KindredHistories
from tests.property.world import Stage
from tests.support.postgres import TestCluster

HISTORIES = int(os.environ.get("LOCKSTEP_HISTORIES", "2000"))
"""How many histories all files of this folder play together."""
STEPS = 20
_FAR = 1_000_000
"""So far apart are the seeds of two files: each batch has one of its own."""
BATCH = 50
"""So many are played at once: hypothesis remembers what it has drawn, more than a megabyte a history."""
# Shrinking a history replays it hundreds of times; ask for it when hunting.
PHASES = tuple(Phase) if "LOCKSTEP_SHRINK" in os.environ else (Phase.explicit, Phase.reuse, Phase.generate)


@contextmanager
def crowded_stage(cluster: TestCluster) -> Iterator[Stage]:
    """A tenant for histories that has another integration beside theirs, and another tenant beside it."""
    database = cluster.database()
    stages = []
    several = secrets.token_hex(3)  # files that share a cluster have a stage each
    for name in (f"crowded{several}", f"beside{several}"):
        cluster.create_tenant(name)
        stages.append(Stage(database, cluster.login(name), cluster, name))
    for one in stages:
        stages[0].settle_neighbour(one)
    yield stages[0]
    database.close()


def play(stage: Stage, count: int, number: int | None, kind: type[Histories] = Histories) -> None:
    """Play ``count`` histories; the same for the same ``number``, new ones for None."""
    machine = type("HistoriesOnStage", (kind,), {"stage": stage})
    for done in range(0, count, BATCH):
        if number is not None:
            machine = seed(number * _FAR + done)(machine)
        _play_batch(machine, min(BATCH, count - done))


def play_kindred(
    stages: Sequence[Stage], count: int, number: int | None, kind: type[KindredHistories] = KindredHistories
) -> None:
    """The same with histories of several integrations on the same apps."""
    machine: type[RuleBasedStateMachine] = type("KindredOnStage", (kind,), {"tenants": stages})
    for done in range(0, count, BATCH):
        if number is not None:
            machine = seed(number * _FAR + done)(machine)
        _play_batch(machine, min(BATCH, count - done))


def _play_batch(machine: type[RuleBasedStateMachine], count: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=PHASES,
        ),
    )
