"""Devices on which somebody signed in before, told by a sealed cookie; it lets nobody in, and must not know cookies.

Who shows it is counted apart from strangers (``services/tries``), so those cannot keep its owner waiting. It says which
logins signed in there, for whom alone it counts. Sealed with the tenant's key: nobody makes or reads one.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from server.domain.errors import LockstepError
from server.store.crypto import Cipher

LIFETIME: Final = timedelta(days=180)
_PURPOSE: Final = "device"
_MOST_LOGINS: Final = 8
_LONGEST: Final = 4000


@dataclass(frozen=True, slots=True)
class Device:
    """``logins``: who signed in there, the latest last."""

    id: str
    logins: tuple[str, ...]

    def seal(self, cipher: Cipher) -> str:
        """The cookie's value; it counts from now."""
        said = {"id": self.id, "logins": self.logins, "at": int(time.time())}
        return base64.urlsafe_b64encode(cipher.seal(json.dumps(said).encode(), _PURPOSE)).decode().rstrip("=")


def opened(cipher: Cipher, value: str) -> Device | None:
    """The device of a cookie; None when it is none of ours, or too old."""
    if not value or len(value) > _LONGEST:
        return None
    try:
        sealed = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        said = json.loads(cipher.open(sealed, _PURPOSE))
    except (LockstepError, binascii.Error, ValueError):
        return None
    if time.time() - said["at"] > LIFETIME.total_seconds():
        return None
    return Device(str(said["id"]), tuple(said["logins"]))


def known_to(cipher: Cipher, value: str, login: str) -> str:
    """The id of the device on which this login signed in before; empty when it did not."""
    device = opened(cipher, value)
    return device.id if device is not None and login in device.logins else ""


def remembering(cipher: Cipher, value: str, login: str) -> str:
    """The cookie's next value: the same device, and it knows this login."""
    device = opened(cipher, value) or Device(secrets.token_urlsafe(16), ())
    others = tuple(one for one in device.logins if one != login)[-(_MOST_LOGINS - 1) :]
    return Device(device.id, (*others, login)).seal(cipher)
