"""A real Roundup (from PyPI, in a virtual environment of its own) on loopback, seeded and thrown away."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.ports import free_port
from tests.support.testbeds import place

_REQUIREMENTS = Path(__file__).parents[3] / "requirements" / "roundup.txt"
_SEED = Path(__file__).parent / "roundup_seed.py"
_SERVE = Path(__file__).parent / "roundup_serve.py"

LOGINS = ("admin", "sync", "alice", "bob")
"""Each with the password ``testbed-LOGIN``. ``admin`` may do everything; the others are ordinary users."""


@dataclass(frozen=True, slots=True)
class Roundup:
    """A running Roundup. ``template`` is ``classic`` (with fields of its own) or ``devel``."""

    url: str
    folder: Path
    template: str
    passwords: dict[str, str] = field(default_factory=lambda: {one: f"testbed-{one}" for one in LOGINS})

    @property
    def container(self) -> str:
        """The class of items that tests work in."""
        return "issue" if self.template == "classic" else "bug"

    def auth(self, login: str = "sync") -> tuple[str, str]:
        """Login and password, as HTTP Basic wants them."""
        return login, self.passwords[login]

    def headers(self) -> dict[str, str]:
        """What a write must carry besides."""
        return {"X-Requested-With": "testbed", "Origin": self.url}


def install() -> None:
    """Make the virtual environment and both templates; nothing to do when they are there."""
    for one in ("classic", "devel"):
        _template(one)


def why_not() -> str:
    """Why Roundup cannot be run here: it always can."""
    return ""


@contextmanager
def running(
    folder: Path, *, template: str = "classic", change: Callable[[Path], None] = lambda _: None
) -> Iterator[Roundup]:
    """A tracker of its own in ``folder`` (kept there between starts) on a free port.

    ``change`` may rewrite the tracker's files before it is served for the first time.
    """
    source = _template(template)
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    if not (folder / "config.ini").exists():
        shutil.copytree(source, folder, dirs_exist_ok=True)
        change(folder)
    port = free_port()
    bed = Roundup(f"http://127.0.0.1:{port}", folder, template)
    _set_address(folder / "config.ini", bed.url)
    command = (str(_python()), "-P", str(_SERVE), str(folder), str(port))
    with place.serving(command, {}, folder, bed.url, {}):
        yield bed


def _python() -> Path:
    """The interpreter of the environment with Roundup in it."""
    folder = place.template("roundup-venv", _REQUIREMENTS.read_text() + sys.version, _build_environment)
    return folder / "bin" / "python"


def _template(name: str) -> Path:
    recipe = _SEED.read_text() + _REQUIREMENTS.read_text() + name
    python = _python()

    def build(folder: Path) -> None:
        place.run_to_end((str(python), "-P", str(_SEED), name, str(folder)), {}, folder.parent / f"roundup-{name}.log")

    return place.template(f"roundup_{name}", recipe, build)


def _build_environment(folder: Path) -> None:
    subprocess.run((sys.executable, "-m", "venv", str(folder)), check=True)
    install = (
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(_REQUIREMENTS),
    )
    place.run_to_end((str(folder / "bin" / "python"), *install), {}, folder.parent / "roundup-venv.log")


def _set_address(config: Path, url: str) -> None:
    config.write_text(re.sub(r"(?m)^web = http.*$", f"web = {url}/", config.read_text(), count=1))
