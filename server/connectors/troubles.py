"""What went wrong between us and an app, said in a sentence and an error class; it must not send what was to be sent.

To name the authority of a certificate that is not trusted, the certificate alone is fetched.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from server.connectors import limits
from server.connectors.bounds import MEGABYTE
from server.connectors.deadline import Cord, Deadline
from server.connectors.dial import Gate, Place
from server.connectors.echoes import without_echoes
from server.domain import json_text
from server.domain.errors import (
    AppError,
    Crammed,
    CredentialsRefused,
    EgressDenied,
    LostAnswer,
    NotThatApp,
    PutRight,
    Rejected,
    TooLarge,
    Transient,
    Untrusted,
)
from server.domain.html_text import unescaped
from server.domain.quoting import quoted

_UNAUTHORIZED, _PROXY_LOGIN, _TIMEOUT, _TOO_EARLY = 401, 407, 408, 425
_REFUSES = 400
_SERVER, _NOT_IMPLEMENTED, _UNAVAILABLE = 500, 501, 503
_NOT_DONE: Final = frozenset({_NOT_IMPLEMENTED, _UNAVAILABLE})
"""Server errors that say that nothing was done; after any other a write may have happened."""
_LONGEST_WAIT = 3600.0
_WORDS = 500
_LONGEST_PLACE = 200
_LOOKED_AT = 20_000
"""Characters of an answer in which its words are looked for."""
_LONGEST_ERROR = 256 * 1024
"""Bytes: what is longer has its words at the beginning, and is not read as data."""
_CERTIFICATE_SECONDS = 5.0
_TELLING = ("errors", "error", "errorMessages", "message", "msg", "detail")
_AGAIN = "It will be tried again."

# OpenSSL's verdicts on a certificate.
_EXPIRED, _NOT_YET = 10, 9
_SELF_SIGNED, _SELF_SIGNED_CHAIN, _NO_ISSUER, _NO_LEAF_ISSUER = 18, 19, 20, 21
_WRONG_NAME, _WRONG_ADDRESS = 62, 64


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request was to go. ``proxied``: over a proxy, so that the host cannot be asked directly."""

    origin: str
    host: str
    port: int
    gate: Gate
    proxied: bool


class Why(Enum):
    """Why no answer came; the first five before anything of the request was sent."""

    TLS = auto()
    NAME = auto()
    PROXY = auto()
    SILENT = auto()
    CLOSED = auto()
    SLOW = auto()
    BROKEN = auto()


def refused(
    origin: str,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    write: bool,
    sent: Mapping[str, str] = MappingProxyType({}),
) -> AppError:
    """An answer that is no success, as an error. ``sent``: our headers, of which nothing is repeated."""
    words = words_of(headers.get("Content-Type", ""), content, sent)
    said = quoted(words)
    if status == _UNAUTHORIZED:
        return CredentialsRefused(
            f"{origin} refuses the credentials. Enter valid ones in the connection and test it.",
            words=words,
            status=status,
        )
    if status == _PROXY_LOGIN:
        return Transient(f"The proxy in front of {origin} wants a login; give the connection one.", status=status)
    limited = limits.hear(status, headers, datetime.now(UTC))
    if limited is not None and limited.refused:
        wait = limited.wait
        return Transient(f"{origin} asks for a slower pace. {_AGAIN}", words=words, status=status, retry_after=wait)
    if status < _REFUSES:
        kind = headers.get("Content-Type", "")  # it points elsewhere and does not say where: to a log-in, mostly
        return sent_on(origin, "nowhere") if write else not_json(origin, kind, content, sent)
    if status in {_TIMEOUT, _TOO_EARLY} or status >= _SERVER:
        wait = retry_after(headers)
        if write and status >= _SERVER and status not in _NOT_DONE:
            message = f"{origin} failed (HTTP {status}) while it was written to; whether it was done will be looked up."
            return LostAnswer(f"{message}{said}", words=words, status=status, retry_after=wait)
        return Transient(
            f"{origin} cannot answer now (HTTP {status}).{said}", words=words, status=status, retry_after=wait
        )
    return Rejected(f"{origin} refuses this (HTTP {status}).{said}", words=words, status=status)


def not_json(
    origin: str, content_type: str, content: bytes, sent: Mapping[str, str] = MappingProxyType({})
) -> AppError:
    """An answer that should have been JSON and is not."""
    page = "html" in content_type.lower() or content.lstrip()[:1] == b"<"
    came = "a web page" if page else ("nothing" if not content.strip() else "something else")
    return spoilt(
        NotThatApp(
            f"{origin} answers with {came} where the app's data should be. Check the address of the connection; a "
            "login page or a proxy may also stand in between.",
            words=words_of(content_type, content, sent),
        )
    )


