"""Says what follows where an app keeps no word of whose twin an item is; it must not know any app."""

from __future__ import annotations


def unknown_to_others(app: str, item: str) -> str:
    """For the check of a connection. ``item``: what the app calls an item."""
    article = "an" if item[0] in "aeiou" else "a"
    return (
        f"So {app} keeps no word of whose twin {article} {item} is: another Lockstep, or another tenant, that works "
        "here with another account cannot tell it from one that a person made, unless title and text still say the "
        "same. It could copy it once more."
    )
