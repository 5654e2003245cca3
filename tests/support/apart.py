"""A machine of its own for a piece of a test: its network is its own loopback, and a test answers what names mean.

``python -m tests.support.apart MODULE`` calls ``MODULE.main`` there. Linux lets only some accounts make one; who may
not is told so by ``POSSIBLE``.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_OWN_MOUNTS, _OWN_NETWORK = 0x00020000, 0x40000000
_PRIVATE = 0x40000 | 0x4000
_BIND = 0x1000
_SET_FLAGS, _UP = 0x8914, 0x1 | 0x40
_SET_ADDRESS = 0x8916
_LIBC = ctypes.CDLL(None, use_errno=True)
_REFUSED = 77

OUTSIDE = "10.9.8.7"
"""An address of that machine that is not loopback: there stands what stands on a company's network elsewhere."""


def run_apart(module: str, seconds: float = 60) -> str | None:
    """What ``MODULE.main`` prints on a machine of its own; None where this account may not make one."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.apart", module],
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode == _REFUSED:
        return None
    assert done.returncode == 0, done.stderr
    return done.stdout


def _leave() -> None:
    """Go to where there is nothing but loopback, and 127.0.0.1 is asked for every name."""
    _call(_LIBC.unshare, _OWN_MOUNTS | _OWN_NETWORK)
    _call(_LIBC.mount, b"none", b"/", None, _PRIVATE, None)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as told:
        told.write("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
        told.flush()
        _call(_LIBC.mount, told.name.encode(), os.path.realpath("/etc/resolv.conf").encode(), None, _BIND, None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
        address = struct.pack("16sH2x4s8x", b"lo:1", socket.AF_INET, socket.inet_aton(OUTSIDE))
        fcntl.ioctl(any_socket, _SET_ADDRESS, address)


def _call(function: object, *arguments: object) -> None:
    assert callable(function)
    if function(*arguments) != 0:
        raise OSError(ctypes.get_errno(), "no machine of its own can be made here")


if __name__ == "__main__":
    try:
        _leave()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_REFUSED)
    import_module(sys.argv[1]).main()
