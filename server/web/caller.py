"""From where a request comes: the client's address, as the gateway says it, and nobody else; it knows no tenant.

Any process of this host can reach this one's port and name any address it likes. So what a request says of its way is
believed only beside the secret that the gateway alone adds, and is taken from all others before anybody reads it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pydantic import SecretStr

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_SECRET: Final = "X_LOCKSTEP_GATEWAY"  # noqa: S105 - the name of a header
_ADDRESS: Final = "X_FORWARDED_FOR"
_SCHEME: Final = "X_FORWARDED_PROTO"
_FROM_GATEWAY: Final = "lockstep.from_gateway"
_SAID: Final = (_SECRET, _ADDRESS, _SCHEME, "X_FORWARDED_HOST", "X_FORWARDED_PORT", "X_FORWARDED_BY", "FORWARDED")


def address_of(headers: Mapping[str, str], peer: str, secret: SecretStr) -> str:
    """The client's address: the gateway's word for it, else who is at the other end of the connection.

    ``headers``: as Waitress has them (``X_FORWARDED_FOR``).
    """
    if not _is_gateway(headers.get(_SECRET, ""), secret):
        return peer
    return headers.get(_ADDRESS, "").rpartition(",")[2].strip() or peer


def believe_the_gateway(application: Application, secret: SecretStr) -> Application:
    """Put the client's address and scheme in their places, and take away what says something of them."""

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        said = {name: str(environ.pop(f"HTTP_{name}", "")) for name in _SAID}
        environ["REMOTE_ADDR"] = address_of(said, str(environ.get("REMOTE_ADDR", "")), secret)
        environ[_FROM_GATEWAY] = _is_gateway(said[_SECRET], secret)
        if environ[_FROM_GATEWAY] and said[_SCHEME] in {"http", "https"}:
            environ["wsgi.url_scheme"] = said[_SCHEME]
        return application(environ, start_response)

    return serve


def is_of_this_host(environ: Mapping[str, Any]) -> bool:
    """Whether the request came past the gateway, from a process of this host."""
    return not environ.get(_FROM_GATEWAY)


def _is_gateway(said: str, secret: SecretStr) -> bool:
    return hmac.compare_digest(said.encode("utf-8", "replace"), secret.get_secret_value().encode())
