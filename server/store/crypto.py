"""Secrets at rest: AES-256-GCM under the master key or a tenant's own key; it must not keep clear text.

A sealed value is: one version byte, the key's id (8 bytes), a nonce (12 bytes), the ciphertext with its tag. The
purpose is authenticated, so a value sealed for one purpose does not open for another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.domain.errors import LockstepError, PutRight

_VERSION = b"\x01"
_KEY_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 12
_HEADER_BYTES = len(_VERSION) + _ID_BYTES


class WrongKey(LockstepError):
    """A sealed value does not open: another key, another purpose, or damaged bytes."""


class Cipher:
    """Seals and opens values with one key. Thread-safe."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        self._header = _VERSION + hashlib.sha256(key).digest()[:_ID_BYTES]

    def seal(self, clear: bytes, purpose: str) -> bytes:
        """The sealed form of ``clear``, openable only with this key and the same ``purpose``."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self._header + nonce + self._aead.encrypt(nonce, clear, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """The clear value. Raises ``WrongKey`` when it was sealed with another key or for another purpose."""
        if sealed[:_HEADER_BYTES] != self._header:
            raise WrongKey(f"The {purpose} was sealed with another master key; put back the master key of this data.")
        nonce = sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        try:
            return self._aead.decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], purpose.encode())
        except InvalidTag as error:
            raise WrongKey(f"The {purpose} is damaged or was sealed for another purpose.") from error


class MasterKey:
    """The cluster's master key, and the tenants' keys derived from it."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise PutRight(f"The master key must have {_KEY_BYTES} bytes; this one has {len(key)}.")
        self._key = key
        self.cipher = Cipher(key)

    @staticmethod
    def read(path: Path) -> MasterKey:
        """The key in the file (base64). Raises ``PutRight`` when it is missing, not ours, or readable by others."""
        try:
            if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise PutRight(
                    f"The master key {path} may be read by others; make it readable by its owner only (0600)."
                )
            return MasterKey(base64.b64decode(path.read_bytes().strip(), validate=True))
        except OSError as error:
            raise PutRight(f"The master key {path} cannot be read: {error.strerror}.") from error
        except binascii.Error as error:
            raise PutRight(f"The master key {path} is not base64; put back the file that the agent made.") from error

    def tenant_cipher(self, tenant_id: str) -> Cipher:
        """The cipher of one tenant; no tenant's key tells anything of another's or of the master key."""
        derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"tenant:{tenant_id}".encode()).derive(self._key)
        return Cipher(derived)
