"""Random histories for as long as one likes (``python -m tests.property.soak --seconds N``), a process a core.

Prints how many histories and steps it played and at what rate, and what they met; stops at the first law that breaks,
and tells the story. A kind that was played and never met what it is played for is a fault, too.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing.queues import Queue
from queue import Empty

import structlog

from tests.property.computing import ComputingHistories
from tests.property.crossings import CrossingHistories
from tests.property.histories import Histories
from tests.property.hushing import HushedHistories
from tests.property.interleaving import InterleavedHistories
from tests.property.kindred import KindredHistories
from tests.property.linking import LinkedHistories
from tests.property.merging import MergedHistories
from tests.property.playing import BATCH, crowded_stage, play, play_kindred
from tests.property.refusing import RefusingHistories
from tests.property.reopening import ReopeningHistories
from tests.property.together import tenants
from tests.property.walking import WalkedHistories
from tests.property.wrong_clocks import DatedHistories
from tests.support.postgres import make_cluster, running_server

_KINDS: tuple[type[Histories | KindredHistories], ...] = (
    *(Histories, RefusingHistories, KindredHistories, HushedHistories, MergedHistories, DatedHistories),
    *(CrossingHistories, WalkedHistories, ComputingHistories, LinkedHistories, InterleavedHistories),
    ReopeningHistories,
)
"""What is played in turns, a batch each. Links make a history two to three times as long."""
_ENOUGH = 3
"""So many batches of a kind must have met all that it is played for."""


@dataclass(slots=True)
class Played:
    """What was played and what it met. ``broken``: the story of a law that broke. ``batches``: by kind's name."""

    histories: int = 0
    steps: int = 0
    broken: str = ""
    met: Counter[str] = field(default_factory=Counter)
    batches: Counter[str] = field(default_factory=Counter)

    def add(self, news: Played) -> None:
        """Put together what two processes have played."""
        self.histories, self.steps = self.histories + news.histories, self.steps + news.steps
        self.broken = self.broken or news.broken
        self.met += news.met
        self.batches += news.batches

    def unmet(self) -> list[str]:
        """What histories were played for and never met, as far as there were enough of them."""
        often = [kind for kind in dict.fromkeys(_KINDS) if self.batches[kind.__name__] >= _ENOUGH]
        return sorted({name for kind in often for name in kind.meets} - set(self.met))


def _work(seconds: float, first: int, told: Queue[Played]) -> None:
    """Play batches until the time is over, from the kind number ``first`` on; a server and a stage of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    end = time.monotonic() + seconds
    with running_server() as server, crowded_stage(make_cluster(server)) as stage, tenants(stage.cluster, 3) as three:
        for kind in cycle((*_KINDS[first:], *_KINDS[:first])):
            if time.monotonic() >= end:
                return
            counted = KindredHistories if issubclass(kind, KindredHistories) else Histories
            before = Played(counted.played, counted.steps, met=counted.met.copy())
            try:
                if issubclass(kind, KindredHistories):
                    play_kindred(three, BATCH, None, kind)
                else:
                    play(stage, BATCH, None, kind)
            except BaseException:  # whatever it was, the story is wanted
                told.put(Played(broken=f"{kind.__name__}\n{traceback.format_exc()}"))
                raise
            met, batches = counted.met - before.met, Counter({kind.__name__: 1})
            told.put(Played(counted.played - before.histories, counted.steps - before.steps, met=met, batches=batches))


def main() -> int:
    """Play histories until the time is over or a law is broken; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    told: Queue[Played] = context.Queue()
    share = len(_KINDS) // chosen.processes
    workers = [
        context.Process(target=_work, args=(chosen.seconds, number * share, told)) for number in range(chosen.processes)
    ]
    began = time.monotonic()
    for one in workers:
        one.start()
    every = Played()
    while not every.broken and (any(one.is_alive() for one in workers) or not told.empty()):
        try:
            every.add(told.get(timeout=1))
        except Empty:
            continue
        rate = every.histories / (time.monotonic() - began)
        sys.stdout.write(
            f"\r{every.histories} histories of {every.steps} steps kept every law, {rate:.1f} a second; "
            f"{sum(every.batches.values())} batches"
        )
        sys.stdout.flush()
    for one in workers:
        if every.broken:
            one.terminate()
        one.join()
    sys.stdout.write("\nmet, and in how many histories:\n")
    sys.stdout.writelines(f"{count:8} {name}\n" for name, count in every.met.most_common())
    sys.stdout.writelines(f"   never {name}\n" for name in every.unmet())
    sys.stdout.write(every.broken)
    return 1 if every.broken or every.unmet() or any(one.exitcode for one in workers) else 0


if __name__ == "__main__":
    raise SystemExit(main())
