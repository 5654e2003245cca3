from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.fakeagent import FakeAgent
from tests.support.installation import ROOT, eventually

pytestmark = pytest.mark.qt


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}}
    return {**plain, "XDG_CONFIG_HOME": str(tmp_path / "config"), **more}


def test_the_console_opens_on_the_folder_named_and_ctrl_c_closes_it(agent: FakeAgent, tmp_path: Path) -> None:
    console = subprocess.Popen(
        [sys.executable, "-m", "gui", "--data", str(agent.data)],
        env=environment(tmp_path, QT_QPA_PLATFORM="offscreen"),
        cwd=ROOT,
    )
    try:
        eventually(lambda: len(agent.asked) >= 2, seconds=60)
        console.send_signal(signal.SIGINT)
        assert console.wait(30) == 0
    finally:
        console.kill()
        console.wait()
    assert not agent.posts()


def test_without_a_display_it_says_what_to_use_instead(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gui"],
        env=environment(tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "no display" in done.stderr
    assert "Traceback" not in done.stderr
