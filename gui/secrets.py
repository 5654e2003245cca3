"""The desktop's secrets, kept in the desktop's own keyring or not at all; it writes no file and knows no Qt.

A keyring may ask the person to unlock it and wait for that, so pages call this in a task.
"""

from __future__ import annotations

import keyring
import keyring.backends.fail
import keyring.backends.null
import keyring.errors

from gui.errors import Trouble

_SERVICE = "Lockstep console"
_NO_KEYRING = (
    "This desktop has no keyring to keep a password in (such as GNOME Keyring or KWallet), so it was not remembered. "
    "Everything else is done; the appliance itself does not need it."
)


def _require_keyring() -> None:
    backend = keyring.get_keyring()
    # Both would lose the secret without a word.
    if isinstance(backend, keyring.backends.fail.Keyring | keyring.backends.null.Keyring):
        raise Trouble(_NO_KEYRING)


def remember(place: str, password: str) -> None:
    """Keep ``password`` for the database at ``place`` (an address without password). Raises ``Trouble``."""
    _require_keyring()
    try:
        keyring.set_password(_SERVICE, place, password)
    except keyring.errors.KeyringError as error:
        raise Trouble(
            f"The desktop's keyring refused to keep the password ({error}). Unlock it and try again."
        ) from error


def recall(place: str) -> str | None:
    """The password remembered for ``place``; None if there is none, or no keyring."""
    try:
        _require_keyring()
        return keyring.get_password(_SERVICE, place)
    except (Trouble, keyring.errors.KeyringError):
        return None


def forget(place: str) -> None:
    """Remove what was remembered for ``place``, if anything."""
    try:
        _require_keyring()
        keyring.delete_password(_SERVICE, place)
    except (Trouble, keyring.errors.KeyringError):
        return
