"""Who may try to sign in now: tries are counted by account and by address; it must not look at what was tried.

Strangers must not guess, and must not keep those out who may come in. So nothing is ever locked: tries wait longer and
longer, but never longer than the rules say; whoever signed in on a device before is counted by that device alone; and
somebody whose address tried nothing yet comes in while others guess at the same account elsewhere. Names that do not
exist count like those that do: the answers tell nobody which is which.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from server.domain.errors import NotAllowed
from server.store import tries
from server.store.database import Database, Transaction
from server.store.tries import Rule

_SECOND: Final = timedelta(seconds=1)
_OF_DEVICE: Final = Rule(5, 2 * _SECOND, 120 * _SECOND)
_OF_PAIR: Final = Rule(5, 2 * _SECOND, 300 * _SECOND)
"""The same login from the same address."""
_OF_ACCOUNT: Final = Rule(20, _SECOND, 15 * _SECOND)
_OF_NEWCOMERS: Final = Rule(30, 60 * _SECOND, 60 * _SECOND)
"""First tries from addresses that tried nothing at this account before."""
_OF_ADDRESS: Final = Rule(40, _SECOND, 15 * _SECOND)
_OF_CODES: Final = Rule(10, 10 * _SECOND, 900 * _SECOND)
_MINUTE: Final = 60


class TooManyAttempts(NotAllowed):
    """Too many failed tries. ``retry_after`` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Try:
    """One try: the tenant's name, the login, the address. ``device``: where this login signed in before, if known."""

    tenant: str
    login: str
    address: str
    device: str = ""


Counted = tuple[bytes, ...]
"""Where a try was counted beside its caller's own."""


def count(database: Database, tried: Try) -> Counted:
    """Count a try as failed until it turns out to be right. Raises ``TooManyAttempts`` where it must wait."""
    with database.control() as control:
        tries.clear(control)
    with database.control() as control:
        if tried.device:
            _require(control, _own(tried), _OF_DEVICE)
            return ()
        return _count_stranger(control, tried)


def count_code(database: Database, tried: Try) -> None:
    """Count a second factor's code before it is looked at. It is short; only who knows the password comes so far."""
    if not tried.device:
        with database.control() as control:
            _require(control, _codes(tried), _OF_CODES)


def take_back(database: Database, tried: Try, counted: Counted = ()) -> None:
    """The try was right: it counts for nobody, and what this caller got wrong before is forgotten."""
    with database.control() as control:
        tries.take_back(control, counted)
        tries.forget(control, (_codes(tried), _own(tried)))


def _count_stranger(control: Transaction, tried: Try) -> Counted:
    """By the address, then by the pair, then by the account: always in this order, so that no two wait crosswise."""
    address = _subject("address", network(tried.address))
    _require(control, address, _OF_ADDRESS)
    if _require(control, _own(tried), _OF_PAIR) == 1:
        newcomers = _subject("newcomers", tried.tenant, tried.login)
        if tries.count(control, newcomers, _OF_NEWCOMERS) is not None:
            return (address, newcomers)
    account = _subject("account", tried.tenant, tried.login)
    _require(control, account, _OF_ACCOUNT)
    return (address, account)


def _own(tried: Try) -> bytes:
    if tried.device:
        return _subject("device", tried.tenant, tried.login, tried.device)
    return _subject("pair", tried.tenant, tried.login, network(tried.address))


def _codes(tried: Try) -> bytes:
    return _subject("codes", tried.tenant, tried.login)


def _require(control: Transaction, subject: bytes, rule: Rule) -> int:
    nth = tries.count(control, subject, rule)
    if nth is None:
        seconds = max(1, ceil(tries.wait(control, subject).total_seconds()))
        raise TooManyAttempts(f"Too many failed attempts; try again in {_in_words(seconds)}.", seconds)
    return nth


def _subject(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


def network(address: str) -> str:
    """Whoever has an IPv6 address has all that begin like it."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def _in_words(seconds: int) -> str:
    if seconds < _MINUTE:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    minutes = ceil(seconds / _MINUTE)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
