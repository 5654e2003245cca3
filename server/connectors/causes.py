"""Finds out why no answer came, from what the libraries raise; it must not say it in words (see ``troubles``)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Final

from urllib3 import exceptions as lower

from server.connectors.answer import CutOff, TooMuch
from server.connectors.troubles import Why
from server.connectors.wire import Unsendable

_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNSUPPORTED_PROTOCOL", "RECORD_LAYER_FAILURE"})
"""OpenSSL's reasons that only a handshake gives; with any other, something may have been sent."""


def broke(error: Exception) -> bool:
    """Whether the connection had died before anything of the answer came."""
    return not isinstance(error, CutOff | TooMuch | Unsendable) and why(error)[0] is Why.BROKEN


def why(error: Exception) -> tuple[Why, BaseException]:
    """What kept the answer away, and the innermost error that says so."""
    causes = tuple(_causes(error))
    certificate = next((one for one in causes if isinstance(one, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return Why.TLS, certificate
    connecting = any(isinstance(one, lower.NewConnectionError | lower.ConnectTimeoutError) for one in causes)
    late = any(isinstance(one, TimeoutError | lower.ReadTimeoutError) for one in causes)
    if any(isinstance(one, lower.NameResolutionError | socket.gaierror) for one in causes):
        found = Why.NAME
    elif any(isinstance(one, lower.ProxyError) for one in causes):
        found = Why.PROXY
    elif connecting:
        found = Why.SILENT if late else Why.CLOSED
    elif late:
        found = Why.SLOW
    elif any(isinstance(one, ssl.SSLError) and one.reason in _NO_TLS for one in causes):
        found = Why.TLS
    else:
        found = Why.BROKEN
    return found, causes[-1]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it wraps, outermost first."""
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        one = queue.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            queue += [getattr(one, "reason", None), *one.args, one.__cause__, one.__context__]
