"""How everything looks: colours for light and dark, distances, the one style sheet; it knows no page.

All colours come from here, so a widget that paints itself asks ``colours()`` each time it paints.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from gui.presenters.cells import Tone

TIGHT, GAP, ROOM, WIDE = 4, 8, 16, 24
"""Distances in device-independent pixels; nothing in the window uses others."""
RADIUS = 6
_CHOSEN = "lockstepAppearance"


@dataclass(frozen=True, slots=True)
class Colours:
    """One scheme, as ``#rrggbb``."""

    window: str
    side: str
    surface: str
    raised: str
    line: str
    strong_line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    accent_hover: str
    selection: str
    good: str
    busy: str
    warn: str
    bad: str

    def tone(self, tone: Tone) -> QColor:
        """The colour of a state's text and curve."""
        return QColor(
            {
                Tone.PLAIN: self.text,
                Tone.MUTED: self.muted,
                Tone.GOOD: self.good,
                Tone.BUSY: self.busy,
                Tone.WARN: self.warn,
                Tone.BAD: self.bad,
            }[tone]
        )

    def wash(self, tone: Tone, strength: float = 0.12) -> QColor:
        """The tone's colour mixed thinly into the surface, for what lies behind text."""
        over, under = self.tone(tone), QColor(self.surface)
        parts = ((a * strength + b * (1 - strength)) for a, b in zip(_rgb(over), _rgb(under), strict=True))
        return QColor(*(round(part) for part in parts))


def _rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()


LIGHT = Colours(
    window="#f4f5f7",
    side="#eceef2",
    surface="#ffffff",
    raised="#ffffff",
    line="#e3e6eb",
    strong_line="#c9ced7",
    text="#1b2330",
    muted="#667084",
    accent="#147a75",
    on_accent="#ffffff",
    accent_hover="#0d6663",
    selection="#d5ecea",
    good="#1b7f4d",
    busy="#2f5bd7",
    warn="#9a6200",
    bad="#c2352b",
)
DARK = Colours(
    window="#15181d",
    side="#101216",
    surface="#1c2027",
    raised="#252a33",
    line="#2c323c",
    strong_line="#424a57",
    text="#e4e8ee",
    muted="#8f99a9",
    accent="#3aa49c",
    on_accent="#06201f",
    accent_hover="#55b1aa",
    selection="#12343a",
    good="#56c48d",
    busy="#7ea2fa",
    warn="#e0a84f",
    bad="#f1766c",
)


class Appearance(StrEnum):
    """What the person chose; ``FOLLOW`` takes what the desktop has."""

    FOLLOW = "follow"
    LIGHT = "light"
    DARK = "dark"


def is_dark() -> bool:
    """Whether the window is dark now."""
    chosen = QApplication.instance().property(_CHOSEN)  # type: ignore[union-attr]
    if chosen in {Appearance.LIGHT.value, Appearance.DARK.value}:
        return bool(chosen == Appearance.DARK.value)
    return QApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark


def colours() -> Colours:
    """The scheme in use."""
    return DARK if is_dark() else LIGHT


def mono() -> QFont:
    """The desktop's fixed-width font, a little smaller than the text around it."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(max(8.0, QApplication.font().pointSizeF() - 0.5))
    return font


def dress(app: QApplication, appearance: Appearance = Appearance.FOLLOW) -> None:
    """Give the application its style, and again whenever the desktop turns light or dark."""
    app.setStyle(QStyleFactory.create("Fusion"))
    choose(app, appearance)
    app.styleHints().colorSchemeChanged.connect(lambda _scheme: _paint(app))


def choose(app: QApplication, appearance: Appearance) -> None:
    """Turn the whole application light or dark, or let it follow the desktop."""
    app.setProperty(_CHOSEN, appearance.value)
    _paint(app)


def _paint(app: QApplication) -> None:
    scheme = colours()
    app.setPalette(_palette(scheme))
    values = {name: getattr(scheme, name) for name in Colours.__slots__}
    values |= {f"{tone.value}_wash": scheme.wash(tone).name() for tone in Tone}
    values |= {"hover": scheme.wash(Tone.MUTED, 0.10).name(), "radius": f"{RADIUS}px"}
    app.setStyleSheet(Template(_SHEET).substitute(values))


def _palette(scheme: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, scheme.window),
        (role.WindowText, scheme.text),
        (role.Base, scheme.surface),
        (role.AlternateBase, scheme.window),
        (role.Text, scheme.text),
        (role.Button, scheme.raised),
        (role.ButtonText, scheme.text),
        (role.BrightText, scheme.bad),
        (role.Link, scheme.accent),
        (role.LinkVisited, scheme.accent),
        (role.Highlight, scheme.accent),
        (role.HighlightedText, scheme.on_accent),
        (role.ToolTipBase, scheme.raised),
        (role.ToolTipText, scheme.text),
        (role.PlaceholderText, scheme.muted),
        (role.Accent, scheme.accent),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(scheme.muted))
    return palette


_SHEET = """
QMainWindow, QDialog, QWidget#page, QWidget#body { background: $window; }
QWidget { color: $text; }
QToolTip { background: $raised; color: $text; border: 1px solid $strong_line; padding: 4px 6px; }

