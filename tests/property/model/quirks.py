"""How an app changes what it is given, each pure and done twice the same as once; it must not know items."""

from __future__ import annotations

from server.domain.values import FieldSpec, LengthUnit, Value

_TITLE = 12


def trimmed(title: str) -> str:
    """A title without blanks around it, and not too long."""
    return title.strip()[:_TITLE].strip()


def rendered(body: str) -> str:
    """A text as an editor gives it back: its own line ends, no blanks at their ends, no two empty lines."""
    lines = [line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")]
    kept = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return "\r\n".join(kept)


def folded(labels: Value) -> Value:
    """Labels in small letters, each once, in an order of the app's own."""
    if not isinstance(labels, tuple):
        return labels
    return tuple(sorted({label.lower() for label in labels}, reverse=True))


def clipped(text: str, spec: FieldSpec) -> str:
    """A text as a database column keeps it that is too small for it: what the last sign is does not matter there."""
    if spec.length_unit is LengthUnit.CHARACTERS:
        return text[: spec.max_length]
    if spec.length_unit is LengthUnit.BYTES:
        return text.encode()[: spec.max_length].decode(errors="ignore")
    return text.encode("utf-16-le")[: 2 * (spec.max_length or 0)].decode("utf-16-le", errors="ignore")
