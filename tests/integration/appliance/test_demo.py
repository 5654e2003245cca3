"""The demonstration: cut off in the middle of everything, it goes on, brings both trackers in step and proves it."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys

import psutil
import pytest

from tests.support.installation import ROOT, Installation, eventually

pytestmark = [pytest.mark.postgres, pytest.mark.trackers, pytest.mark.e2e]


def demo(installation: Installation, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "appliance", "demo", "--data", str(installation.data), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_a_demonstration_killed_while_it_fills_goes_on_and_both_sides_end_equal(installation: Installation) -> None:
    with demo(installation) as first:
        assert first.stderr is not None
        with contextlib.closing(first.stderr):
            heard = list(itertools.takewhile(lambda line: "Bringing both in step" not in line, first.stderr))
        assert first.poll() is None, heard
        psutil.Process(first.pid).kill()
        first.wait()
    eventually(lambda: set(installation.processes().values()) == {"postgres", "gateway"}, 30)

    with demo(installation, "--check") as second:
        out, err = second.communicate(timeout=300)
    assert second.returncode == 0, err + out
    assert len(out.splitlines()) == 1
    verdict = json.loads(out)
    assert verdict["pairs"] >= 100
    assert {verdict[name] for name in ("missing", "duplicates", "differing", "quiet_writes", "late")} == {0}
    assert verdict["comments"] > 0
    assert verdict["files"] > 0
    assert 0 < verdict["p50_seconds"] <= verdict["p95_seconds"]
    assert not installation.processes()


def test_ctrl_c_ends_a_demonstration_at_any_time(installation: Installation) -> None:
    with demo(installation) as running:
        eventually(lambda: "postgres" in installation.processes().values(), 60)
        psutil.Process(running.pid).terminate()
        out, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    assert "goes on from here" in out
    assert not installation.processes()
