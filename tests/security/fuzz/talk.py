"""What attackers say on a connection, and what came back; it must not choose what is said."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

from tests.security.fuzz.law import Siege

_PIECE = 4096
_TIMEOUT = 5.0
_PATIENCE = 0.7


def talked(draw: random.Random, siege: Siege, own: socket.socket, message: bytes) -> str:
    """Say it, now and then hang up, else hear: the status, or what came instead. A 500 is a breach."""
    with own:
        own.settimeout(_TIMEOUT)
        for start in range(0, len(message), _PIECE):
            own.sendall(message[start : start + _PIECE])
        if draw.random() < 0.3:
            return "hung up"
        with suppress(OSError):
            own.shutdown(socket.SHUT_WR)
        own.settimeout(_PATIENCE)
        answer = b""
        with suppress(TimeoutError):
            answer = own.recv(65536)
    if not answer.startswith(b"HTTP/"):
        return "bytes" if answer else "nothing"
    status = answer[9:12].decode("latin-1")
    if status == "500":
        siege.blame(f"{message[:400]!r} was answered {answer[:600]!r}")
    return status
