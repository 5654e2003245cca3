"""Installs what the test beds need, and builds their templates: ``python -m tests.support.testbeds install``."""

from __future__ import annotations

import sys

from tests.support.testbeds import redmine, request_tracker, roundup

BEDS = (redmine, request_tracker, roundup)


def main(arguments: list[str]) -> int:
    """The one verb there is; 0 when all is there, 2 for a wrong call."""
    if arguments != ["install"]:
        print("usage: python -m tests.support.testbeds install", file=sys.stderr)  # noqa: T201 - a command line
        return 2
    for bed in BEDS:
        bed.install()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