QMenuBar { background: $side; padding: 2px 6px; border-bottom: 1px solid $line; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $strong_line; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 22px; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: 4px 6px; }

QWidget#side { background: $side; border-right: 1px solid $line; }
QLabel#brand { font-weight: 600; font-size: 15px; }
QToolButton#place { border: none; border-radius: $radius; padding: 7px 10px; text-align: left; color: $muted; }
QToolButton#place:hover { background: $hover; color: $text; }
QToolButton#place:checked { background: $selection; color: $text; font-weight: 600; }
QToolButton#place:focus { border: 1px solid $accent; }

QLabel#title { font-size: 20px; font-weight: 600; }
QLabel#heading { font-weight: 600; }
QLabel#muted, QLabel#note { color: $muted; }
QLabel#problem { color: $bad; }
QLabel#fine { color: $good; }
QLabel#number { color: $accent; background: $selection; border-radius: 9px; min-width: 18px; max-width: 18px;
  min-height: 18px; max-height: 18px; qproperty-alignment: AlignCenter; font-weight: 600; font-size: 11px; }
QPlainTextEdit#log { border: none; border-radius: 7px; }
QLabel#mono { color: $text; }

QFrame#card { background: $surface; border: 1px solid $line; border-radius: 8px; }
QFrame#rule { background: $line; border: none; max-height: 1px; min-height: 1px; }

QPushButton { background: $raised; border: 1px solid $strong_line; border-radius: $radius; padding: 5px 13px;
  min-height: 18px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $muted; border-color: $line; background: transparent; }
QPushButton#primary { background: $accent; border-color: $accent; color: $on_accent; font-weight: 600; }
QPushButton#primary:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton#primary:focus { border-color: $text; }
QPushButton#primary:disabled { background: $line; border-color: $line; color: $muted; }
QPushButton#danger { background: $bad; border-color: $bad; color: $surface; font-weight: 600; }
QPushButton#danger:focus { border-color: $text; }
QPushButton#danger:disabled { background: $line; border-color: $line; color: $muted; }

QToolButton#act { border: 1px solid transparent; border-radius: $radius; padding: 4px 8px; color: $text; }
QToolButton#act:hover { background: $hover; }
QToolButton#act:pressed { background: $selection; }
QToolButton#act:focus { border-color: $accent; }
QToolButton#act:disabled { color: $muted; }

QLineEdit, QComboBox, QPlainTextEdit, QSpinBox { background: $surface; border: 1px solid $strong_line;
  border-radius: $radius; padding: 5px 8px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus { border-color: $accent; }
QLineEdit[wrong="true"] { border-color: $bad; }
QLineEdit:disabled, QComboBox:disabled { color: $muted; background: $window; border-color: $line; }
QLineEdit:read-only { background: $window; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $strong_line; padding: 4px; outline: none;
  selection-background-color: $selection; selection-color: $text; }
QCheckBox, QRadioButton { spacing: 8px; border: none; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }
QCheckBox::indicator, QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $strong_line;
  background: $surface; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent; background: $on_accent; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $line; background: $window; }

QTreeView { background: $surface; border: none; outline: none; selection-background-color: $selection;
  selection-color: $text; border-bottom-left-radius: 8px; border-bottom-right-radius: 8px; }
QTreeView::branch { background: transparent; }
QTreeView::branch:selected { background: $selection; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section { background: $surface; color: $muted; border: none; border-bottom: 1px solid $line;
  padding: 5px 8px; text-align: left; }

QFrame#banner { border: 1px solid $line; border-radius: 8px; background: $surface; }
QFrame#banner[tone="bad"] { background: $bad_wash; border-color: $bad; }
QFrame#banner[tone="warn"] { background: $warn_wash; border-color: $warn; }
QFrame#banner[tone="good"] { background: $good_wash; border-color: $good; }
QFrame#banner[tone="busy"] { background: $busy_wash; border-color: $busy; }
QFrame#activity { background: $surface; border: none; border-top: 1px solid $line; }

QProgressBar { background: $line; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QScrollArea { border: none; background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: $strong_line; border-radius: 3px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; height: 12px; }
QStatusBar { background: $side; }
"""
