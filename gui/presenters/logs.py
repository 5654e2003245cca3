"""A member's log as people read it; it must not fetch it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from gui.presenters.cells import Tone

_LEVELS = {
    "debug": Tone.MUTED,
    "info": Tone.PLAIN,
    "warning": Tone.WARN,
    "warn": Tone.WARN,
    "error": Tone.BAD,
    "critical": Tone.BAD,
    "fatal": Tone.BAD,
    "panic": Tone.BAD,
}
_POSTGRES = (("ERROR:", Tone.BAD), ("FATAL:", Tone.BAD), ("PANIC:", Tone.BAD), ("WARNING:", Tone.WARN))
_TIME = ("timestamp", "ts", "time")
_TEXT = ("event", "msg", "message")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: what to show, in which tone, and the raw line that is copied."""

    text: str
    tone: Tone
    raw: str


def read(line: str) -> LogLine:
    """Make one line of a log readable: JSON becomes ``TIME LEVEL text key=value``, all else stays as it is."""
    stripped = line.rstrip("\r\n")
    if stripped.startswith("{"):
        try:
            entry = json.loads(stripped)
        except ValueError:
            entry = None
        if isinstance(entry, dict):
            return _from_json(entry, stripped)
    tone = next((tone for word, tone in _POSTGRES if word in stripped), Tone.PLAIN)
    return LogLine(stripped, tone, stripped)


def _from_json(entry: dict[str, object], raw: str) -> LogLine:
    rest = dict(entry)
    time = _pop(rest, _TIME)
    text = _pop(rest, _TEXT)
    level = str(rest.pop("level", "info")).lower()
    # Tracebacks are already many lines; they read best below the event.
    trace = rest.pop("exception", None)
    extra = "  ".join(f"{key}={_plain(value)}" for key, value in rest.items())
    shown = "  ".join(part for part in (_clock(time), f"{level:<7}", _plain(text or ""), extra) if part)
    if isinstance(trace, str) and trace:
        shown = f"{shown}\n{trace}"
    return LogLine(shown, _LEVELS.get(level, Tone.PLAIN), raw)


def _pop(entry: dict[str, object], names: tuple[str, ...]) -> object:
    return next((entry.pop(name) for name in names if name in entry), None)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _clock(time: object) -> str:
    try:
        if isinstance(time, int | float):
            moment = datetime.fromtimestamp(time, tz=UTC).astimezone()
        elif isinstance(time, str):
            moment = datetime.fromisoformat(time).astimezone()
        else:
            return ""
    except (ValueError, OverflowError, OSError):
        return str(time)
    return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"


def matches(line: LogLine, wanted: str) -> bool:
    """Whether ``line`` holds every word of ``wanted``, in any case. Nothing wanted: every line."""
    text = line.text.lower()
    return all(word in text for word in wanted.lower().split())
