"""Ports for servers of the tests, which nobody else can come by meanwhile; it must not hold them."""

from __future__ import annotations

import secrets
import socket

_FIRST, _BEYOND = 12_000, 30_000
"""Below those that the kernel gives to whoever asks for any: else it may give ours away before our server has it."""


def free_port() -> int:
    """A loopback port that nobody uses now."""
    while True:
        port = _FIRST + secrets.randbelow(_BEYOND - _FIRST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
