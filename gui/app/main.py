"""Starts the console: command line, application, window; everything else is elsewhere."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui import machine
from gui.app.memory import Memory
from gui.app.window import Window
from gui.widgets import icons, theme

_SIGNAL_MS = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the console on ``--data``, on the folder that was open last, or on the usual one. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="lockstep console", description="The desktop console of Lockstep.")
    parser.add_argument("--data", type=Path, help="The data folder of the appliance (or set LOCKSTEP_DATA).")
    chosen = parser.parse_args(arguments)
    if _no_display():
        parser.exit(1, "lockstep: There is no display to open the console on. Use the lockstep command instead.\n")
    app = QApplication([parser.prog])
    app.setApplicationName("Lockstep")
    app.setDesktopFileName("lockstep-console")
    memory = Memory()
    theme.dress(app, memory.appearance)
    app.setWindowIcon(icons.mark(64))
    remembered = None if "LOCKSTEP_DATA" in os.environ else memory.data
    window = Window((chosen.data or remembered or machine.usual_data_folder()).absolute(), memory)
    window.show()
    # Qt's loop does not look at Python's signals by itself; a tick lets Ctrl-C in the terminal close the window.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    tick = QTimer()
    tick.timeout.connect(lambda: None)
    tick.start(_SIGNAL_MS)
    return app.exec()


def _no_display() -> bool:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
