"""Installs the Debian packages of the test beds, as root; it must not configure a tracker of the machine's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path


def missing(packages: Iterable[str]) -> tuple[str, ...]:
    """Those of the packages that are not wholly installed."""
    return tuple(one for one in packages if not _installed(one))


def _installed(package: str) -> bool:
    asked = subprocess.run(("dpkg-query", "-W", "-f=${Status}", package), capture_output=True, text=True, check=False)
    return asked.returncode == 0 and asked.stdout.strip() == "install ok installed"


def install(packages: Sequence[str], answers: Sequence[str], repair: Callable[[], None] | None = None) -> None:
    """Install what is missing. ``answers`` are set for debconf first; ``repair`` is called when configuring fails.

    Cut off in the middle it leaves packages half configured; the next call goes on from there.
    """
    lacking = missing(packages)
    if not lacking:
        return
    if os.geteuid() != 0:
        raise PermissionError(f"Only root can install: {', '.join(lacking)}.")
    print(f"Installing {', '.join(lacking)} ...", flush=True)  # noqa: T201 - said to who waits
    _apt("update", "-qq")
    subprocess.run(("debconf-set-selections",), input="\n".join(answers) + "\n", text=True, check=True)
    first = _apt("install", "-y", "-qq", "--no-install-recommends", *packages, check=repair is None)
    if first and repair is not None:
        repair()
        subprocess.run(("dpkg", "--configure", "-a"), env=_quiet(), stdout=subprocess.DEVNULL, check=True)
    still = missing(packages)
    if still:
        raise RuntimeError(f"These packages could not be installed: {', '.join(still)}.")


def _apt(*arguments: str, check: bool = True) -> int:
    done = subprocess.run(("apt-get", *arguments), env=_quiet(), stdout=subprocess.DEVNULL, check=check)
    return done.returncode


def _quiet() -> dict[str, str]:
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def give_gems_their_folders() -> None:
    """Make an empty folder for each Ruby gem of Debian's that lives elsewhere.

    Debian 12's Bundler (2.3.27) takes a gem for deleted when its own folder is absent, and Redmine's package then
    cannot be configured.
    """
    for specification in Path("/usr/share/rubygems-integration").glob("*/specifications/*.gemspec"):
        (specification.parent.parent / "gems" / specification.stem).mkdir(parents=True, exist_ok=True)