def spoilt(error: AppError) -> AppError:
    """The same error, of a read whose next answer may be as it should."""
    error.spoilt = True
    return error


def led_astray(origin: str, url: str, status: int) -> NotThatApp:
    """A read was sent on to another address, which refused it."""
    return NotThatApp(
        f"{origin} sent a read on to {url}, which refused it (HTTP {status}). A login page may stand in between; if "
        "the app moved, put its final address into the connection."
    )


def sent_on(origin: str, url: str) -> LostAnswer:
    """A write was answered with another address, the app's own or a log-in's."""
    return LostAnswer(
        f"{origin} sends writes on to {url}; whether this one was done before will be looked up. If the app moved, put "
        "its final address into the connection; a login page may also stand in between."
    )


def place_of(url: str, sent: Mapping[str, str]) -> str:
    """Where an app points to, without what it may put there of what we ``sent``, and without the query."""
    return without_echoes(url.partition("?")[0].partition("#")[0], sent)[:_LONGEST_PLACE]


def cut_off(origin: str, error: Exception, *, write: bool) -> AppError:
    """The connection broke while the answer was being read."""
    if write:
        return LostAnswer(
            f"{origin} broke off its answer to a write; whether it was done will be looked up.", words=_short(error)
        )
    return spoilt(Transient(f"{origin} broke off in the middle of its answer. {_AGAIN}", words=_short(error)))


def late(origin: str, seconds: float, *, write: bool) -> AppError:
    """The answer was not whole when the request's time was over. A read is not sent again at once: that is as slow."""
    what = f"{origin} did not answer in full within {seconds:g} seconds"
    if write:
        return LostAnswer(f"{what} when it was written to; whether it was done will be looked up.")
    return Transient(f"{what}. {_AGAIN} If it is always so slow, give its connection more time.")


def too_large(origin: str, most: int, *, write: bool) -> AppError:
    """The answer has more bytes than the connection takes; the rest was not read."""
    what = f"{origin} answered with more than {most / MEGABYTE:g} MB, the most that its connection takes"
    if write:
        return LostAnswer(f"{what}, when it was written to; whether it was done will be looked up.")
    return TooLarge(f"{what}. Raise “Largest answer” in the connection, if what was asked for is really so large.")


def no_room(origin: str, *, never: bool, write: bool) -> AppError:
    """The answer, or what it says, is more than may be held beside the other answers to this tenant, or at all."""
    what = f"{origin} answered with more than can be held in memory at once"
    if write:
        return LostAnswer(f"{what}, when it was written to; whether it was done will be looked up.")
    if never:
        return TooLarge(f"{what}. Check the address of the connection, and what was asked for there.")
    return Crammed(
        f"{origin} was not read: its answers and those of the tenant's other apps take as much of the memory as they "
        f"may. {_AGAIN}"
    )


def too_deep(origin: str, *, write: bool) -> AppError:
    """The answer is JSON in more levels than any description has."""
    what = f"{origin} answered with data of more than {json_text.DEEPEST} levels, which are not read"
    if write:
        return LostAnswer(f"{what}; whether the write was done will be looked up.")
    return TooLarge(f"{what}. Check the address of the connection, and the item there.")


def unsendable(origin: str) -> PutRight:
    """A header or the path has a character that HTTP cannot carry. The message repeats nothing of either."""
    return PutRight(
        f"Nothing was sent to {origin}: its key, login or password has a line break or a letter that cannot be sent. "
        "Copy it once more, without what stands around it."
    )


def no_address(origin: str) -> PutRight:
    """The address of the app, or of the proxy, is none."""
    return PutRight(
        f"Nothing was sent to {origin}: that, or the proxy on the way there, is no address that anything could be sent"
        " to. Put it right in the connection."
    )


