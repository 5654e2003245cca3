"""A request is sent away without asking the application, by the thread that reads all connections; it judges nothing.

So it is told at once, however busy the threads are that serve, and takes none of them. The connection stays: whoever
insists does not have a new one made each time.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from waitress.channel import ClientDisconnected
from waitress.utilities import Error, build_http_date

from server.web import safe_headers
from server.web.schemas.base import Problem


class Refusal(Error):  # type: ignore[misc]  # Waitress has no types
    """Why a request is answered without the application: the same problem as the application's own."""

    def __init__(self, code: int, reason: str, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.code, self.reason, self.retry_after = code, reason, retry_after

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:  # noqa: ARG002
        """Status, headers and body, as Waitress wants them."""
        told = Problem(title=self.reason, status=self.code, detail=self.body).model_dump_json(exclude_none=True)
        headers = [
            ("Content-Type", "application/problem+json"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", safe_headers.policy()),
            *safe_headers.FIXED,
        ]
        if self.retry_after is not None:
            headers.append(("Retry-After", str(self.retry_after)))
        return f"{self.code} {self.reason}", headers, told.encode()


class TooManyAtOnce(Refusal):
    """Somebody asks too much at a time, or has as many requests waiting as may wait."""

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(429, "Too Many Requests", detail, retry_after)


def unreadable(error: Error) -> Refusal:
    """What Waitress says of a request that it could not read, told as everything else is."""
    return Refusal(error.code, error.reason, "The request did not come as it should.")


def answer_at_once(channel: Any, refusal: Refusal) -> None:
    """Answer the first request that waits on a connection. Whoever calls holds the connection's ``requests_lock``."""
    request = channel.requests.pop(0)
    stays = request.version == "1.1" and request.headers.get("CONNECTION", "").lower() != "close"
    status, headers, body = refusal.to_response()
    headers += [("Content-Length", str(len(body))), ("Date", build_http_date(time.time()))]
    if not stays:
        headers.append(("Connection", "close"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    request.close()
    with suppress(ClientDisconnected):
        channel.write_soon(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + (b"" if request.command == "HEAD" else body))
    if not stays:
        channel.close_when_flushed = True
        for other in channel.requests:
            other.close()
        channel.requests = []
