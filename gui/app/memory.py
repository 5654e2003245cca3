"""What the console remembers: where its window stood and which appliance was open; it holds no secret."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from gui.widgets.theme import Appearance

_PLACE = "window/geometry"
_APPEARANCE = "window/appearance"
_DATA = "appliance/data"


class Memory:
    """Kept by Qt in the desktop's usual place, or in the settings given. A lost file means usual size and folder."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings("Lockstep", "Console")

    @property
    def geometry(self) -> QByteArray | None:
        """Where the window stood; None the first time."""
        value = self._settings.value(_PLACE)
        return value if isinstance(value, QByteArray) else None

    def keep_geometry(self, geometry: QByteArray) -> None:
        """Remember where the window stands."""
        self._settings.setValue(_PLACE, geometry)
        self._settings.sync()

    @property
    def appearance(self) -> Appearance:
        """Light, dark, or as the desktop is."""
        value = self._settings.value(_APPEARANCE)
        return Appearance(value) if value in set(Appearance) else Appearance.FOLLOW

    def keep_appearance(self, appearance: Appearance) -> None:
        """Remember light, dark, or as the desktop is."""
        self._settings.setValue(_APPEARANCE, appearance.value)
        self._settings.sync()

    @property
    def data(self) -> Path | None:
        """The data folder that was open last; None the first time."""
        value = self._settings.value(_DATA)
        return Path(value) if isinstance(value, str) and value else None

    def keep_data(self, data: Path) -> None:
        """Remember which data folder is open."""
        self._settings.setValue(_DATA, str(data))
        self._settings.sync()
