"""Random histories for as long as one likes (``python -m tests.property.soak --seconds N``), a process a core.

Prints how many histories and steps it played and at what rate; stops at the first law that breaks and tells the story.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
import traceback
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.queues import Queue
from queue import Empty

import structlog

from tests.property.computing import ComputingHistories
from tests.property.histories import Histories
from tests.property.hushing import HushedHistories
from tests.property.kindred import KindredHistories
from tests.property.linking import LinkedHistories
from tests.property.merging import MergedHistories
from tests.property.playing import BATCH, crowded_stage, play, play_kindred
from tests.property.refusing import RefusingHistories
from tests.property.together import tenants
from tests.property.walking import WalkedHistories
from tests.property.wrong_clocks import DatedHistories
from tests.support.postgres import make_cluster, running_server

_KINDS = (
    *(Histories, Histories, Histories, LinkedHistories),
    *(HushedHistories, MergedHistories, DatedHistories, WalkedHistories, RefusingHistories, ComputingHistories),
)
"""What is played in turns, a batch each. Links make a history two to three times as long."""


@dataclass(frozen=True, slots=True)
class Played:
    """What one process has played since it last told. ``broken``: the story of a law that broke."""

    histories: int
    steps: int
    broken: str = ""


def _work(seconds: float, told: Queue[Played]) -> None:
    """Play batches until the time is over; a server and a stage of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    end = time.monotonic() + seconds
    with running_server() as server, crowded_stage(make_cluster(server)) as stage, tenants(stage.cluster, 3) as three:
        for kind in cycle((*_KINDS, None)):  # none of these: several integrations on the same apps
            if time.monotonic() >= end:
                return
            counted = KindredHistories if kind is None else Histories
            before = counted.played, counted.steps
            try:
                if kind is None:
                    play_kindred(three, BATCH, None)
                else:
                    play(stage, BATCH, None, kind)
            except BaseException:  # whatever it was, the story is wanted
                told.put(Played(0, 0, traceback.format_exc()))
                raise
            told.put(Played(counted.played - before[0], counted.steps - before[1]))


def main() -> int:
    """Play histories until the time is over or a law is broken; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    told: Queue[Played] = context.Queue()
    workers = [context.Process(target=_work, args=(chosen.seconds, told)) for _ in range(chosen.processes)]
    began = time.monotonic()
    for one in workers:
        one.start()
    histories = steps = 0
    broken = ""
    while not broken and (any(one.is_alive() for one in workers) or not told.empty()):
        try:
            news = told.get(timeout=1)
        except Empty:
            continue
        histories, steps, broken = histories + news.histories, steps + news.steps, news.broken
        passed = time.monotonic() - began
        sys.stdout.write(f"\r{histories} histories of {steps} steps kept every law, {histories / passed:.1f} a second")
        sys.stdout.flush()
    for one in workers:
        if broken:
            one.terminate()
        one.join()
    sys.stdout.write(f"\n{broken}")
    return 1 if broken or any(one.exitcode for one in workers) else 0


if __name__ == "__main__":
    raise SystemExit(main())
