"""The errors of the appliance, each with the exit code that the command line ends with."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What ``lockstep`` ends with, so that scripts can tell causes apart."""

    OK = 0
    FAILED = 1
    """Something went wrong that is nobody's input."""
    USAGE = 2
    """The command line or a value in it is wrong."""
    NOT_RUNNING = 3
    """The agent is not running."""
    ALREADY_RUNNING = 4
    """Another agent runs on this data folder."""
    PORT_IN_USE = 5
    DATA_FOLDER = 6
    """The data folder is not ours, not writable or full."""
    NOT_FOUND = 7
    """The cluster, tenant or item named does not exist."""
    EXISTS = 8
    """The cluster or tenant named exists already."""
    UNEQUAL = 9
    """``demo --check`` found the two sides different."""


class ApplianceError(Exception):
    """A sentence for people (what, which thing, what to do next) and the exit code it ends with."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