def unreached(target: Target, why: Why, cause: BaseException, *, write: bool) -> AppError:
    """No answer came at all. ``cause`` is the innermost error."""
    where, words = target.origin, _short(cause)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(target, cause)
    if why is Why.TLS:
        return NotThatApp(
            f"{where} does not speak TLS as expected. If the app is served without it, the address must begin with "
            "http://, not https://.",
            words=words,
        )
    if why is Why.NAME:
        return Transient(
            f"The name {target.host} cannot be resolved. Check the address of the connection and this machine's DNS. "
            f"{_AGAIN}"
        )
    if why is Why.PROXY:
        return Transient(f"The proxy on the way to {where} cannot be used. Check it. {_AGAIN}", words=words)
    if why is Why.SILENT:
        return Transient(f"{where} does not answer: no connection within the time allowed. {_AGAIN}")
    if why is Why.CLOSED:
        return Transient(
            f"Nothing listens at {where}, or a firewall is in between. Check that the app runs and that the address "
            f"and port are right. {_AGAIN}",
            words=words,
        )
    if write:
        return LostAnswer(f"{where} gave no answer to a write; whether it was done will be looked up.", words=words)
    if why is Why.SLOW:
        return Transient(f"{where} took too long to answer. {_AGAIN}")
    return spoilt(Transient(f"{where} closed the connection without an answer. {_AGAIN}", words=words))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the app says (``Retry-After`` in seconds or as a date), at most an hour."""
    with suppress(ValueError, TypeError):
        now = parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
        return _capped(limits.seconds_until(headers.get("Retry-After", ""), now))
    return _capped(limits.seconds_until(headers.get("Retry-After", ""), datetime.now(UTC)))


def _capped(wait: float | None) -> float | None:
    return None if wait is None else min(wait, _LONGEST_WAIT)


def words_of(content_type: str, content: bytes, sent: Mapping[str, str] = MappingProxyType({})) -> str:
    """The app's own words in an answer, as one short line of text without what we ``sent``."""
    text = without_echoes(content[: 2 * _LOOKED_AT].decode("utf-8", "replace"), sent)[:_LOOKED_AT]
    if "json" in content_type.lower() and len(content) <= _LONGEST_ERROR:
        with suppress(ValueError):
            text = "; ".join(_sentences(json_text.read(content)))
    elif "html" in content_type.lower() or text.lstrip().startswith("<"):
        text = re.sub(r"(?is)<(script|style|title).*?</\1>", " ", text)
        text = unescaped(re.sub(r"<[^<>]*>", " ", text))
    text = without_echoes(" ".join(text.split()), sent)
    return text if len(text) <= _WORDS else text[: _WORDS - 1] + "…"


def _sentences(said: Any) -> Iterator[str]:
    """The texts within an error answer: of its error members when it has some."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        telling = [
            said[one] for one in ("errors", "error", "errorMessages", "message", "msg", "detail") if said.get(one)
        ]
        for one in telling or said.values():
            yield from _sentences(one)
    elif isinstance(said, list | tuple):
        for one in said:
            yield from _sentences(one)


def _untrusted(target: Target, error: ssl.SSLCertVerificationError) -> Untrusted:
    issuer, subject = _names(target)
    shown = f"The certificate of {target.origin}" + (f" (for {subject}, issued by {issuer})" if issuer else "")
    code = error.verify_code
    if code in {_EXPIRED, _NOT_YET}:
        told = "is not valid at this time. Have it renewed, or set this machine's clock right."
    elif code in {_WRONG_NAME, _WRONG_ADDRESS}:
        told = f"is not for the name {target.host}. Use the name that it was issued for, or have it issued anew."
    elif code in {_SELF_SIGNED, _SELF_SIGNED_CHAIN, _NO_ISSUER, _NO_LEAF_ISSUER}:
        told = (
            "is not trusted: this machine does not know its issuer. Put the issuer's certificate into the connection, "
            "or into this machine's own list of trusted authorities."
        )
    else:
        told = f"is not trusted ({error.verify_message or error.reason or 'no reason given'}). Have it put right."
    return Untrusted(f"{shown} {told}", words=error.verify_message or _short(error))


def _names(target: Target) -> tuple[str, str]:
    """Issuer and subject of the certificate shown at the address; empty where it cannot be fetched."""
    if target.proxied:
        return "", ""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            Deadline(_CERTIFICATE_SECONDS) as deadline,
            target.gate.connect(Place(target.host, target.port), _CERTIFICATE_SECONDS) as plain,
        ):
            deadline.hold(Cord(plain))
            with context.wrap_socket(plain, server_hostname=target.host) as secure:
                found = x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError, EgressDenied):
        return "", ""
    return _name(found.issuer), _name(found.subject)


def _name(of: x509.Name) -> str:
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for one in of.get_attributes_for_oid(oid):
            return f"“{one.value!s}”"
    return f"“{of.rfc4514_string()}”"


def _short(error: BaseException) -> str:
    return str(error)[:_WORDS]
