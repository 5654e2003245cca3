from __future__ import annotations

import keyring
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from gui import secrets
from gui.errors import Trouble

PLACE = "postgresql://owner@db/lockstep"


class Drawer(KeyringBackend):
    """A keyring of this process."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError("none")
        del self.kept[service, username]


@pytest.fixture
def drawer(no_keyring: None) -> Drawer:  # noqa: ARG001 - it puts the machine's own back afterwards
    drawer = Drawer()
    keyring.set_keyring(drawer)
    return drawer


def test_a_password_is_remembered_recalled_and_forgotten(drawer: Drawer) -> None:
    secrets.remember(PLACE, "päss")
    assert secrets.recall(PLACE) == "päss"
    secrets.forget(PLACE)
    secrets.forget(PLACE)
    assert secrets.recall(PLACE) is None
    assert not drawer.kept


def test_without_a_keyring_remembering_is_refused_and_recalling_finds_nothing() -> None:
    with pytest.raises(Trouble, match="no keyring"):
        secrets.remember(PLACE, "x")
    assert secrets.recall(PLACE) is None
    secrets.forget(PLACE)


def test_a_keyring_that_loses_everything_silently_counts_as_none() -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())  # type: ignore[no-untyped-call]
    with pytest.raises(Trouble, match="no keyring"):
        secrets.remember(PLACE, "x")


def test_a_locked_keyring_is_said(drawer: Drawer) -> None:
    drawer.locked = True
    with pytest.raises(Trouble, match="Unlock it"):
        secrets.remember(PLACE, "x")
