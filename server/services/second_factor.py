"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes; it must not know who is signed in.

The app's secret is sealed for its one user. A code works once: the time step of the last one is kept, and no code of
it or of an earlier one is taken. Recovery codes are 120 random bits, so a plain hash of them tells nobody anything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field

import pyotp
import segno

from server.store import factors
from server.store.crypto import Cipher
from server.store.database import Transaction
from server.store.users import User

_STEP_SECONDS = 30
_DRIFT = 1
"""So many steps the app's clock, or the person's fingers, may be off."""
_CODES = 10
_CODE_BYTES = 15
_GROUP = 6
_DIGITS = re.compile(r"\d{6}")
PASSWORD = "password"  # noqa: S105 - the word for the audit
APP = "password and authenticator app"
RECOVERY = "password and recovery code"


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app is told, once: ``address`` for the app, ``qr`` the same as a picture (a data URL)."""

    secret: str = field(repr=False)
    address: str = field(repr=False)
    qr: str = field(repr=False)


def accept(tx: Transaction, cipher: Cipher, user: User, code: str) -> str | None:
    """How the user has shown who they are, by the words for the audit; None: ``code`` is missing, wrong or was used."""
    if user.factor is None:
        return PASSWORD
    typed = re.sub(r"[\s-]", "", code).lower()
    if _DIGITS.fullmatch(typed):
        step = step_of(_open(cipher, user.id, user.factor), typed)
        return APP if step is not None and factors.use_step(tx, user.id, step) else None
    return RECOVERY if typed and factors.use_code(tx, user.id, _hash(typed)) else None


def new_secret(cipher: Cipher, user: User, issuer: str) -> tuple[Setup, bytes]:
    """A new secret for the user's app, and its sealed form."""
    secret = pyotp.random_base32()
    address = pyotp.TOTP(secret).provisioning_uri(name=user.login, issuer_name=issuer)
    picture = segno.make(address, error="m", micro=False).svg_data_uri(scale=5, light="#fff")
    return Setup(secret, address, picture), cipher.seal(secret.encode(), _purpose(user.id))


def step_shown(cipher: Cipher, user_id: str, sealed: bytes, code: str) -> int | None:
    """The time step whose code of this sealed secret was typed, None if it is none of now."""
    return step_of(_open(cipher, user_id, sealed), re.sub(r"[\s-]", "", code))


def step_of(secret: str, code: str, now: float | None = None) -> int | None:
    """The time step around now whose code this is, the newest first."""
    app = pyotp.TOTP(secret, interval=_STEP_SECONDS)
    this = int(time.time() if now is None else now) // _STEP_SECONDS
    steps = range(this + _DRIFT, this - _DRIFT - 1, -1)
    return next((one for one in steps if hmac.compare_digest(app.generate_otp(one).encode(), code.encode())), None)


def new_recovery_codes() -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """Ten new codes as people read them, and their hashes."""
    codes = tuple(base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(_CODES))
    return tuple("-".join(re.findall(f".{{{_GROUP}}}", one)) for one in codes), tuple(_hash(one) for one in codes)


def _open(cipher: Cipher, user_id: str, sealed: bytes) -> str:
    return cipher.open(bytes(sealed), _purpose(user_id)).decode()


def _purpose(user_id: str) -> str:
    return f"second factor of {user_id}"


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
