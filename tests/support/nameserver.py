"""A name server of a test's own, over real datagrams, whose answers the test decides; it asks nobody else."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final

A, AAAA = 1, 28
_QUESTION: Final = 12
_NO_SUCH_NAME: Final = 3

Answer = Callable[[str, int], Sequence[str] | None]
"""The addresses of a name (without its last dot) for a kind of record; None: there is no such name."""


@contextmanager
def answering(answer: Answer, port: int = 0) -> Iterator[int]:
    """A name server on loopback; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ears:
        ears.bind(("127.0.0.1", port))
        ears.settimeout(0.1)
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(ears, answer, over), daemon=True)
        thread.start()
        try:
            yield ears.getsockname()[1]
        finally:
            over.set()
            thread.join(5)


def _serve(ears: socket.socket, answer: Answer, over: threading.Event) -> None:
    while not over.is_set():
        try:
            question, asker = ears.recvfrom(1500)
        except TimeoutError:
            continue
        ears.sendto(_reply(question, answer), asker)


def _reply(question: bytes, answer: Answer) -> bytes:
    labels, at = [], _QUESTION
    while size := question[at]:
        labels.append(question[at + 1 : at + 1 + size].decode("ascii"))
        at += size + 1
    end = at + 5
    (kind,) = struct.unpack("!H", question[at + 1 : at + 3])
    found = answer(".".join(labels).lower(), kind)
    status = _NO_SUCH_NAME if found is None else 0
    packed = [one.packed for one in map(ip_address, found or ()) if one.version == (4 if kind == A else 6)]
    head = question[:2] + struct.pack("!HHHHH", 0x8180 | status, 1, len(packed), 0, 0)
    records = [struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(one)) + one for one in packed]
    return head + question[_QUESTION:end] + b"".join(records)
