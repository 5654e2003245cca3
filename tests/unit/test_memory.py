"""A process that takes too much loses what it asks for and not its life, and what was freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system tells and bounds it on Linux")

_WALL = """
from server import memory
import threading
watch = memory.Watch(memory.taken() + 100 * memory.MEGABYTE)
watch.look()
held = []
try:
    while len(held) < 4000:
        held.append(bytearray(memory.MEGABYTE))
except MemoryError:
    count = len(held)
    held.clear()
    watch.look()
    threading.Thread(target=print, args=("went on after", count, memory.taken() < watch.most)).start()
"""
_GIVEN_BACK = """
import threading
from server import memory
memory.settle_allocator()
watch = memory.Watch(2048 * memory.MEGABYTE)
before = memory.taken()
def use():
    held = [bytes([number % 256]) * (20000 + number % 777) for number in range(4000)]
    kept.append(held[::100])
kept = []
threads = [threading.Thread(target=use) for _ in range(3)]
for one in threads: one.start()
for one in threads: one.join()
watch.look()
print((memory.taken() - before) // memory.MEGABYTE)
"""


def _run(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_who_asks_for_too_much_is_refused_and_the_process_goes_on() -> None:
    said = _run(_WALL).split()
    assert said[:3] == ["went", "on", "after"]
    assert int(said[3]) < 1000
    assert said[4] == "True"


def test_what_was_freed_among_what_is_kept_goes_back() -> None:
    assert int(_run(_GIVEN_BACK)) < 40
